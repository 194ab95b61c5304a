/** Elements between the host, which sees f32 and whole numbers, and memory, which holds what the storage type says. */
import { type StorageType, storageTypes } from '../dsl/dtype.ts';
import { MmgemError } from '../dsl/errors.ts';
import type { HostArray } from './seam.ts';

/** Two-byte types: how a float's 32 bits become 16 and back, what infinity looks like, the largest finite value. */
const halves = {
  f16: { encode: encodeF16, decode: decodeF16, infinity: 0x7c00, largest: '65504' },
  bf16: { encode: encodeBf16, decode: (bits: number) => bits << 16, infinity: 0x7f80, largest: '3.39e38' },
} as const;

function isHalf(dtype: StorageType): dtype is keyof typeof halves {
  return Object.hasOwn(halves, dtype);
}

/** bits / 2^count, rounded to nearest, ties to even. */
function roundShift(bits: number, count: number): number {
  return (bits + (1 << (count - 1)) - 1 + ((bits >>> count) & 1)) >>> count;
}

/** f32 bits as the nearest f16's, ties to even; what is too large becomes ∞. */
function encodeF16(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const size = bits & 0x7fffffff;
  if (size > 0x7f800000) return sign | 0x7e00;
  if (size >= 0x477ff000) return sign | 0x7c00;
  if (size >= 0x38800000) return sign | roundShift(size - 0x38000000, 13);
  if (size < 0x33000000) return sign;
  // Subnormal: the mantissa with its leading 1, shifted to units of 2⁻²⁴.
  return sign | roundShift((size & 0x7fffff) | 0x800000, 126 - (size >>> 23));
}

function encodeBf16(bits: number): number {
  const size = bits & 0x7fffffff;
  if (size > 0x7f800000) return (bits >>> 16) | 0x40;
  return ((bits >>> 16) & 0x8000) | roundShift(size, 16);
}

function decodeF16(bits: number): number {
  const sign = (bits & 0x8000) << 16;
  const size = bits & 0x7fff;
  if (size >= 0x7c00) return sign | 0x7f800000 | ((size & 0x3ff) << 13);
  if (size >= 0x400) return sign | ((size << 13) + 0x38000000);
  if (size === 0) return sign;
  const shift = Math.clz32(size) - 21;
  return sign | ((113 - shift) << 23) | (((size << shift) & 0x3ff) << 13);
}

/** How many bytes `count` elements take. */
export function bytesOf(dtype: StorageType, count: number): number {
  return count * storageTypes[dtype].bytes;
}

function hostArrayOf(dtype: StorageType): Int32ArrayConstructor | Uint32ArrayConstructor | Float32ArrayConstructor {
  return dtype === 'i32' ? Int32Array : dtype === 'u32' ? Uint32Array : Float32Array;
}

/** @throws MmgemError when the array is not of the kind in which the host holds such elements. */
export function assertHostArray(dtype: StorageType, data: HostArray, what: string): void {
  const expected = hostArrayOf(dtype);
  if (data instanceof expected) return;
  const given: unknown = data;
  const kind = given instanceof Object ? given.constructor.name : String(given);
  throw new MmgemError(`${what} is ${dtype} and must be given as ${expected.name}, not ${kind}`);
}

/**
 * The elements as memory holds them. Four-byte types are not copied.
 * @throws MmgemError when a finite value is too large for a two-byte type; `what` names whose.
 */
export function encodeElements(dtype: StorageType, data: HostArray, what: string): Uint8Array {
  if (!isHalf(dtype)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const { encode, infinity, largest } = halves[dtype];
  const from = new Int32Array(data.buffer, data.byteOffset, data.length);
  const to = new Uint16Array(data.length);
  for (let i = 0; i < to.length; i++) {
    const bits = encode(from[i]!);
    to[i] = bits;
    if ((bits & 0x7fff) === infinity && Number.isFinite(data[i]))
      throw new MmgemError(
        `${what} holds ${data[i]} (element ${i}), too large for ${dtype}, whose largest is ${largest}. Store it as f32`,
      );
  }
  return new Uint8Array(to.buffer);
}

/**
 * `count` elements out of memory, copied, into an array of their type and length if one is given. `bytes` starts where the first of
 * them does.
 */
export function decodeElements(
  dtype: StorageType,
  bytes: Uint8Array,
  count: number,
  into: HostArray = new (hostArrayOf(dtype))(count),
): HostArray {
  if (!isHalf(dtype)) {
    new Uint8Array(into.buffer, into.byteOffset, into.byteLength).set(bytes.subarray(0, into.byteLength));
    return into;
  }
  const { decode } = halves[dtype];
  // Copied, since a view of two-byte elements would have to start at an even address.
  const from = new Uint16Array(bytes.slice(0, 2 * count).buffer);
  const to = new Int32Array(into.buffer, into.byteOffset, count);
  for (let i = 0; i < count; i++) to[i] = decode(from[i]!);
  return into;
}
