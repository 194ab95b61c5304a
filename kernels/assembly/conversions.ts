/** Conversions of 16-bit floats, vectors from and to numbers, and floats as ranks, in AssemblyScript. */

/** Loads and stores of 16-bit floats, with rounding to nearest, ties to even. */
const conversions: Readonly<Record<string, string>> = {
  bf16_to_f32x4: `\
/** bf16, in the low halves of four lanes, is the upper half of an f32. */
@inline
function bf16_to_f32x4(x: v128): v128 {
  return i32x4.shl(x, 16);
}`,
  f16_to_f32x4: `\
/** Exponent and fraction moved into place, then scaled by 2¹¹²: subnormal numbers come out right; what was ∞ or NaN is mended. */
@inline
function f16_to_f32x4(x: v128): v128 {
  const size = f32x4.mul(i32x4.shr_u(i32x4.shl(x, 17), 4), f32x4.splat(5.192296858534828e33));
  const special = i32x4.shl(i32x4.shr_u(f32x4.ge(size, f32x4.splat(65536)), 24), 23);
  return v128.or(v128.or(size, special), i32x4.shl(i32x4.shr_u(x, 15), 31));
}`,
  f32x4_to_bf16: `\
/** Four bf16 in the low 64 bits. Adding half a unit, or just below it where the kept part is even, carries where it should. */
@inline
function f32x4_to_bf16(x: v128): v128 {
  const odd = i32x4.shr_u(i32x4.shl(x, 15), 31);
  const rounded = i32x4.shr_u(i32x4.add(i32x4.add(x, i32x4.splat(0x7fff)), odd), 16);
  const kept = v128.bitselect(rounded, i32x4.splat(0x7fc0), f32x4.eq(x, x));
  return i16x8.narrow_i32x4_u(kept, kept);
}`,
  f32x4_to_f16: `\
/** Four f16 in the low 64 bits. Below 2⁻¹⁴, adding 0.5 makes the f32 unit round to that of a subnormal f16. */
@inline
function f32x4_to_f16(x: v128): v128 {
  const size = v128.and(x, i32x4.splat(0x7fffffff));
  const odd = i32x4.shr_u(i32x4.shl(size, 18), 31);
  const normal = i32x4.shr_u(i32x4.add(i32x4.add(size, i32x4.splat(-0x37fff001)), odd), 13);
  const small = i32x4.sub(f32x4.add(size, f32x4.splat(0.5)), i32x4.splat(0x3f000000));
  const finite = v128.bitselect(small, normal, i32x4.lt_s(size, i32x4.splat(0x38800000)));
  const special = v128.bitselect(i32x4.splat(0x7c00), i32x4.splat(0x7e00), f32x4.eq(x, x));
  const kept = v128.bitselect(finite, special, i32x4.lt_s(size, i32x4.splat(0x47800000)));
  const signed = v128.or(kept, i32x4.shl(i32x4.shr_u(x, 31), 15));
  return i16x8.narrow_i32x4_u(signed, signed);
}`,
};

const lanes: Readonly<Record<string, string>> = {
  lanes_f32: `\
@inline
function lanes_f32(a: f32, b: f32, c: f32, d: f32): v128 {
  return f32x4.replace_lane(f32x4.replace_lane(f32x4.replace_lane(f32x4.splat(a), 1, b), 2, c), 3, d);
}`,
  lanes_i32: `\
@inline
function lanes_i32(a: i32, b: i32, c: i32, d: i32): v128 {
  return i32x4.replace_lane(i32x4.replace_lane(i32x4.replace_lane(i32x4.splat(a), 1, b), 2, c), 3, d);
}`,
  sum_f32x4: `\
@inline
function sum_f32x4(x: v128): f32 {
  return f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1) + (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3));
}`,
  rank_f32: `\
/** A number's place among all f32 in ascending order. */
function rank_f32(x: f32): u32 {
  const bits = reinterpret<i32>(x);
  return bits ^ (bits >> 31 | i32.MIN_VALUE);
}`,
  f32_of_rank: `\
function f32_of_rank(rank: u32): f32 {
  const bits: i32 = rank;
  return reinterpret<f32>(bits ^ (~bits >> 31 | i32.MIN_VALUE));
}`,
  max_f32x4: `\
@inline
function max_f32x4(x: v128): f32 {
  return max<f32>(
    max<f32>(f32x4.extract_lane(x, 0), f32x4.extract_lane(x, 1)),
    max<f32>(f32x4.extract_lane(x, 2), f32x4.extract_lane(x, 3)),
  );
}`,
};

/** The conversions of one element, from those of four. */
function singleConversions(type: 'f16' | 'bf16'): Record<string, string> {
  return {
    [`${type}_to_f32`]: `function ${type}_to_f32(x: u16): f32 {\n  return f32x4.extract_lane(${type}_to_f32x4(i32x4.splat(x)), 0);\n}`,
    [`f32_to_${type}`]: `function f32_to_${type}(x: f32): u16 {\n  return <u16>i16x8.extract_lane_u(f32x4_to_${type}(f32x4.splat(x)), 0);\n}`,
  };
}

/** Source text of every function here, its comment included, by the function's name. */
export const conversionFunctions: ReadonlyMap<string, string> = new Map(
  Object.entries({ ...conversions, ...singleConversions('bf16'), ...singleConversions('f16'), ...lanes }),
);
