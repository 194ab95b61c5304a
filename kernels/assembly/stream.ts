/**
 * Sums whose weights are functions of products that are never stored (attention's gradients, contrastive losses). One tile of work
 * is a block of rows of one batch entry; columns come in blocks:
 *
 *                 blockColumns                            for each member, for each block of columns that a row of the block sees:
 *               ┌──────────────┐                            scores  = left · rightᵀ, one or two of them   (register tile)
 *    blockRows  │   scores,    │   ┌───────┐                weights = a function of scores and scalars, row by row, 0 where
 *               │   weights    │ · │ values│ → sums                   a row does not see the column     (stream-weights.ts)
 *               └──────────────┘   └───────┘                sums   += weights · values                   (register tile)
 *                                                         then sums → writes
 *
 * A logSumExp keeps a largest weight and a total for each row in place of sums. A register tile none of whose rows sees any of its
 * columns is not computed, and sums run over the columns that a tile's rows see: causality halves the work.
 * Up to 3 rows read the right operands and the values once, where they lie, when these run along depth or width.
 * The blocks' sizes are attention's (attention.ts).
 */
import { fixedExtent } from '../../dsl/extent.ts';
import { accumulator } from '../../dsl/scalar.ts';
import type { AssemblyTarget, StreamKernel, Variant } from '../ir.ts';
import { printByRows } from './blocks.ts';
import { Emitter, type PrintContext, type PrintedKernel } from './emitter.ts';
import { countWrites, printResults } from './epilogue.ts';
import { type LeftForms, type LeftRows, plainRows, printLeftForms } from './left.ts';
import { scalarMode } from './mode.ts';
import { type Block, defineAxis, printStreamed } from './operand.ts';
import { type PanelProduct, printTiledProduct } from './panels.ts';
import { printWrites } from './span.ts';
import {
  planStream,
  printTileOfWork,
  type ScorePlan,
  type StreamLocals,
  type StreamPlan,
  type ValuePlan,
} from './stream-plan.ts';
import { type ColumnBlock, printSeen, printWeights } from './stream-weights.ts';

export function printStream(
  kernel: StreamKernel,
  context: PrintContext,
  variant: Variant<AssemblyTarget>,
): PrintedKernel {
  const emitter = new Emitter(kernel, context);
  const plan = planStream(emitter, kernel, variant);
  const [locals, scratchBytes] = printTileOfWork(emitter, plan);
  printMembers(emitter, plan, locals, printStart(emitter, plan, locals));
  printEpilogue(emitter, plan, locals);
  return emitter.finish({
    variant: variant.name,
    tiles: [
      ...kernel.batch.map(({ extent }) => ({ extent, per: 1 })),
      { extent: kernel.row.extent, per: plan.blockRows },
    ],
    scratchBytes,
  });
}

// ---------------------------------------------------------------- the products

/** The left operand of each score, once it is there. */
type Lefts = readonly (LeftForms | undefined)[];

/** What rows see, sums or states at the start, and the left operands that all members share. */
function printStart(emitter: Emitter, plan: StreamPlan, locals: StreamLocals): Lefts {
  printSeen(emitter, plan, locals);
  const { rows, sums, states } = locals;
  if (plan.value) emitter.line(`memory.fill(${sums}, 0, ${rows} * ${plan.value.sumsWidth * 4});`);
  else {
    const r = emitter.name('r');
    emitter.block(`for (let ${r} = 0; ${r} < ${rows}; ${r}++)`, () => {
      emitter.line(`store<f32>(${states} + (${r} << 3), -Infinity);`);
      emitter.line(`store<f32>(${states} + (${r} << 3), 0, 4);`);
    });
  }
  return printLefts(emitter, plan, locals, false);
}

/** The left operands that differ between members, or those that do not, as both bodies want them; of the others, what there is. */
function printLefts(
  emitter: Emitter,
  plan: StreamPlan,
  locals: StreamLocals,
  byMember: boolean,
  others: Lefts = [],
): Lefts {
  const { rows, firstRow, lefts } = locals;
  return plan.scores.map(({ left, depth, ...score }, i) => {
    if (score.byMember !== byMember) return others[i];
    const block: Block = { first: firstRow, count: rows, start: '0', depth: `${depth}` };
    const room = { to: lefts[i]!, width: plan.shape.rows, workspace: locals };
    return printLeftForms(emitter, left, block, plan.few, room);
  });
}

function printMembers(emitter: Emitter, plan: StreamPlan, locals: StreamLocals, shared: Lefts): void {
  const { member } = plan.kernel;
  const body = (): void => printColumnBlocks(emitter, plan, locals, printLefts(emitter, plan, locals, true, shared));
  if (fixedExtent(member.extent) !== 1)
    return emitter.loop(member, '0', emitter.extent(member.extent), body, { guard: true });
  emitter.define(member, '0');
  body();
}

