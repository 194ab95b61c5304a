/** The functions of a stream's shader: operands by fours, which columns a row sees, what a column weighs, the epilogue. */
import { fixedExtent } from '../../../dsl/extent.ts';
import { type Axis, accumulator, reductionValue, type Scalar } from '../../../dsl/scalar.ts';
import type { StreamKernel } from '../../ir.ts';
import { atom } from '../code.ts';
import {
  type Coordinate,
  enter,
  fourFunction,
  reachesBeyond,
  readsByFours,
  signatureOf,
  storeFunction,
  storeOneFunction,
  writesByFours,
} from '../loaders.ts';
import type { Shader } from '../shader.ts';

/** Below every weight that is a number, and finite, so that differences of two such are 0 and not NaN. */
export const belowEveryWeight = '-3.4028234663852886e38';

/** Fours along depth or width that are in workgroup memory at a time, at most. */
const mostFours = 16;

/** How many fours of an axis a tile takes. */
export function foursOfTile({ extent }: Axis): number {
  const fixed = fixedExtent(extent);
  return fixed === undefined ? mostFours : Math.min(mostFours, Math.max(1, Math.ceil(fixed / 4)));
}

/** The coordinates of a batch entry, the first parameters of every function here: batch0, batch1, … */
export function batchOf({ batch }: StreamKernel): Coordinate[] {
  return batch.map((axis, i) => ({ axis, name: `batch${i}`, beyond: false }));
}

/** Declares left0, right0, …, value (batch…, member, row or column, depth or width) -> vec4<f32>: 0 beyond the axes. */
export function defineOperands(shader: Shader, kernel: StreamKernel): void {
  const around = [...batchOf(kernel), { axis: kernel.member, name: 'member', beyond: false }];
  const define = (name: string, place: Coordinate, operand: Scalar, axis: Axis): void => {
    const along = { axis, name: 'along', beyond: reachesBeyond(axis, 4 * foursOfTile(axis)) };
    fourFunction(shader, name, [...around, place, along], operand, axis, readsByFours(operand, axis));
  };
  const row: Coordinate = { axis: kernel.row, name: 'row', beyond: true };
  const column: Coordinate = { axis: kernel.column, name: 'column', beyond: true };
  for (const [i, { depth, left, right }] of kernel.scores.entries()) {
    define(`left${i}`, row, left, depth);
    define(`right${i}`, column, right, depth);
  }
  if (kernel.value && kernel.width) define('value', column, kernel.value, kernel.width);
}

/** `fn seenColumns(batch…, row) -> vec2<i32>`: the first column that a row sees and the one behind the last; (0, 0) beyond the rows. */
export function defineSeenColumns(shader: Shader, kernel: StreamKernel): void {
  const coordinates = [...batchOf(kernel), { axis: kernel.row, name: 'row', beyond: true }];
  shader.function('seenColumns', `(${signatureOf(coordinates)}) -> vec2<i32>`, (body) => {
    enter(body, coordinates, ' vec2<i32>()');
    const [first, end] = body.values([kernel.first, kernel.end]);
    body.line(`return vec2<i32>(${first!.text}, ${end!.text});`);
  });
}

/** `fn weight(batch…, member, row, column, seen, score0, …) -> f32`: of a column that the row does not see, what adds nothing. */
export function defineWeight(shader: Shader, kernel: StreamKernel): void {
  const { member, row, column, scores, reduce } = kernel;
  const coordinates = [
    ...batchOf(kernel),
    ...Object.entries({ member, row, column }).map(([name, axis]) => ({ axis, name, beyond: false })),
  ];
  const parameters = [signatureOf(coordinates), 'seen: vec2<i32>', ...scores.map((_, i) => `score${i}: f32`)];
  shader.function('weight', `(${parameters.join(', ')}) -> f32`, (body) => {
    const nothing = reduce === 'sum' ? '0.0' : belowEveryWeight;
    body.line(`if (column < seen.x || seen.y <= column) { return ${nothing}; }`);
    enter(body, coordinates, '');
    for (const i of scores.keys()) body.bind(reductionValue(i), atom(`score${i}`));
    const [weight] = body.values([kernel.weight]);
    body.line(`return ${weight!.text};`);
  });
}

/** Declares the epilogue: `store(batch…, row, width, sums)` for four sums, or `storeOne(batch…, row, sum)` for a logSumExp. */
export function defineStore(shader: Shader, kernel: StreamKernel): void {
  const { row, width, writes } = kernel;
  const rows = [...batchOf(kernel), { axis: row, name: 'row', beyond: true }];
  if (!width) {
    storeOneFunction(shader, rows, writes, accumulator);
    return;
  }
  const results = [...rows, { axis: width, name: 'width', beyond: true }];
  storeFunction(shader, results, writes, accumulator, width, writesByFours(writes, width));
}
