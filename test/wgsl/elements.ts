/** Numbers to the bytes of a storage type and back, the plain way. */
import type { StorageType } from '../../dsl/dtype.ts';

/** The nearest f16, ties to even, as its bits. */
function halfBits(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (size >= 65520) return sign | 0x7c00;
  const exponent = size < 2 ** -14 ? -14 : Math.floor(Math.log2(size));
  const steps = roundHalfEven(size / 2 ** (exponent - 10));
  return sign | (size < 2 ** -14 ? steps : ((exponent + 15) << 10) + steps - 1024);
}

function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

/** The nearest bf16, ties to even, as its bits. */
function brainBits(value: number): number {
  const bits = new Uint32Array(Float32Array.of(value).buffer)[0]!;
  if (Number.isNaN(value)) return 0x7fc0;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

function brainValue(bits: number): number {
  return new Float32Array(Uint32Array.of(bits << 16).buffer)[0]!;
}

const types: Readonly<
  Record<
    StorageType,
    {
      encode(values: ArrayLike<number>): ArrayBufferView;
      decode(buffer: ArrayBuffer, length: number): ArrayLike<number>;
    }
  >
> = {
  f32: {
    encode: (values) => Float32Array.from(values),
    decode: (buffer, length) => new Float32Array(buffer, 0, length),
  },
  i32: { encode: (values) => Int32Array.from(values), decode: (buffer, length) => new Int32Array(buffer, 0, length) },
  u32: { encode: (values) => Uint32Array.from(values), decode: (buffer, length) => new Uint32Array(buffer, 0, length) },
  f16: {
    encode: (values) => Uint16Array.from(values, halfBits),
    decode: (buffer, length) => Array.from(new Uint16Array(buffer, 0, length), halfValue),
  },
  bf16: {
    encode: (values) => Uint16Array.from(values, brainBits),
    decode: (buffer, length) => Array.from(new Uint16Array(buffer, 0, length), brainValue),
  },
};

export function encode(type: StorageType, values: ArrayLike<number>): Uint8Array {
  const { buffer, byteOffset, byteLength } = types[type].encode(values);
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
}

export function decode(type: StorageType, bytes: Uint8Array, length: number): Float64Array {
  return Float64Array.from(types[type].decode(bytes.slice().buffer, length));
}

/** What is left of numbers that go through a storage type. */
export function rounded(type: StorageType, values: ArrayLike<number>): Float64Array {
  return decode(type, encode(type, values), values.length);
}
