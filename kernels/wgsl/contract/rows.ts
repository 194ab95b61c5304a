/**
 * A product with few rows on the left, as in decoding: a workgroup works out four columns for a few rows. Its threads go
 * along k together, reading each element of the right operand once, and add up at the end.
 */
import { accumulator } from '../../../dsl/scalar.ts';
import type { ContractKernel } from '../../ir.ts';
import type { TileCount } from '../../printed.ts';
import type { Body } from '../body.ts';
import { atom, bound, extentCode, level } from '../code.ts';
import { openGrid } from '../grid.ts';
import {
  type Coordinate,
  elementFunction,
  fourFunction,
  reachesBeyond,
  readsByFours,
  storeFunction,
  writesByFours,
} from '../loaders.ts';
import { reduceOverGroup, type Team } from '../reduce.ts';
import type { Scope } from '../scope.ts';
import { rightOperand } from './operands.ts';

/** Columns of a workgroup. */
const columns = 4;

/** Whether both operands can be read by fours along k. */
export function runsByFours(kernel: ContractKernel): boolean {
  return readsByFours(kernel.left, kernel.k) && readsByFours(rightOperand(kernel), kernel.k);
}

export const printRows: Body<ContractKernel> = (shader, kernel, parameters) => {
  const { batch, m, n, k, writes } = kernel;
  const { threads, rows, lanes } = parameters as Record<'threads' | 'rows' | 'lanes', number>;
  const team: Team = { threads, rows: 1, subgroups: parameters.subgroups === 1 };
  const at = (axis: typeof m, name: string, per: number): Coordinate => ({
    axis,
    name,
    beyond: reachesBeyond(axis, per),
  });
  const [batchAt, mAt, nAt] = [{ axis: batch, name: 'batch', beyond: false }, at(m, 'm', rows), at(n, 'n', columns)];
  const kAt: Coordinate = { axis: k, name: 'k', beyond: false };
  if (lanes === 4) {
    fourFunction(shader, 'left', [batchAt, mAt, kAt], kernel.left, k, true);
    fourFunction(shader, 'right', [batchAt, nAt, kAt], rightOperand(kernel), k, true);
  } else {
    elementFunction(shader, 'left', [batchAt, mAt, kAt], kernel.left);
    fourFunction(shader, 'right', [batchAt, nAt, kAt], rightOperand(kernel), n, false);
  }
  storeFunction(shader, [batchAt, mAt, nAt], writes, accumulator, n, writesByFours(writes, n));
  let workgroups: readonly TileCount[] = [];
  shader.main(threads, team.subgroups ? ['subgroup'] : [], (body) => {
    workgroups = openGrid(body, [
      { name: 'batch', extent: batch.extent, per: 1 },
      { name: 'mTile', extent: m.extent, per: rows },
      { name: 'nTile', extent: n.extent, per: columns },
    ]);
    body.line(`let m0 = ${rows === 1 ? 'mTile' : `mTile * ${rows}`};`, `let n0 = nTile * ${columns};`);
    for (let i = 0; i < rows; i++) body.line(`var sum${i} = vec4<f32>();`);
    const start = lanes === 1 ? 'i32(local)' : `i32(local) * ${lanes}`;
    const head = `for (var k = ${start}; k < ${bound(extentCode(k.extent), level.sum)}; k += ${threads * lanes})`;
    body.block(head, (inner) => accumulate(inner, rows, lanes));
    for (let i = 0; i < rows; i++)
      body.let(`total${i}`, reduceOverGroup(shader, 'sum', atom(`sum${i}`), team, 'vec4<f32>'), { exact: true });
    for (let i = 0; i < rows; i++)
      body.line(`if (local == ${i}u) { store(batch, m0${i > 0 ? ` + ${i}` : ''}, n0, total${i}); }`);
  });
  return workgroups;
};

function accumulate(body: Scope, rows: number, lanes: number): void {
  const m = (i: number): string => `m0${i > 0 ? ` + ${i}` : ''}`;
  if (lanes === 1) {
    body.line('let b = right(batch, n0, k);');
    for (let i = 0; i < rows; i++) body.line(`sum${i} += left(batch, ${m(i)}, k) * b;`);
    return;
  }
  for (let i = 0; i < columns; i++) body.line(`let b${i} = right(batch, n0${i > 0 ? ` + ${i}` : ''}, k);`);
  for (let i = 0; i < rows; i++) {
    const dots = [...Array(columns).keys()].map((j) => `dot(a${i}, b${j})`).join(', ');
    body.line(`let a${i} = left(batch, ${m(i)}, k);`, `sum${i} += vec4<f32>(${dots});`);
  }
}
