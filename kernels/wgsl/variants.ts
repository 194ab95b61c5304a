/** All tuned ways to carry out kernels, in one table: the first row that fits a kernel is used, unless another is forced. */
import { fixedExtent } from '../../dsl/extent.ts';
import { type Scalar, within } from '../../dsl/scalar.ts';
import type { AttentionKernel, ContractKernel, MapKernel, RowKernel, SelectKernel, StreamKernel } from '../ir.ts';
import { foursOf } from './attention/operands.ts';
import { keysOfTile, printAttentionRows } from './attention/rows.ts';
import { printAttentionSplit } from './attention/split.ts';
import { printDirect } from './contract/direct.ts';
import { isContiguous, rightOperand } from './contract/operands.ts';
import { printRows, runsByFours } from './contract/rows.ts';
import { loadsByFours, printTiled, tiledThreads } from './contract/tiled.ts';
import { fitsFourLanes } from './lanes.ts';
import { printMap } from './map.ts';
import { printRow, splitWrites } from './row.ts';
import { printLargest } from './select/largest.ts';
import { printSample } from './select/sample.ts';
import { printStreamRows } from './stream/rows.ts';
import { largest, type Row, rowsOf, type WgslContext, type WgslVariant } from './variant.ts';

// ---------------------------------------------------------------- map

const mapRows = rowsOf<MapKernel>('map', [
  {
    name: 'fours',
    parameters: { threads: 64, lanes: 4 },
    reason: 'four neighbouring elements a thread: a quarter of the loads, stores and index arithmetic',
    print: printMap,
    unable: ({ axes, writes }) => {
      const inner = axes.at(-1);
      const fits =
        inner &&
        fitsFourLanes(
          inner,
          writes.map(({ value }) => value),
          writes.map(({ offset }) => offset),
        );
      return fits ? undefined : 'not everything is read and written by fours along the last axis';
    },
  },
  {
    name: 'single',
    parameters: { threads: 64, lanes: 1 },
    reason: 'an element a thread: right for any expression',
    print: printMap,
  },
]);

// ---------------------------------------------------------------- row

function rowByFours(kernel: RowKernel): string | undefined {
  const { along, reductions } = kernel;
  const { eachElement } = splitWrites(kernel);
  const values = [...reductions.map(({ value }) => value), ...eachElement.map(({ value }) => value)];
  const fits = fitsFourLanes(
    along,
    values,
    eachElement.map(({ offset }) => offset),
  );
  return fits ? undefined : `not everything is read and written by fours along ${along.name}`;
}

/** Whether neighbours in memory belong to neighbouring rows in all that is reduced. */
function runsAcrossRows({ row, along, reductions }: RowKernel): boolean {
  const values: Scalar[] = reductions
    .map(({ value }) => value)
    .filter((value) => [...within(value)].some((x) => x.key === along.key));
  return values.length > 0 && values.every((value) => isContiguous(value, row) && !isContiguous(value, along));
}

/** One workgroup for each row, in ways that differ in width, threads and how they add up. */
const workgroupRows = [
  { subgroups: 1, lanes: 4 },
  { subgroups: 1, lanes: 1 },
  { subgroups: 0, lanes: 4 },
  { subgroups: 0, lanes: 1 },
].flatMap(({ subgroups, lanes }) =>
  [64, 256].map((threads): Row<RowKernel> => {
    const base = subgroups === 1 ? (lanes === 4 ? 'subgroupFours' : 'subgroup') : lanes === 4 ? 'fours' : 'tree';
    return {
      name: threads === 64 ? base : `${base}Long`,
      parameters: { threads, rows: 1, lanes, subgroups },
      reason: [
        'a workgroup for each row',
        threads === 64 ? 'few threads where each has a few elements only' : 'many threads for a long row',
        subgroups === 1 ? 'subgroups add up without workgroup memory' : 'a tree in workgroup memory adds up',
        lanes === 4 ? 'loads by fours' : 'loads one by one',
      ].join('; '),
      print: printRow,
      unable: lanes === 4 ? rowByFours : () => undefined,
      // Up to eight rounds: beyond, more threads hide the memory's latency better.
      suits: (kernel, context) => threads === 256 || largest(kernel.along.extent, context) <= 8 * threads * lanes,
    };
  }),
);

const rowRows = rowsOf<RowKernel>('row', [
  {
    name: 'columns',
    parameters: { threads: 256, rows: 32, lanes: 1, subgroups: 0 },
    reason: 'memory runs across rows: 32 neighbouring rows a workgroup, eight threads each',
    print: printRow,
    suits: (kernel, context) => runsAcrossRows(kernel) && largest(kernel.along.extent, context) > 32,
  },
  {
    name: 'serial',
    parameters: { threads: 64, rows: 64, lanes: 1, subgroups: 0 },
    reason: 'short rows: a thread each, nothing to wait for',
    print: printRow,
    suits: (kernel, context) => largest(kernel.along.extent, context) <= 32,
  },
  ...workgroupRows,
]);

// ---------------------------------------------------------------- contract

