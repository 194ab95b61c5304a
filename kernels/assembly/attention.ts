/**
 * Attention without a queries × keys matrix. One tile of work is a block of queries of one head; keys come in blocks:
 *
 *                    blockKeys                              for each block of keys that a query of this block sees:
 *                  ┌───────────┐                              scores  = queries · keysᵀ        (register tile)
 *    blockQueries  │  scores,  │   ┌───────┐                  weights = e^(scale · scores − largest so far), row by row;
 *                  │  weights  │ · │ values│ → sums                     sums shrink when the largest grows (weighing.ts)
 *                  └───────────┘   └───────┘                  sums   += weights · values       (register tile)
 *                                                           then sums / total of weights → writes
 *
 * Numbers: 96 × 128 scores are 48 KiB; with sums, a panel and queries that are not read in place everything stays in L2. Keys and values are packed
 * anew for every block of queries, so that blocks much below 96 queries would show; blocks of keys from 64 to 256 are equally fast.
 * Up to 3 queries (decoding) read keys and values once, where they lie, when these run along the head's width.
 * A query that sees no key gets 0.
 */
import type { AssemblyTarget, AttentionKernel, Variant } from '../ir.ts';
import {
  type AttentionLocals,
  type AttentionPlan,
  firstVisible,
  planAttention,
  printTileOfWork,
} from './attention-plan.ts';
import { printByRows } from './blocks.ts';
import { Emitter, type PrintContext, type PrintedKernel } from './emitter.ts';
import { countWrites, printResults } from './epilogue.ts';
import { type LeftForms, type LeftRows, plainRows, printLeftForms } from './left.ts';
import { type Block, defineAxis, printStreamed } from './operand.ts';
import { printTiledProduct } from './panels.ts';

export function printAttention(
  kernel: AttentionKernel,
  context: PrintContext,
  variant: Variant<AssemblyTarget>,
): PrintedKernel {
  const emitter = new Emitter(kernel, context);
  const plan = planAttention(emitter, kernel, variant);
  const [locals, scratchBytes] = printTileOfWork(emitter, plan);
  const queries = printStart(emitter, plan, locals);
  printKeyBlocks(emitter, plan, locals, queries);
  printEpilogue(emitter, plan, locals);
  return emitter.finish({
    variant: variant.name,
    tiles: [
      { extent: kernel.batch.extent, per: 1 },
      { extent: kernel.head.extent, per: 1 },
      { extent: kernel.query.extent, per: plan.blockQueries },
    ],
    scratchBytes,
  });
}

// ---------------------------------------------------------------- the products

/** Sums, largest scores and totals at the start, and the queries as both products want them. */
function printStart(emitter: Emitter, plan: AttentionPlan, locals: AttentionLocals): LeftForms {
  const { q, shape, sumsWidth } = plan;
  const { rows, sums, states, queries } = locals;
  emitter.line(`memory.fill(${sums}, 0, ${rows} * ${sumsWidth * 4});`);
  const r = emitter.name('r');
  emitter.block(`for (let ${r} = 0; ${r} < ${rows}; ${r}++)`, () => {
    emitter.line(`store<f32>(${states} + (${r} << 3), -Infinity);`);
    emitter.line(`store<f32>(${states} + (${r} << 3), 0, 4);`);
  });
  const block: Block = { first: locals.firstQuery, count: rows, start: '0', depth: `${plan.width}` };
  return printLeftForms(emitter, q, block, plan.few, { to: queries, width: shape.rows, workspace: locals });
}

