/**
 * Weights stored in 16 bits, brought to f32 a panel at a time. A panel's part is widened once for all rows of a tile and
 * stays in the L1 cache; only where one or two rows share it does the register tile read bf16 itself (tile.ts).
 */

/** Functions of every module that has products. `count` is a multiple of 8. */
export const wideningFunctions = `\
function widenBf16(to: usize, from: usize, count: i32): void {
  for (let i = 0; i < count; i += 8, from += 16, to += 32) {
    v128.store(to, bf16_to_f32x4(v128.load_ext<u16>(from)));
    v128.store(to, bf16_to_f32x4(v128.load_ext<u16>(from, 8)), 16);
  }
}

function widenF16(to: usize, from: usize, count: i32): void {
  for (let i = 0; i < count; i += 8, from += 16, to += 32) {
    v128.store(to, f16_to_f32x4(v128.load_ext<u16>(from)));
    v128.store(to, f16_to_f32x4(v128.load_ext<u16>(from, 8)), 16);
  }
}`;
