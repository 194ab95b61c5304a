/** What is decided before a stream kernel is printed, and the locals that its function begins with. */
import { dependsOn } from '../../dsl/scalar.ts';
import type { AssemblyTarget, StreamKernel, Variant } from '../ir.ts';
import { blockLimit, type Few, fewOf, fixedSize, printBlockCount, printEvenBlock, ScratchLayout } from './blocks.ts';
import type { Emitter } from './emitter.ts';
import { runsAlongDepth } from './left.ts';
import {
  defineAxis,
  isStreamable,
  needsStage,
  needsTable,
  type SourceOperand,
  sourceOperand,
  type Workspace,
} from './operand.ts';
import { type TileShape, tileShape } from './tile.ts';

/** One of the products that weights are made of. */
export interface ScorePlan {
  readonly left: SourceOperand;
  readonly right: SourceOperand;
  readonly depth: number;
  /** Whether each member has a left operand of its own. */
  readonly byMember: boolean;
}

export interface ValuePlan {
  readonly operand: SourceOperand;
  readonly width: number;
  /** Floats from one row of sums to the next: whole panels. */
  readonly sumsWidth: number;
}

export interface StreamPlan {
  readonly kernel: StreamKernel;
  readonly shape: TileShape;
  readonly blockRows: number;
  readonly blockColumns: number;
  readonly scores: readonly ScorePlan[];
  /** What is weighed; nothing for a logSumExp. */
  readonly value?: ValuePlan;
  /** When right operands and values are streamed. */
  readonly few: Few;
}

/** Names of locals of the printed function. */
export interface StreamLocals extends Workspace {
  readonly rows: string;
  readonly firstRow: string;
  /** The columns that each row sees, that each register tile of rows sees, and that all of them see (visibility.ts). */
  readonly seenByRow: string;
  readonly seenByTile: string;
  readonly seen: string;
  /** One for each score: room for a left operand that is not read in place; and the scores. */
  readonly lefts: readonly string[];
  readonly scores: readonly string[];
  readonly sums: string;
  /** Of a logSumExp: the largest weight so far and the total, for each row. */
  readonly states: string;
  readonly panel: string;
}

export function planStream(
  emitter: Emitter,
  kernel: StreamKernel,
  { parameters }: Variant<AssemblyTarget>,
): StreamPlan {
  const shape = tileShape(emitter.context.target);
  const { row, column, member } = kernel;
  const scores = kernel.scores.map(
    ({ depth, left, right }): ScorePlan => ({
      left: sourceOperand(emitter, { value: left, index: row, depth }),
      right: sourceOperand(emitter, { value: right, index: column, depth }),
      depth: fixedSize(kernel, 'depth', depth),
      byMember: dependsOn(left, member),
    }),
  );
  const value = planValue(emitter, kernel, shape);
  const rights = [...scores.map(({ right }) => right), ...(value ? [value.operand] : [])];
  return {
    kernel,
    shape,
    blockRows: blockLimit(row.extent, parameters.blockRows!, shape.rows),
    blockColumns: blockLimit(column.extent, parameters.blockColumns!, shape.columns),
    scores,
    ...(value && { value }),
    few: fewOf(row.extent, rights.every(isStreamable)),
  };
}

function planValue(emitter: Emitter, kernel: StreamKernel, shape: TileShape): ValuePlan | undefined {
  const { value, width: along, column } = kernel;
  if (!value || !along) return undefined;
  const width = fixedSize(kernel, 'width', along);
  return {
    operand: sourceOperand(emitter, { value, index: along, depth: column }),
    width,
    sumsWidth: Math.ceil(width / shape.columns) * shape.columns,
  };
}

export function printTileOfWork(emitter: Emitter, plan: StreamPlan): [StreamLocals, number] {
  const { kernel, shape, blockRows } = plan;
  const { extent } = kernel.row;
  const blocks = emitter.bind(printBlockCount(emitter, extent, blockRows), 'rowBlocks');
  const block = emitter.bind(printEvenBlock(emitter, extent, blockRows, shape.rows), 'rowBlock');
  printBatch(emitter, plan, `tile / ${blocks}`);
  const firstRow = emitter.bind(`tile % ${blocks} * ${block}`, 'firstRow');
  const rows = emitter.bind(`min(${block}, ${emitter.extent(extent)} - ${firstRow})`, 'rows');
  const scratch = new ScratchLayout(emitter);
  const regions = printRegions(scratch, plan);
  return [{ rows, firstRow, ...regions }, scratch.bytes];
}

/** The index along each dimension of the batch, from that of the entry; the last one runs fastest. */
function printBatch(emitter: Emitter, { kernel }: StreamPlan, entry: string): void {
  let rest = entry;
  for (const [i, axis] of [...kernel.batch.entries()].reverse()) {
    if (i === 0) return defineAxis(emitter, axis, rest);
    const index = emitter.bind(rest, 'entry');
    const size = emitter.extent(axis.extent);
    defineAxis(emitter, axis, `${index} % ${size}`);
    rest = `${index} / ${size}`;
  }
}

type Regions = Omit<StreamLocals, 'rows' | 'firstRow'>;

function printRegions(scratch: ScratchLayout, plan: StreamPlan): Regions {
  const { shape, blockRows, blockColumns, scores, value, few } = plan;
  const block = blockRows * blockColumns * 4;
  const deepest = Math.max(blockColumns, ...scores.map(({ depth }) => depth));
  const rights = [...scores.map(({ right }) => right), ...(value ? [value.operand] : [])];
  const sources = [...scores.map(({ left }) => left), ...rights];
  const tiles = few !== 'always';
  return {
    seenByRow: scratch.region('seenByRow', blockRows * 8),
    seenByTile: scratch.region('seenByTile', Math.ceil(blockRows / shape.rows) * 8),
    seen: scratch.region('seen', 8),
    lefts: scores.map(({ left, depth }) => (runsAlongDepth(left) ? '' : scratch.region('left', blockRows * depth * 4))),
    scores: scores.map(() => scratch.region('scores', block)),
    sums: value ? scratch.region('sums', blockRows * value.sumsWidth * 4) : '',
    states: value ? '' : scratch.region('states', blockRows * 8),
    panel: tiles ? scratch.region('panel', shape.columns * deepest * 4) : '',
    stage: rights.some(needsStage) ? scratch.region('stage', shape.columns * deepest * 4) : '',
    table: sources.some(needsTable) ? scratch.region('table', deepest * 4) : '',
  };
}
