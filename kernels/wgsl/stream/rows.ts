/**
 * Streams with a few threads for each row. They share out the columns of a tile to work out scores and weights, and then the width
 * to add up values; right operands and values come through workgroup memory, a tile of columns × depth or width at a time.
 *
 *   columnTile  32 columns × up to 16 fours of depth (right operands) or of width (values), for all rows of the workgroup
 *   weights     32 columns × rows: what a row's threads have worked out for each other
 *
 * A logSumExp keeps, a thread, the largest weight and the total of its own columns (online softmax); a row's threads join them at
 * the end.
 */
import { fixedExtent } from '../../../dsl/extent.ts';
import { type Axis, dependsOn } from '../../../dsl/scalar.ts';
import type { StreamKernel } from '../../ir.ts';
import type { TileCount } from '../../printed.ts';
import type { Body } from '../body.ts';
import { bound, extentCode, level } from '../code.ts';
import { openGrid } from '../grid.ts';
import type { Scope } from '../scope.ts';
import {
  batchOf,
  belowEveryWeight,
  defineOperands,
  defineSeenColumns,
  defineStore,
  defineWeight,
  foursOfTile,
} from './operands.ts';

interface Plan {
  readonly kernel: StreamKernel;
  readonly threads: number;
  /** Threads that share a row. */
  readonly slices: number;
  /** Rows of a workgroup. */
  readonly rows: number;
  /** Columns of a tile. */
  readonly columns: number;
  /** First arguments of calls: `batch0, batch1, `. */
  readonly batch: string;
  /** Tiles that the width takes, and fours of each that one thread adds up. */
  readonly chunks: number;
  readonly ownFours: number;
}

/** Elements from one column's fours to the next's: one more, so that threads that read several columns meet different banks. */
const pitch = 17;

export const printStreamRows: Body<StreamKernel> = (shader, kernel, parameters) => {
  const { threads, slices, columns } = parameters as Record<'threads' | 'slices' | 'columns', number>;
  const fours = kernel.width ? foursOfTile(kernel.width) : 0;
  const plan: Plan = {
    kernel,
    threads,
    slices,
    rows: threads / slices,
    columns,
    batch: batchOf(kernel)
      .map(({ name }) => `${name}, `)
      .join(''),
    chunks: kernel.width ? Math.ceil(fixedExtent(kernel.width.extent)! / (4 * fours)) : 0,
    ownFours: Math.ceil(fours / slices),
  };
  shader.workgroupArray('columnTile', 'vec4<f32>', 16, columns * pitch);
  if (kernel.width) shader.workgroupArray('weights', 'f32', 4, columns * plan.rows);
  defineOperands(shader, kernel);
  defineSeenColumns(shader, kernel);
  defineWeight(shader, kernel);
  defineStore(shader, kernel);
  let workgroups: readonly TileCount[] = [];
  shader.main(threads, [], (body) => {
    workgroups = openGrid(body, [
      ...kernel.batch.map(({ extent }, i) => ({ name: `batch${i}`, extent, per: 1 })),
      { name: 'rowTile', extent: kernel.row.extent, per: plan.rows },
    ]);
    open(body, plan);
    byMember(body, kernel, (inner) =>
      inner.block(`for (var column0 = start; column0 < end; column0 += ${columns})`, (block) => {
        block.line(
          `let sees = seen.x < column0 + ${columns} && column0 < seen.y;  // the thread's row, any of these columns`,
        );
        addScores(block, plan);
        if (kernel.width) addValues(block, plan, kernel.width);
        else addLogits(block, plan);
      }),
    );
    if (kernel.width) storeSums(body, plan, fours);
    else storeLogSumExp(body, plan);
  });
  return workgroups;
};

/** The thread's place, the columns that its row sees, those from `start` to `end` that some row of the workgroup sees, and its sums. */
function open(body: Scope, { kernel, rows, slices, batch, chunks, ownFours }: Plan): void {
  const [rowCount, columnCount] = [kernel.row, kernel.column].map(({ extent }) => bound(extentCode(extent), level.sum));
  const differ = dependsOn(kernel.first, kernel.row) || dependsOn(kernel.end, kernel.row);
  body.line(
    `let row0 = rowTile * ${rows};`,
    `let own = i32(local) / ${slices};`,
    `let slice = i32(local) % ${slices};`,
    'let row = row0 + own;',
    `let seen = seenColumns(${batch}row);`,
    `var start = ${columnCount};`,
    'var end = 0;',
    `for (var i = row0; i < min(row0 + ${differ ? rows : 1}, ${rowCount}); i++) {`,
    `  let columns = seenColumns(${batch}i);`,
    '  if (columns.x < columns.y) { start = min(start, columns.x); end = max(end, columns.y); }',
    '}',
  );
  if (chunks > 0) body.line(`var sums: array<vec4<f32>, ${chunks * ownFours}>;`);
  else body.line(`var largest = ${belowEveryWeight};`, 'var total = 0.0;');
}

function byMember(body: Scope, { member }: StreamKernel, build: (inner: Scope) => void): void {
  const count = extentCode(member.extent);
  if (count.text === '1') {
    body.line('let member = 0;');
    build(body);
  } else body.block(`for (var member = 0; member < ${bound(count, level.sum)}; member++)`, build);
}

