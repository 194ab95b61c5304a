// Element types as safetensors names them, and their conversion to and from what the engine computes with.
// Typed arrays have the host's byte order; every host of JavaScript that we know is little-endian, as the format is.
import { MmgemError } from '../errors.ts';

/** Bytes per element of every type that a safetensors header may name. */
export const elementBytes = {
  F64: 8,
  I64: 8,
  U64: 8,
  F32: 4,
  I32: 4,
  U32: 4,
  F16: 2,
  BF16: 2,
  I16: 2,
  U16: 2,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I8: 1,
  U8: 1,
  BOOL: 1,
} as const;

export type ElementType = keyof typeof elementBytes;

/** The types that weights may have. */
export type FloatType = 'F32' | 'F16' | 'BF16';

export function isElementType(name: unknown): name is ElementType {
  return typeof name === 'string' && Object.hasOwn(elementBytes, name);
}

export function isFloatType(type: string): type is FloatType {
  return type === 'F32' || type === 'F16' || type === 'BF16';
}

/**
 * Widens F32, F16 or BF16 elements to float32, which holds each of their values exactly.
 * @param what names the tensor in errors
 * @throws MmgemError for every other type
 */
export function toFloat32(bytes: Uint8Array, type: ElementType, what = 'tensor'): Float32Array {
  if (type === 'F32') {
    const view = aligned(bytes, 4);
    return new Float32Array(view.buffer, view.byteOffset, view.byteLength / 4);
  }
  if (type === 'BF16') return widenBfloat16(halves(bytes));
  if (type === 'F16') return widenFloat16(halves(bytes));
  throw new MmgemError(`${what}: holds ${type} elements, where F32, F16 or BF16 are due. Convert the file to F32.`);
}

/**
 * Widens integers to int32.
 * @throws MmgemError for floating-point types and for values beyond int32
 */
export function toInt32(bytes: Uint8Array, type: ElementType, what = 'tensor'): Int32Array {
  const values = integers(bytes, type);
  if (values === undefined) throw new MmgemError(`${what}: holds ${type} elements, where integers are due.`);
  if (values instanceof Int32Array) return values;
  const out = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = Number(values[i]);
    out[i] = value;
    if (out[i] !== value) throw new MmgemError(`${what}: element ${i} is ${values[i]}, which int32 cannot hold.`);
  }
  return out;
}

/**
 * Narrows float32 to the bytes of a stored type, rounding to nearest, ties to even.
 * @throws MmgemError when a finite value would become infinite
 */
export function fromFloat32(data: Float32Array, type: FloatType, what = 'tensor'): Uint8Array {
  if (type === 'F32') return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
  const out = new Uint16Array(data.length);
  const narrow = type === 'BF16' ? bfloat16Bits : float16Bits;
  const infinity = type === 'BF16' ? 0x7f80 : 0x7c00;
  for (let i = 0; i < bits.length; i++) {
    const half = narrow(bits[i] as number);
    out[i] = half;
    if ((half & 0x7fff) === infinity && Number.isFinite(data[i])) {
      throw new MmgemError(`${what}: element ${i} is ${data[i]}, beyond the range of ${type}. Write BF16 or F32.`);
    }
  }
  return new Uint8Array(out.buffer);
}

function aligned(bytes: Uint8Array, to: number): Uint8Array {
  return bytes.byteOffset % to === 0 ? bytes : bytes.slice();
}

function halves(bytes: Uint8Array): Uint16Array {
  const view = aligned(bytes, 2);
  return new Uint16Array(view.buffer, view.byteOffset, view.byteLength / 2);
}

function widenBfloat16(from: Uint16Array): Float32Array {
  const bits = new Uint32Array(from.length);
  for (let i = 0; i < from.length; i++) bits[i] = (from[i] as number) << 16;
  return new Float32Array(bits.buffer);
}

function widenFloat16(from: Uint16Array): Float32Array {
  const values = new Float32Array(from.length);
  const bits = new Uint32Array(values.buffer);
  const bias = 2 ** (127 - 15);
  for (let i = 0; i < from.length; i++) {
    const half = from[i] as number;
    const magnitude = (half & 0x7fff) << 13;
    bits[i] = magnitude;
    if (magnitude >= 0x7c00 << 13) bits[i] = magnitude | 0x7f800000;
    else values[i] = (values[i] as number) * bias; // scaling by a power of two is exact, for subnormals too
    if (half & 0x8000) bits[i] = (bits[i] as number) | 0x80000000;
  }
  return values;
}

function bfloat16Bits(bits: number): number {
  if ((bits & 0x7fffffff) > 0x7f800000) return ((bits >>> 16) | 0x40) & 0xffff; // a NaN stays one
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

function float16Bits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x477ff000) return sign | 0x7c00; // 65520, half way beyond the largest value, and all above
  if (magnitude >= 0x38800000) return sign | roundShift(magnitude - (112 << 23), 13);
  if (magnitude < 0x33000000) return sign; // below half of the smallest subnormal
  const mantissa = (magnitude & 0x7fffff) | 0x800000;
  return sign | roundShift(mantissa, 126 - (magnitude >>> 23));
}

/** value / 2^shift, rounded to nearest, ties to even. */
function roundShift(value: number, shift: number): number {
  const quotient = value >>> shift;
  const rest = value - quotient * 2 ** shift;
  const half = 2 ** (shift - 1);
  return rest > half || (rest === half && quotient % 2 === 1) ? quotient + 1 : quotient;
}

function integers(bytes: Uint8Array, type: ElementType): ArrayLike<number | bigint> | undefined {
  const { buffer, byteOffset, byteLength } = aligned(bytes, elementBytes[type]);
  const length = byteLength / elementBytes[type];
  switch (type) {
    case 'I64':
      return new BigInt64Array(buffer, byteOffset, length);
    case 'U64':
      return new BigUint64Array(buffer, byteOffset, length);
    case 'I32':
      return new Int32Array(buffer, byteOffset, length);
    case 'U32':
      return new Uint32Array(buffer, byteOffset, length);
    case 'I16':
      return new Int16Array(buffer, byteOffset, length);
    case 'U16':
      return new Uint16Array(buffer, byteOffset, length);
    case 'I8':
      return new Int8Array(buffer, byteOffset, length);
    case 'U8':
    case 'BOOL':
      return new Uint8Array(buffer, byteOffset, length);
    default:
      return undefined;
  }
}
