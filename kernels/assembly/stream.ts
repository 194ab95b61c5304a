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
import { scalarMode } from './mode.ts';
import { type Block, defineAxis, printPanels, printRows, printStreamed, printTable } from './operand.ts';
import { printTiledProduct } from './panels.ts';
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
  printStart(emitter, plan, locals);
  printMembers(emitter, plan, locals);
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

/** What rows see, sums or states at the start, and the left operands that all members share. */
function printStart(emitter: Emitter, plan: StreamPlan, locals: StreamLocals): void {
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
  printLefts(emitter, plan, locals, false);
}

/** The left operands that differ between members, or those that do not, as both bodies want them. */
function printLefts(emitter: Emitter, plan: StreamPlan, locals: StreamLocals, byMember: boolean): void {
  const { rows, firstRow, lefts } = locals;
  plan.scores.forEach(({ left, depth, ...score }, i) => {
    if (score.byMember !== byMember) return;
    const block: Block = { first: firstRow, count: rows, start: '0', depth: `${depth}` };
    printTable(emitter, left, block, locals);
    printByRows(emitter, plan.few, rows, {
      few: () => printRows(emitter, left, block, lefts[i]!, locals),
      many: () => printPanels(emitter, left, block, lefts[i]!, plan.shape.rows, locals),
    });
  });
}

function printMembers(emitter: Emitter, plan: StreamPlan, locals: StreamLocals): void {
  const { member } = plan.kernel;
  const body = (): void => {
    printLefts(emitter, plan, locals, true);
    printColumnBlocks(emitter, plan, locals);
  };
  if (fixedExtent(member.extent) !== 1)
    return emitter.loop(member, '0', emitter.extent(member.extent), body, { guard: true });
  emitter.define(member, '0');
  body();
}

function printColumnBlocks(emitter: Emitter, plan: StreamPlan, locals: StreamLocals): void {
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
          few: () => streamScores(emitter, plan, score, locals, i, block),
          many: () => tileScores(emitter, plan, score, locals, i, block),
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
  { rows, lefts, scores }: StreamLocals,
  i: number,
  block: ColumnBlock,
): void {
  const left = `${lefts[i]}, ${score.depth * 4}`;
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
  block: ColumnBlock,
): void {
  const { rows, lefts, scores, seenByTile } = locals;
  const product = { rows, left: lefts[i]!, result: scores[i]!, stride: blockColumns * 4 };
  printTiledProduct(emitter, shape, score.right, scoreBlock(score, block), locals, product, (panel, first, count) => {
    const { depth, left, result, stride } = panel;
    const operands = `${rows}, ${depth}, ${left}, ${panel.panel}, ${result}, ${stride}`;
    emitter.line(`${emitter.use('multiplyVisible')}(${operands}, ${seenByTile}, ${first}, ${first} + ${count});`);
  });
}

function tileSums(emitter: Emitter, plan: StreamPlan, locals: StreamLocals, block: ColumnBlock): void {
  const { shape, blockColumns, value } = plan;
  const { rows, weights, scores, sums, seenByTile } = locals;
  const { operand, sumsWidth } = value!;
  const pack = emitter.use('packRows');
  emitter.line(`${pack}(${weights}, ${scores[0]}, ${rows}, ${block.columns}, ${blockColumns * 4}, ${shape.rows});`);
  const product = { rows, left: weights, result: sums, stride: sumsWidth * 4 };
  printTiledProduct(emitter, shape, operand, valueBlock(value!, block), locals, product, (panel) => {
    const { depth, left, result, stride } = panel;
    const operands = `${rows}, ${depth}, ${left}, ${panel.panel}, ${result}, ${stride}`;
    emitter.line(`${emitter.use('multiplyVisibleDepth')}(${operands}, ${seenByTile}, ${block.first});`);
  });
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
