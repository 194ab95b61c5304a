/**
 * Weights stored in 16 bits, brought to f32 a panel at a time, once for all rows of a block. Where the rows are those of one register
 * tile, it widens them itself (tile.ts).
 */
import type { AssemblyTarget } from '../ir.ts';
import { type NarrowStorage, panelSuffix, tileShape, widened, wideningConstants } from './tile.ts';

/** Functions of every module that has products: so many steps of depth of a panel. */
export function printWidening(target: AssemblyTarget): string {
  const { columns } = tileShape(target);
  const words = Array.from({ length: columns / 8 }, (_, i) => `w${i}`);
  const print = (storage: NarrowStorage): string => `\
function widen${panelSuffix(storage)}(to: usize, from: usize, depth: i32): void {
${wideningConstants(storage)
  .map((line) => `${line}\n`)
  .join('')}  for (let k = 0; k < depth; k++, from += ${columns * 2}, to += ${columns * 4}) {
    const ${words.map((word, i) => `${word} = v128.load(from, ${i * 16})`).join(', ')};
${widened(storage, words)
  .map((value, i) => `    const b${i} = ${value};`)
  .join('\n')}
${Array.from({ length: columns / 4 }, (_, i) => `    v128.store(to, b${i}, ${i * 16});`).join('\n')}
  }
}`;
  return `${print('bf16')}\n\n${print('f16')}`;
}
