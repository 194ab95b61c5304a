/** argmax and top-k: a workgroup looks for the first element of a row in its order, then for the next one, and so on. */
import { selectedIndex } from '../../../dsl/scalar.ts';
import type { SelectKernel } from '../../ir.ts';
import type { TileCount } from '../../printed.ts';
import type { Body } from '../body.ts';
import { atom, bound, extentCode, level } from '../code.ts';
import { openGrid } from '../grid.ts';
import { writeAll } from '../memory.ts';
import type { Scope } from '../scope.ts';
import { defineFirst, defineOrder } from './order.ts';

/** Beyond every index. */
export const noIndex = '0x7fffffff';

/** Lines that set `found` to the first index of the row after (afterRank, afterIndex), where there is such a limit. */
export function findFirst(body: Scope, length: string, threads: number, limited: boolean): void {
  body.line(
    'var rank = 0u;',
    `var index = ${noIndex};`,
    `for (var along = i32(local); along < ${length}; along += ${threads}) {`,
    '  let other = rankAt(row, along);',
    ...(limited ? ['  if (!comesBefore(afterRank, afterIndex, other, along)) { continue; }'] : []),
    '  if (comesBefore(other, along, rank, index)) { rank = other; index = along; }',
    '}',
    'let found = firstOfGroup(rank, index, local);',
  );
}

export const printLargest: Body<SelectKernel> = (shader, kernel, { threads }) => {
  const { row, along, selection, writes } = kernel;
  defineOrder(shader, kernel);
  defineFirst(shader, threads!);
  const length = bound(extentCode(along.extent), level.sum);
  let workgroups: readonly TileCount[] = [];
  shader.main(threads!, [], (body) => {
    workgroups = openGrid(body, [{ name: 'row', extent: row.extent, per: 1 }]);
    body.bind(row, atom('row'));
    const write = (inner: Scope): void => {
      inner.bind(selectedIndex, atom('found'));
      inner.block('if (local == 0u)', (first) => writeAll(first, writes));
    };
    if (selection.op !== 'topK') {
      findFirst(body, length, threads!, false);
      write(body);
      return;
    }
    body.line('var afterRank = 0xffffffffu;', 'var afterIndex = -1;');
    body.block(`for (var slot = 0; slot < ${bound(extentCode(selection.slot.extent), level.sum)}; slot++)`, (inner) => {
      inner.bind(selection.slot, atom('slot'));
      findFirst(inner, length, threads!, true);
      write(inner);
      inner.line('afterRank = rankAt(row, found);', 'afterIndex = found;');
    });
  });
  return workgroups;
};
