/** How elements of each storage type stand in a binding, one by one and by fours, and how they are read and written. */
import type { ArithmeticType, StorageType } from '../../dsl/dtype.ts';
import type { HelperName } from './maths.ts';

/** Text of an expression and the helpers that it calls. */
interface Conversion {
  readonly helper?: HelperName;
  convert(text: string, at: string): string;
}

/** One way for elements to lie in a binding: `per` of them in each array element of type `element`. */
export interface Access {
  readonly element: string;
  readonly per: 1 | 2 | 4;
  /** From an array element (and, where several share one, the element's offset) to f32 or i32, or to four of them. */
  readonly read: Conversion;
  /** From f32 or i32, or four of them, to an array element; absent where no single thread may write. */
  readonly write?: Conversion;
}

/** A storage type's two ways: each element by itself, and four at a time where offsets are multiples of four. */
export interface Representation {
  readonly arithmetic: ArithmeticType;
  readonly single: Access;
  readonly four: Access;
  /** The WGSL feature that has to be enabled. */
  readonly feature?: 'f16';
}

const same: Conversion = { convert: (text) => text };
const through = (type: string): Conversion => ({ convert: (text) => `${type}(${text})` });
const helped = (helper: HelperName, withOffset = false): Conversion => ({
  helper,
  convert: (text, at) => `${helper}(${text}${withOffset ? `, ${at}` : ''})`,
});

const plain = (type: 'f32' | 'i32'): Representation => ({
  arithmetic: type,
  single: { element: type, per: 1, read: same, write: same },
  four: { element: `vec4<${type}>`, per: 4, read: same, write: same },
});

const packed = (one: HelperName, fours: HelperName, pack: HelperName): Representation => ({
  arithmetic: 'f32',
  // Two elements share a word: a thread that writes one would overwrite its neighbour's.
  single: { element: 'u32', per: 2, read: helped(one, true) },
  four: { element: 'vec2<u32>', per: 4, read: helped(fours), write: helped(pack) },
});

const representations: Readonly<Record<StorageType | 'packed f16', Representation>> = {
  f32: plain('f32'),
  i32: plain('i32'),
  u32: {
    arithmetic: 'i32',
    single: { element: 'u32', per: 1, read: through('i32'), write: through('u32') },
    four: { element: 'vec4<u32>', per: 4, read: through('vec4<i32>'), write: through('vec4<u32>') },
  },
  f16: {
    arithmetic: 'f32',
    feature: 'f16',
    single: { element: 'f16', per: 1, read: through('f32'), write: through('f16') },
    four: { element: 'vec4<f16>', per: 4, read: through('vec4<f32>'), write: through('vec4<f16>') },
  },
  'packed f16': packed('unpackHalf', 'unpackHalves', 'packHalves'),
  bf16: packed('unpackBrain', 'unpackBrains', 'packBrains'),
};

/** How a storage type lies in bindings on a device with or without arithmetic in f16. */
export function representationOf(type: StorageType, target: { readonly f16: boolean }): Representation {
  return representations[type === 'f16' && !target.f16 ? 'packed f16' : type];
}