function printColumnBlocks(emitter: Emitter, plan: StreamPlan, locals: StreamLocals, lefts: Lefts): void {
  const { shape, blockColumns, value } = plan;
  const { rows, seen, scores } = locals;
  const lastColumn = emitter.bind(`load<i32>(${seen}, 4)`, 'lastColumn');
  const start = emitter.bind(`load<i32>(${seen})`, 'start');
  const limit = emitter.bind(
    `${emitter.use('evenBlock')}(${lastColumn} - ${start}, ${blockColumns}, ${shape.columns})`,
    'columnBlock',
  );
  const first = emitter.name('firstColumn');
  emitter.block(
    `for (let ${first} = ${start}; ${first} < ${lastColumn}; ${first} += ${limit})`,
    () => {
      const columns = emitter.bind(`min(${limit}, ${lastColumn} - ${first})`, 'columns');
      const block: ColumnBlock = { first, columns };
      plan.scores.forEach((score, i) => {
        emitter.line(`memory.fill(${scores[i]}, 0, ${rows} * ${blockColumns * 4});`);
        printByRows(emitter, plan.few, rows, {
          few: () => streamScores(emitter, plan, score, locals, i, lefts[i]!.few, block),
          many: () => tileScores(emitter, plan, score, locals, i, lefts[i]!.many, block),
        });
      });
      printWeights(emitter, plan, locals, block);
      if (!value) return;
      printByRows(emitter, plan.few, rows, {
        few: () => streamSums(emitter, plan, locals, block),
        many: () => tileSums(emitter, plan, locals, block),
      });
    },
    { guard: true },
  );
}

const valueBlock = ({ width }: ValuePlan, { first, columns }: ColumnBlock): Block => ({
  first: '0',
  count: `${width}`,
  start: first,
  depth: columns,
});

const scoreBlock = ({ depth }: ScorePlan, { first, columns }: ColumnBlock): Block => ({
  first,
  count: columns,
  start: '0',
  depth: `${depth}`,
});

function streamScores(
  emitter: Emitter,
  { blockColumns }: StreamPlan,
  score: ScorePlan,
  { rows, scores }: StreamLocals,
  i: number,
  { from, apart }: LeftRows,
  block: ColumnBlock,
): void {
  const left = `${from}, ${apart}`;
  printStreamed(emitter, score.right, scoreBlock(score, block), rows, left, `${scores[i]}, ${blockColumns * 4}`);
}

function streamSums(
  emitter: Emitter,
  { blockColumns, value }: StreamPlan,
  { rows, scores, sums }: StreamLocals,
  block: ColumnBlock,
): void {
  const weights = `${scores[0]}, ${blockColumns * 4}`;
  printStreamed(emitter, value!.operand, valueBlock(value!, block), rows, weights, `${sums}, ${value!.sumsWidth * 4}`);
}

function tileScores(
  emitter: Emitter,
  { shape, blockColumns }: StreamPlan,
  score: ScorePlan,
  locals: StreamLocals,
  i: number,
  left: LeftRows,
  block: ColumnBlock,
): void {
  const { rows, scores, seenByTile } = locals;
  const product = { rows, left, result: scores[i]!, stride: blockColumns * 4 };
  printTiledProduct(emitter, shape, score.right, scoreBlock(score, block), locals, product, (panel, first, count) => {
    const seen = `${seenByTile}, ${first}, ${first} + ${count}`;
    emitter.line(`${emitter.use('multiplyVisible')}(${operandsOf(panel)}, ${seen});`);
  });
}

function tileSums(emitter: Emitter, plan: StreamPlan, locals: StreamLocals, block: ColumnBlock): void {
  const { shape, blockColumns, value } = plan;
  const { rows, scores, sums, seenByTile } = locals;
  const { operand, sumsWidth } = value!;
  const product = { rows, left: plainRows(scores[0]!, `${blockColumns * 4}`), result: sums, stride: sumsWidth * 4 };
  printTiledProduct(emitter, shape, operand, valueBlock(value!, block), locals, product, (panel) => {
    emitter.line(`${emitter.use('multiplyVisibleDepth')}(${operandsOf(panel)}, ${seenByTile}, ${block.first});`);
  });
}

/** What both functions of visibility.ts begin with. */
function operandsOf({ rows, depth, left, panel, result, stride }: PanelProduct): string {
  const { from, perRow, apart, step } = left;
  return `${rows}, ${depth}, ${from}, ${perRow}, ${apart}, ${step}, ${panel}, ${result}, ${stride}`;
}

// ---------------------------------------------------------------- the epilogue

function printEpilogue(emitter: Emitter, { kernel, value }: StreamPlan, locals: StreamLocals): void {
  countWrites(emitter, kernel);
  const { rows, firstRow, sums, states } = locals;
  const r = emitter.name('r');
  emitter.block(`for (let ${r} = 0; ${r} < ${rows}; ${r}++)`, () => {
    defineAxis(emitter, kernel.row, `${firstRow} + ${r}`);
    if (value) {
      const address = emitter.bind(`${sums} + ${r} * ${value.sumsWidth * 4}`, 'row', 'usize');
      printResults(emitter, kernel, { along: value.operand.index, from: '0', to: `${value.width}`, address });
      return;
    }
    const state = emitter.bind(`${states} + (${r} << 3)`, 'state', 'usize');
    const total = `${emitter.use('log_f32')}(load<f32>(${state}, 4))`;
    emitter.define(accumulator, emitter.bind(`load<f32>(${state}) + ${total}`, 'logSumExp'));
    printWrites(emitter, kernel.writes, [scalarMode]);
  });
}
