/**
 * Weights stored in 16 bits, brought to f32 a panel at a time. A panel's part is widened once for all rows of a tile and
 * stays in the L1 cache; only where one or two rows share it does the register tile read bf16 itself (tile.ts).
 */

/** Functions of every module that has products. `count` is a multiple of 8. */
export const wideningFunctions = `\
/** bf16 is the upper half of an f32. */
function widenBf16(to: usize, from: usize, count: i32): void {
  for (let i = 0; i < count; i += 8, from += 16, to += 32) {
    v128.store(to, i32x4.shl(v128.load_ext<u16>(from), 16));
    v128.store(to, i32x4.shl(v128.load_ext<u16>(from, 8), 16), 16);
  }
}

/**
 * Exponent and fraction shifted into place, then the exponent's bias corrected by 2¹¹², which makes subnormals right too;
 * what is then 2¹⁶ or more was infinite or NaN. Shifts instead of masks: a constant costs as much as three of them.
 */
@inline
function widenFourF16(half: v128): v128 {
  const scaled = f32x4.mul(i32x4.shr_u(i32x4.shl(half, 17), 4), f32x4.splat(5.192296858534828e33));
  const special = i32x4.shl(i32x4.shr_u(f32x4.ge(scaled, f32x4.splat(65536)), 24), 23);
  return v128.or(v128.or(scaled, special), i32x4.shl(i32x4.shr_u(half, 15), 31));
}

function widenF16(to: usize, from: usize, count: i32): void {
  for (let i = 0; i < count; i += 8, from += 16, to += 32) {
    v128.store(to, widenFourF16(v128.load_ext<u16>(from)));
    v128.store(to, widenFourF16(v128.load_ext<u16>(from, 8)), 16);
  }
}`;