/** Lines that fill the tile with `read` of its columns, the first four along the other axis being at `first`. */
function loadTile({ columns, threads, batch }: Plan, read: string, fours: number, first: string): string[] {
  return [
    `for (var i = i32(local); i < ${columns * fours}; i += ${threads}) {`,
    `  columnTile[i / ${fours} * ${pitch} + i % ${fours}] = ${read}(${batch}member, column0 + i / ${fours}, ${first} + i % ${fours} * 4);`,
    '}',
    'workgroupBarrier();',
  ];
}

/** score0, score1: the products of the thread's row and its columns of the tile. */
function addScores(body: Scope, plan: Plan): void {
  const { kernel, columns, slices, batch } = plan;
  const own = columns / slices;
  for (const [i, { depth }] of kernel.scores.entries()) {
    const fours = foursOfTile(depth);
    body.line(`var score${i}: array<f32, ${own}>;`, `for (var j = 0; j < ${own}; j++) { score${i}[j] = 0.0; }`);
    const end = bound(extentCode(depth.extent), level.sum);
    body.block(`for (var depth0 = 0; depth0 < ${end}; depth0 += ${4 * fours})`, (inner) =>
      inner.line(
        ...loadTile(plan, `right${i}`, fours, 'depth0'),
        `for (var d = 0; d < select(0, ${foursLeft(depth, fours, 'depth0')}, sees); d++) {`,
        `  let four = left${i}(${batch}member, row, depth0 + d * 4);`,
        `  for (var j = 0; j < ${own}; j++) { score${i}[j] += dot(four, columnTile[(slice + j * ${slices}) * ${pitch} + d]); }`,
        '}',
        'workgroupBarrier();',
      ),
    );
  }
}

/** How many fours of the tile lie within the axis. */
function foursLeft({ extent }: Axis, fours: number, first: string): string {
  const whole = extent.terms.every(({ coefficient }) => coefficient % (4 * fours) === 0);
  const single = (fixedExtent(extent) ?? Number.POSITIVE_INFINITY) <= 4 * fours;
  return whole || single ? `${fours}` : `min(${fours}, (${extentCode(extent).text} - ${first} + 3) / 4)`;
}

/** The weight of the thread's j-th column of the tile. */
function weightOf({ kernel, batch, slices }: Plan): string {
  const scores = kernel.scores.map((_, i) => `score${i}[j]`).join(', ');
  return `weight(${batch}member, row, column0 + slice + j * ${slices}, seen, ${scores})`;
}

/** sums += weights · values, a tile of the width after another. */
function addValues(body: Scope, plan: Plan, width: Axis): void {
  const { columns, slices, rows, chunks, ownFours } = plan;
  const fours = foursOfTile(width);
  body.line(
    `for (var j = 0; j < ${columns / slices}; j++) { weights[(slice + j * ${slices}) * ${rows} + own] = ${weightOf(plan)}; }`,
    `let lastSeen = min(${columns}, seen.y - column0);`,
  );
  body.block(`for (var chunk = 0; chunk < ${chunks}; chunk++)`, (inner) =>
    inner.line(
      ...loadTile(plan, 'value', fours, `chunk * ${4 * fours}`),
      'for (var c = max(0, seen.x - column0); c < lastSeen; c++) {',
      `  let share = weights[c * ${rows} + own];`,
      `  for (var i = 0; i < ${ownFours}; i++) { sums[chunk * ${ownFours} + i] += share * columnTile[c * ${pitch} + slice + i * ${slices}]; }`,
      '}',
      'workgroupBarrier();',
    ),
  );
}

function storeSums(body: Scope, { chunks, ownFours, slices, batch }: Plan, fours: number): void {
  body.block(`for (var chunk = 0; chunk < ${chunks}; chunk++)`, (inner) => {
    inner.block(`for (var i = 0; i < ${ownFours}; i++)`, (each) => {
      each.line(`let four = slice + i * ${slices};`);
      const store = `store(${batch}row, (chunk * ${fours} + four) * 4, sums[chunk * ${ownFours} + i]);`;
      each.line(fours % slices === 0 ? store : `if (four < ${fours}) { ${store} }`);
    });
  });
}

/** Rescales the total to the largest weight so far. */
function addLogits(body: Scope, plan: Plan): void {
  const own = plan.columns / plan.slices;
  body.shader.use('exponential');
  body.line(
    'let before = largest;',
    `for (var j = 0; j < ${own}; j++) {`,
    `  score0[j] = ${weightOf(plan)};`,
    '  largest = max(largest, score0[j]);',
    '}',
    'total *= exponential(before - largest);',
    `for (var j = 0; j < ${own}; j++) {`,
    `  total += select(exponential(score0[j] - largest), 0.0, score0[j] == ${belowEveryWeight});`,
    '}',
  );
}

/** The first thread of a row joins what the others have seen. */
function storeLogSumExp(body: Scope, { slices, batch }: Plan): void {
  body.shader.use('exponential');
  body.shader.use('logarithm');
  body.line(
    'columnTile[local] = vec4<f32>(largest, total, 0.0, 0.0);',
    'workgroupBarrier();',
    'if (slice != 0) { return; }',
    `for (var i = 1u; i < ${slices}u; i++) {`,
    '  let other = columnTile[local + i];',
    '  let before = largest;',
    '  largest = max(largest, other.x);',
    '  total = total * exponential(before - largest) + other.y * exponential(other.x - largest);',
    '}',
    `storeOne(${batch}row, largest + logarithm(total));`,
  );
}