function printKeyBlocks(emitter: Emitter, plan: AttentionPlan, locals: AttentionLocals, queries: LeftForms): void {
  const { kernel, shape, blockKeys } = plan;
  const { lastKey, rows, scores } = locals;
  const limit = emitter.bind(`${emitter.use('evenBlock')}(${lastKey}, ${blockKeys}, ${shape.columns})`, 'keyBlock');
  const first = emitter.name('firstKey');
  emitter.block(
    `for (let ${first} = 0; ${first} < ${lastKey}; ${first} += ${limit})`,
    () => {
      const keys = emitter.bind(`min(${limit}, ${lastKey} - ${first})`, 'keys');
      const keyBlock: Block = { first, count: keys, start: '0', depth: `${plan.width}` };
      const valueBlock: Block = { first: '0', count: `${plan.valueWidth}`, start: first, depth: keys };
      emitter.line(`memory.fill(${scores}, 0, ${rows} * ${blockKeys * 4});`);
      printByRows(emitter, plan.few, rows, {
        few: () => streamScores(emitter, plan, locals, queries.few, keyBlock),
        many: () => tileScores(emitter, plan, locals, queries.many, keyBlock),
      });
      const r = emitter.name('r');
      emitter.block(`for (let ${r} = 0; ${r} < ${rows}; ${r}++)`, () => {
        const visible = kernel.causal
          ? emitter.bind(
              `min(${keys}, ${firstVisible(emitter, kernel)} + ${locals.firstQuery} + ${r} + 1 - ${first})`,
              'visible',
            )
          : keys;
        printWeighing(emitter, plan, locals, r, visible, keys);
      });
      printByRows(emitter, plan.few, rows, {
        few: () => streamSums(emitter, plan, locals, valueBlock),
        many: () => tileSums(emitter, plan, locals, valueBlock),
      });
    },
    { guard: true },
  );
}

function printWeighing(
  emitter: Emitter,
  plan: AttentionPlan,
  { scores, sums, states }: AttentionLocals,
  r: string,
  visible: string,
  keys: string,
): void {
  const stride = plan.sumsWidth * 4;
  const row = emitter.bind(`${sums} + ${r} * ${stride}`, 'rowSums', 'usize');
  const scoresAt = `${scores} + ${r} * ${plan.blockKeys * 4}`;
  const scale = `f32(${Math.fround(plan.kernel.scale)})`;
  emitter.line(
    `${emitter.use('weighRow')}(${scoresAt}, ${visible}, ${keys}, ${scale}, ${states} + (${r} << 3), ${row}, ${row} + ${stride});`,
  );
}

function streamScores(
  emitter: Emitter,
  plan: AttentionPlan,
  { rows, scores }: AttentionLocals,
  queries: LeftRows,
  block: Block,
): void {
  const left = `${queries.from}, ${queries.apart}`;
  printStreamed(emitter, plan.k, block, rows, left, `${scores}, ${plan.blockKeys * 4}`);
}

function streamSums(
  emitter: Emitter,
  plan: AttentionPlan,
  { rows, scores, sums }: AttentionLocals,
  block: Block,
): void {
  printStreamed(emitter, plan.v, block, rows, `${scores}, ${plan.blockKeys * 4}`, `${sums}, ${plan.sumsWidth * 4}`);
}

function tileScores(
  emitter: Emitter,
  { shape, k, blockKeys }: AttentionPlan,
  locals: AttentionLocals,
  left: LeftRows,
  block: Block,
): void {
  const { rows, scores } = locals;
  printTiledProduct(emitter, shape, k, block, locals, { rows, left, result: scores, stride: blockKeys * 4 });
}

function tileSums(emitter: Emitter, plan: AttentionPlan, locals: AttentionLocals, block: Block): void {
  const { rows, scores, sums } = locals;
  const { shape, v, blockKeys, sumsWidth } = plan;
  const left = plainRows(scores, `${blockKeys * 4}`);
  printTiledProduct(emitter, shape, v, block, locals, { rows, left, result: sums, stride: sumsWidth * 4 });
}

// ---------------------------------------------------------------- the epilogue

function printEpilogue(
  emitter: Emitter,
  { kernel, valueWidth, sumsWidth }: AttentionPlan,
  locals: AttentionLocals,
): void {
  countWrites(emitter, kernel);
  const { sums, states } = locals;
  const r = emitter.name('r');
  emitter.block(`for (let ${r} = 0; ${r} < ${locals.rows}; ${r}++)`, () => {
    const total = emitter.bind(`load<f32>(${states} + (${r} << 3), 4)`, 'total');
    const share = emitter.bind(`${total} == 0 ? f32(0) : f32(1) / ${total}`, 'share');
    defineAxis(emitter, kernel.query, `${locals.firstQuery} + ${r}`);
    const row = emitter.bind(`${sums} + ${r} * ${sumsWidth * 4}`, 'row', 'usize');
    printResults(emitter, kernel, {
      along: kernel.valueWidth,
      from: '0',
      to: `${valueWidth}`,
      address: row,
      finished: (value, lanes) => (lanes === 4 ? `f32x4.mul(${value}, f32x4.splat(${share}))` : `${value} * ${share}`),
    });
  });
}
