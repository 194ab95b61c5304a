/**
 * Weights stored in 16 bits, brought to f32 a panel at a time. A panel's part is widened once for all rows of a tile and
 * stays in the L1 cache; only where up to three rows share it does the register tile read bf16 itself (tile.ts).
 */

import type { AssemblyTarget } from '../ir.ts';
import { tileShape, widened } from './tile.ts';

/** Functions of every module that has products: so many steps of depth of a panel. */
export function printWidening(target: AssemblyTarget): string {
  const { columns } = tileShape(target);
  const words = Array.from({ length: columns / 8 }, (_, i) => i);
  const halves = [...words.map((i) => widened(`w${i}`, 'lower')), ...words.map((i) => widened(`w${i}`, 'upper'))];
  return `\
function widenBf16(to: usize, from: usize, depth: i32): void {
  for (let k = 0; k < depth; k++, from += ${columns * 2}, to += ${columns * 4}) {
    const ${words.map((i) => `w${i} = v128.load(from, ${i * 16})`).join(', ')};
${halves.map((half, i) => `    v128.store(to, ${half}, ${i * 16});`).join('\n')}
  }
}

function widenF16(to: usize, from: usize, depth: i32): void {
  for (let k = 0; k < depth; k++, from += ${columns * 2}, to += ${columns * 4}) {
${words
  .flatMap((i) => [2 * i, 2 * i + 1])
  .map((i) => `    v128.store(to, f16_to_f32x4(v128.load_ext<u16>(from, ${i * 8})), ${i * 16});`)
  .join('\n')}
  }
}`;
}
