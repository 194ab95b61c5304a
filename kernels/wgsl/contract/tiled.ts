/**
 * The tiled product: 8 × 8 threads work out 32 × 32 results, 4 × 4 each, from tiles of 32 × 32 of both operands in workgroup
 * memory. The shape is the one that tfjs, onnxruntime and ggml settled on.
 */
import { type Axis, accumulator, type Scalar } from '../../../dsl/scalar.ts';
import type { ContractKernel } from '../../ir.ts';
import type { TileCount } from '../../printed.ts';
import type { Body } from '../body.ts';
import { bound, extentCode, level } from '../code.ts';
import { openGrid } from '../grid.ts';
import {
  type Coordinate,
  fourFunction,
  reachesBeyond,
  readsByFours,
  storeFunction,
  writesByFours,
} from '../loaders.ts';
import type { Scope } from '../scope.ts';
import type { Shader } from '../shader.ts';
import { isContiguous, rightOperand } from './operands.ts';

/** Results along m and n, and products along k, of a tile. */
export const tileSize = 32;
/** Results of a thread along m and n. */
const block = 4;
/** Threads along m and n; fours along a tile. */
const across = tileSize / block;
export const tiledThreads = across * across;

/** One operand: its tile in workgroup memory lies as [k][rows / 4] with four rows in a vector. */
interface Side {
  readonly name: 'left' | 'right';
  readonly rows: Axis;
  readonly rowName: 'm' | 'n';
  readonly value: Scalar;
}

const sidesOf = (kernel: ContractKernel): readonly [Side, Side] => [
  { name: 'left', rows: kernel.m, rowName: 'm', value: kernel.left },
  { name: 'right', rows: kernel.n, rowName: 'n', value: rightOperand(kernel) },
];

/** Whether both operands can be read by fours, be it along k or along their rows. */
export function loadsByFours(kernel: ContractKernel): boolean {
  return sidesOf(kernel).every(({ value, rows }) => readsByFours(value, kernel.k) || readsByFours(value, rows));
}

export const printTiled: Body<ContractKernel> = (shader, kernel, { lanes, f16 }) => {
  const { batch, m, n, k, writes } = kernel;
  const sides = sidesOf(kernel);
  const half = f16 === 1;
  if (half) shader.enable('f16');
  const element = half ? 'vec4<f16>' : 'vec4<f32>';
  for (const { name } of sides) shader.workgroupArray(`${name}Tile`, element, half ? 8 : 16, tileSize * across);
  const loads = sides.map((side) => defineLoad(shader, kernel, side, lanes === 4, half));
  const results: readonly Coordinate[] = [
    { axis: batch, name: 'batch', beyond: false },
    { axis: m, name: 'm', beyond: reachesBeyond(m, tileSize) },
    { axis: n, name: 'n', beyond: reachesBeyond(n, tileSize) },
  ];
  storeFunction(shader, results, writes, accumulator, n, lanes === 4 && writesByFours(writes, n));
  let workgroups: readonly TileCount[] = [];
  shader.main(tiledThreads, [], (body) => {
    workgroups = openGrid(body, [
      { name: 'batch', extent: batch.extent, per: 1 },
      { name: 'mTile', extent: m.extent, per: tileSize },
      { name: 'nTile', extent: n.extent, per: tileSize },
    ]);
    body.line(`let m0 = mTile * ${tileSize};`, `let n0 = nTile * ${tileSize};`);
    body.line(`let row = i32(local) / ${across};`, `let column = i32(local) % ${across};`);
    for (let i = 0; i < block; i++) body.line(`var sum${i} = vec4<f32>();`);
    body.block(`for (var k0 = 0; k0 < ${bound(extentCode(k.extent), level.sum)}; k0 += ${tileSize})`, (inner) => {
      for (const lines of loads) inner.line(...lines);
      inner.line('workgroupBarrier();');
      multiply(inner, k, half);
      inner.line('workgroupBarrier();');
    });
    for (let i = 0; i < block; i++)
      body.line(`store(batch, m0 + row * ${block}${i > 0 ? ` + ${i}` : ''}, n0 + column * ${block}, sum${i});`);
  });
  return workgroups;
};

/** Adds up the products of the tiles as far as k reaches. */
function multiply(body: Scope, k: Axis, half: boolean): void {
  const depth = reachesBeyond(k, tileSize) ? `min(${tileSize}, ${extentCode(k.extent).text} - k0)` : `${tileSize}`;
  if (depth !== `${tileSize}`) body.line(`let depth = ${depth};`);
  body.block(`for (var k = 0; k < ${depth === `${tileSize}` ? depth : 'depth'}; k++)`, (inner) => {
    const tile = (name: string): string => (half ? `vec4<f32>(${name})` : name);
    inner.line(
      `let a = ${tile(`leftTile[k * ${across} + row]`)};`,
      `let b = ${tile(`rightTile[k * ${across} + column]`)};`,
    );
    inner.line(...[...'xyzw'].map((lane, i) => `sum${i} += a.${lane} * b;`));
  });
}

/**
 * The function that reads an operand, and the lines with which a thread fills its block of 4 × 4 of the tile. Neighbouring
 * threads go along the direction in which the operand lies in memory.
 */
function defineLoad(
  shader: Shader,
  { batch, k }: ContractKernel,
  side: Side,
  byFours: boolean,
  half: boolean,
): string[] {
  const { name, rows, rowName, value } = side;
  const alongDepth = byFours && readsByFours(value, k);
  const coordinates: readonly Coordinate[] = [
    { axis: batch, name: 'batch', beyond: false },
    { axis: rows, name: rowName, beyond: reachesBeyond(rows, tileSize) },
    { axis: k, name: 'k', beyond: reachesBeyond(k, tileSize) },
  ];
  // Where a thread asks for four at a time, one check at the first of them does only when fours fit the axis.
  const along = alongDepth ? k : rows;
  fourFunction(shader, name, coordinates, value, along, byFours && readsByFours(value, along));
  const depthFirst = alongDepth || isContiguous(value, k);
  const [atRow, atDepth] = depthFirst ? ['row', 'column'] : ['column', 'row'];
  const tile = (depth: number | string): string =>
    `${name}Tile[(${atDepth} * ${block}${plus(depth)}) * ${across} + ${atRow}]`;
  const at = (row: number, depth: number | string): string =>
    `batch, ${rowName}0 + ${atRow} * ${block}${plus(row)}, k0 + ${atDepth} * ${block}${plus(depth)}`;
  const stored = (text: string): string => (half ? `vec4<f16>(${text})` : text);
  if (!alongDepth)
    return [`for (var i = 0; i < ${block}; i++) { ${tile('i')} = ${stored(`${name}(${at(0, 'i')})`)}; }`];
  const four = [0, 1, 2, 3];
  const column = (lane: string): string => `vec4<f32>(${four.map((row) => `${name}${row}.${lane}`).join(', ')})`;
  return [
    ...four.map((row) => `let ${name}${row} = ${name}(${at(row, 0)});`),
    ...[...'xyzw'].map((lane, depth) => `${tile(depth)} = ${stored(column(lane))};`),
  ];
}

const plus = (offset: number | string): string => (offset === 0 ? '' : ` + ${offset}`);
