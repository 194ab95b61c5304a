/** What is decided before an attention kernel is printed, and the locals that its function begins with. */
import type { Extent } from '../../dsl/extent.ts';
import type { AssemblyTarget, AttentionKernel, Variant } from '../ir.ts';
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

export interface AttentionPlan {
  readonly kernel: AttentionKernel;
  readonly shape: TileShape;
  readonly width: number;
  readonly valueWidth: number;
  /** Floats from one row of sums to the next: whole panels. */
  readonly sumsWidth: number;
  readonly blockQueries: number;
  readonly blockKeys: number;
  readonly q: SourceOperand;
  readonly k: SourceOperand;
  readonly v: SourceOperand;
  /** When keys and values are streamed. */
  readonly few: Few;
}

/** Names of locals of the printed function. */
export interface AttentionLocals extends Workspace {
  readonly rows: string;
  readonly firstQuery: string;
  /** Keys from here on are hidden from every query of the block. */
  readonly lastKey: string;
  /** Room for queries that are not read in place. */
  readonly queries: string;
  readonly scores: string;
  readonly sums: string;
  readonly states: string;
  readonly panel: string;
}

export function planAttention(
  emitter: Emitter,
  kernel: AttentionKernel,
  { parameters }: Variant<AssemblyTarget>,
): AttentionPlan {
  const shape = tileShape(emitter.context.target);
  const { query, key, width, valueWidth } = kernel;
  const k = sourceOperand(emitter, { value: kernel.k, index: key, depth: width });
  const v = sourceOperand(emitter, { value: kernel.v, index: valueWidth, depth: key });
  const values = fixedSize(kernel, 'head width', valueWidth);
  return {
    kernel,
    shape,
    width: fixedSize(kernel, 'head width', width),
    valueWidth: values,
    sumsWidth: Math.ceil(values / shape.columns) * shape.columns,
    blockQueries: blockLimit(query.extent, parameters.blockQueries!, shape.rows),
    blockKeys: blockLimit(key.extent, parameters.blockKeys!, shape.columns),
    q: sourceOperand(emitter, { value: kernel.q, index: query, depth: width }),
    k,
    v,
    few: fewOf(query.extent, isStreamable(k) && isStreamable(v)),
  };
}

export function printTileOfWork(emitter: Emitter, plan: AttentionPlan): [AttentionLocals, number] {
  const { kernel, shape, blockQueries } = plan;
  const queries = kernel.query.extent;
  const blocks = emitter.bind(printBlockCount(emitter, queries, blockQueries), 'queryBlocks');
  const block = emitter.bind(printEvenBlock(emitter, queries, blockQueries, shape.rows), 'queryBlock');
  const heads = emitter.extent(kernel.head.extent);
  defineAxis(emitter, kernel.batch, `tile / (${blocks} * ${heads})`);
  defineAxis(emitter, kernel.head, `tile / ${blocks} % ${heads}`);
  const firstQuery = emitter.bind(`tile % ${blocks} * ${block}`, 'firstQuery');
  const rows = emitter.bind(`min(${block}, ${emitter.extent(queries)} - ${firstQuery})`, 'rows');
  const lastKey = printLastKey(emitter, kernel, firstQuery, rows);
  const scratch = new ScratchLayout(emitter);
  const regions = printRegions(scratch, plan);
  return [{ rows, firstQuery, lastKey, ...regions }, scratch.bytes];
}

function printLastKey(emitter: Emitter, kernel: AttentionKernel, firstQuery: string, rows: string): string {
  let last = emitter.extent(kernel.key.extent);
  if (kernel.keyLength) last = `min(${last}, ${emitter.value(kernel.keyLength)})`;
  if (kernel.causal) last = `min(${last}, ${firstVisible(emitter, kernel)} + ${firstQuery} + ${rows})`;
  return emitter.bind(last, 'lastKey');
}

/** How many keys are there before the first query, as causality sees it. */
export function firstVisible(emitter: Emitter, { key, query }: AttentionKernel): string {
  const text = (extent: Extent): string => emitter.extent(extent);
  return `${text(key.extent)} - ${text(query.extent)}`;
}

type Regions = Omit<AttentionLocals, 'rows' | 'firstQuery' | 'lastKey'>;

function printRegions(
  scratch: ScratchLayout,
  { shape, width, sumsWidth, blockQueries, blockKeys, q, k, v, few }: AttentionPlan,
): Regions {
  const deepest = Math.max(width, blockKeys);
  const sources = [q, k, v];
  const tiles = few !== 'always';
  return {
    queries: runsAlongDepth(q) ? '' : scratch.region('queries', blockQueries * width * 4),
    scores: scratch.region('scores', blockQueries * blockKeys * 4),
    sums: scratch.region('sums', blockQueries * sumsWidth * 4),
    states: scratch.region('states', blockQueries * 8),
    panel: tiles ? scratch.region('panel', shape.columns * deepest * 4) : '',
    stage: [k, v].some(needsStage) ? scratch.region('stage', shape.columns * deepest * 4) : '',
    table: sources.some(needsTable) ? scratch.region('table', deepest * 4) : '',
  };
}