/** A few left rows a workgroup, in ways that differ in how many, how wide, and how they add up. */
const fewRows = [1, 4].flatMap((rows) =>
  [
    { subgroups: 1, lanes: 4 },
    { subgroups: 0, lanes: 4 },
    { subgroups: 1, lanes: 1 },
    { subgroups: 0, lanes: 1 },
  ].map(
    ({ subgroups, lanes }): Row<ContractKernel> => ({
      name: `${rows === 1 ? 'row' : 'fewRows'}${subgroups === 1 ? 'Subgroup' : ''}${lanes === 4 ? 'Fours' : ''}`,
      parameters: { threads: 64, rows, lanes, subgroups },
      reason: [
        rows === 1
          ? 'a single row, as in decoding: bound by reading the right operand once'
          : 'few rows: the right operand is read once for four of them',
        subgroups === 1 ? 'subgroups add up' : 'a tree adds up',
        lanes === 4 ? 'loads by fours' : 'loads one by one',
      ].join('; '),
      print: printRows,
      unable: (kernel) =>
        lanes === 4 && !runsByFours(kernel) ? 'not both operands are read by fours along k' : undefined,
      suits: (kernel, context) =>
        largest(kernel.m.extent, context) <= (rows === 1 ? 1 : 8) && isContiguous(rightOperand(kernel), kernel.k),
    }),
  ),
);

const contractRows = rowsOf<ContractKernel>('contract', [
  ...fewRows,
  {
    name: 'direct',
    parameters: { threads: 64 },
    reason: 'an extent so small that most of a tile would be empty: a thread for each result',
    print: printDirect,
    suits: ({ m, n, k }, context) => [m, n, k].some(({ extent }) => largest(extent, context) <= 8),
  },
  {
    name: 'tiledFours',
    parameters: { threads: tiledThreads, lanes: 4, f16: 0 },
    reason: 'tiles of 32 × 32 × 32 in workgroup memory, 4 × 4 results a thread, loaded by fours',
    print: printTiled,
    unable: (kernel) =>
      loadsByFours(kernel) ? undefined : 'an operand can be read by fours neither along k nor along its rows',
  },
  {
    name: 'tiled',
    parameters: { threads: tiledThreads, lanes: 1, f16: 0 },
    reason: 'the same tiles loaded one by one: right for any strides and sizes',
    print: printTiled,
  },
  {
    name: 'tiledHalf',
    parameters: { threads: tiledThreads, lanes: 1, f16: 1 },
    reason:
      'tiles in f16, sums in f32: half the workgroup memory, but operands lose digits, so that it is used when asked for alone',
    print: printTiled,
    suits: () => false,
  },
]);

// ---------------------------------------------------------------- attention

function fixedWidths({ width, valueWidth }: AttentionKernel): string | undefined {
  return foursOf(width) === undefined || foursOf(valueWidth) === undefined
    ? 'it needs head widths that are fixed'
    : undefined;
}

function rowsUnable(kernel: AttentionKernel, context: WgslContext): string | undefined {
  return (
    fixedWidths(kernel) ??
    (keysOfTile(kernel, context) < 1 ? 'not even one key and value fit into workgroup memory' : undefined)
  );
}

const attentionRows = rowsOf<AttentionKernel>('attention', [
  ...[1, 0].map(
    (subgroups): Row<AttentionKernel> => ({
      name: subgroups === 1 ? 'splitSubgroup' : 'split',
      parameters: { threads: 64, subgroups },
      reason: `few queries, as in decoding: a workgroup for each, split over its keys; ${subgroups === 1 ? 'subgroups add up' : 'a tree adds up'}`,
      print: printAttentionSplit,
      unable: fixedWidths,
      suits: (kernel, context) =>
        largest(kernel.query.extent, context) <= 4 || rowsUnable(kernel, context) !== undefined,
    }),
  ),
  {
    name: 'rows',
    parameters: { threads: 64 },
    reason: 'many queries: one a thread, keys and values shared through workgroup memory',
    print: printAttentionRows,
    unable: rowsUnable,
  },
]);

// ---------------------------------------------------------------- stream

const streamRows = rowsOf<StreamKernel>('stream', [
  {
    name: 'rows',
    parameters: { threads: 128, slices: 4, columns: 32 },
    reason:
      'four threads a row, right operands and values shared through workgroup memory: a body that drivers compile fast',
    print: printStreamRows,
    unable: ({ width }) =>
      width && fixedExtent(width.extent) === undefined ? 'it needs a width that is fixed' : undefined,
  },
]);

// ---------------------------------------------------------------- select

const selectRows = rowsOf<SelectKernel>('select', [
  {
    name: 'largest',
    parameters: { threads: 256 },
    reason: 'argmax and top-k: a workgroup looks for the largest, then the next largest; k is small',
    print: printLargest,
    unable: ({ selection }) => (selection.op === 'sample' ? 'it cannot sample' : undefined),
  },
  {
    name: 'sample',
    parameters: { threads: 256 },
    reason: 'sampling: thresholds found by counting, no sorting',
    print: printSample,
    unable: ({ selection }) => (selection.op === 'sample' ? undefined : `it cannot ${selection.op}`),
  },
]);

/** Every variant, in order of preference within its kind. */
export const wgslVariants: readonly WgslVariant[] = [
  ...mapRows,
  ...rowRows,
  ...contractRows,
  ...attentionRows,
  ...streamRows,
  ...selectRows,
];
