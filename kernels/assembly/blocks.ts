/** Dividing extents into blocks, and scratch memory into regions. */
import { MmgemError } from '../../dsl/errors.ts';
import { type Extent, fixedExtent, formatExtent } from '../../dsl/extent.ts';
import type { Axis } from '../../dsl/scalar.ts';
import type { Kernel } from '../ir.ts';
import type { Emitter } from './emitter.ts';
import { fewRows } from './tile.ts';

/** Function of every module that has products. */
export const evenBlockFunction = `\
/** The size of the fewest blocks of at most \`most\` that make up \`extent\`, about equal and multiples of \`unit\`, which divides \`most\`. */
function evenBlock(extent: i32, most: i32, unit: i32): i32 {
  const blocks = (extent + most - 1) / most;
  return blocks == 0 ? unit : ((extent + blocks - 1) / blocks + unit - 1) / unit * unit;
}`;

const roundUp = (value: number, unit: number): number => Math.ceil(value / unit) * unit;

/** An axis's extent, for bodies whose blocks take all of it. @throws MmgemError when it is symbolic. */
export function fixedSize({ name, kind }: Kernel, what: string, { extent }: Axis): number {
  const fixed = fixedExtent(extent);
  if (fixed !== undefined) return fixed;
  const symbolic = formatExtent(extent);
  throw new MmgemError(
    `kernel ${name}: ${kind} needs a fixed ${what}, but ${symbolic} is symbolic: give dim('${symbolic}') its size`,
  );
}

/** The largest block that an extent needs: `most`, or less when the extent is known to be smaller. */
export function blockLimit(extent: Extent, most: number, unit: number): number {
  const fixed = fixedExtent(extent);
  return fixed === undefined ? most : Math.min(most, Math.max(unit, roundUp(fixed, unit)));
}

/** Blocks of equal size instead of full ones and a small rest, so that threads finish together: their size, as text. */
export function printEvenBlock(emitter: Emitter, extent: Extent, most: number, unit: number): string {
  const fixed = fixedExtent(extent);
  if (fixed === undefined) return `${emitter.use('evenBlock')}(${emitter.extent(extent)}, ${most}, ${unit})`;
  const blocks = Math.max(1, Math.ceil(fixed / most));
  return `${Math.max(unit, roundUp(Math.ceil(fixed / blocks), unit))}`;
}

/** ⌈extent / most⌉ as text. */
export function printBlockCount(emitter: Emitter, extent: Extent, most: number): string {
  const fixed = fixedExtent(extent);
  return fixed === undefined ? `(${emitter.extent(extent)} + ${most - 1}) / ${most}` : `${Math.ceil(fixed / most)}`;
}

/** When a block has few rows: known when the kernel is printed, or only as sizes are at run time. */
export type Few = 'always' | 'never' | 'sometimes';

/** Whether blocks of an extent have few rows, up to `most`; 'never' if a body for them does not exist. */
export function fewOf(extent: Extent, exists: boolean, most = fewRows): Few {
  const fixed = fixedExtent(extent);
  if (!exists) return 'never';
  return fixed === undefined ? 'sometimes' : fixed <= most ? 'always' : 'never';
}

/** One of two bodies, or both and a branch; `most` is that of `fewOf`. */
export function printByRows(
  emitter: Emitter,
  few: Few,
  rows: string,
  body: { few(): void; many(): void },
  most = fewRows,
): void {
  if (few === 'always') body.few();
  else if (few === 'never') body.many();
  else {
    emitter.block(`if (${rows} <= ${most})`, body.few, { guard: true });
    emitter.block('else', body.many, { guard: true });
  }
}

/** Regions of a thread's scratch memory, each at a multiple of 64 bytes. */
export class ScratchLayout {
  readonly #emitter: Emitter;
  #bytes = 0;

  constructor(emitter: Emitter) {
    this.#emitter = emitter;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The name of a local that holds the address of a new region. */
  region(hint: string, bytes: number): string {
    const name = this.#emitter.bind(this.#bytes === 0 ? 'scratch' : `scratch + ${this.#bytes}`, hint, 'usize');
    this.#bytes += roundUp(bytes, 64);
    return name;
  }
}
