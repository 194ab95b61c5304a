/** The order in which a row's elements stand: by value descending, of equal ones the lower index first. */

import type { SelectKernel } from '../../ir.ts';
import { atom } from '../code.ts';
import { converted } from '../functions.ts';
import type { Shader } from '../shader.ts';

/**
 * Declares valueAt(row, along) -> f32 and rankAt(row, along) -> u32: whole numbers in the order of the values. −0 and 0 rank the
 * same; a NaN ranks above everything.
 */
export function defineOrder(shader: Shader, { row, along, value }: SelectKernel): void {
  shader.function('valueAt', '(row: i32, along: i32) -> f32', (body) => {
    body.bind(row, atom('row'));
    body.bind(along, atom('along'));
    const [code] = body.values([value]);
    body.line(`return ${converted(code!, value.type, 'f32', false).text};`);
  });
  shader.function('rankOf', '(value: f32) -> u32', (body) => {
    body.line(
      'let bits = bitcast<u32>(value);',
      'if ((bits & 0x7fffffffu) > 0x7f800000u) { return 0xffffffffu; }',
      'if ((bits & 0x7fffffffu) == 0u) { return 0x80000000u; }',
      'return select(bits | 0x80000000u, ~bits, (bits & 0x80000000u) != 0u);',
    );
  });
  shader.function('rankAt', '(row: i32, along: i32) -> u32', (body) =>
    body.line('return rankOf(valueAt(row, along));'),
  );
}

/**
 * Declares firstOfGroup(rank, index, local) -> Place: of the places that the threads bring, the one that comes first. An index
 * of `none` stands for no place.
 */
export function defineFirst(shader: Shader, threads: number): void {
  shader.workgroupArray('ranks', 'u32', 4, threads);
  shader.workgroupArray('indices', 'i32', 4, threads);
  shader.function('comesBefore', '(rankA: u32, indexA: i32, rankB: u32, indexB: i32) -> bool', (body) =>
    body.line('return rankB < rankA || (rankA == rankB && indexA < indexB);'),
  );
  shader.function('firstOfGroup', '(rank: u32, index: i32, local: u32) -> i32', (body) =>
    body.line(`ranks[local] = rank;
indices[local] = index;
workgroupBarrier();
for (var stride = ${threads / 2}u; stride > 0u; stride >>= 1u) {
  if (local < stride && comesBefore(ranks[local + stride], indices[local + stride], ranks[local], indices[local])) {
    ranks[local] = ranks[local + stride];
    indices[local] = indices[local + stride];
  }
  workgroupBarrier();
}
let first = indices[0];
workgroupBarrier();  // all have read it before the next search begins
return first;`),
  );
}
