/** Prints how the scores of a block of columns become weights, a row at a time, and which columns rows see. */
import { reductionValue } from '../../dsl/scalar.ts';
import { vectorsFor } from './cost.ts';
import type { Emitter } from './emitter.ts';
import { type Mode, scalarMode } from './mode.ts';
import { defineAxis } from './operand.ts';
import { printSpan } from './span.ts';
import type { StreamLocals, StreamPlan } from './stream-plan.ts';

/** Names of locals: the first column of a block, and how many there are. */
export interface ColumnBlock {
  readonly first: string;
  readonly columns: string;
}

/** Stores what each row sees, each register tile of rows, and all of them. */
export function printSeen(emitter: Emitter, { kernel, shape }: StreamPlan, locals: StreamLocals): void {
  const { rows, firstRow, seenByRow, seenByTile, seen } = locals;
  const r = emitter.name('r');
  emitter.block(`for (let ${r} = 0; ${r} < ${rows}; ${r}++)`, () => {
    defineAxis(emitter, kernel.row, `${firstRow} + ${r}`);
    emitter.line(`store<i32>(${seenByRow} + (${r} << 3), ${emitter.value(kernel.first)});`);
    emitter.line(`store<i32>(${seenByRow} + (${r} << 3), ${emitter.value(kernel.end)}, 4);`);
  });
  const join = emitter.use('joinVisible');
  emitter.line(`${join}(${seenByTile}, ${seenByRow}, ${rows}, ${shape.rows});`);
  emitter.line(`${join}(${seen}, ${seenByRow}, ${rows}, ${rows});`);
}

/** Turns the scores of a block into weights, in place of the first scores; a row's weights where it sees no column are 0. */
export function printWeights(emitter: Emitter, plan: StreamPlan, locals: StreamLocals, block: ColumnBlock): void {
  const { kernel, blockColumns, value } = plan;
  const { rows, firstRow, seenByRow, scores, states } = locals;
  emitter.count(kernel.weight);
  const end = emitter.bind(`${block.first} + ${block.columns}`, 'endColumn');
  const r = emitter.name('r');
  emitter.block(`for (let ${r} = 0; ${r} < ${rows}; ${r}++)`, () => {
    defineAxis(emitter, kernel.row, `${firstRow} + ${r}`);
    const from = emitter.bind(`max(${block.first}, min(${end}, load<i32>(${seenByRow} + (${r} << 3))))`, 'from');
    const to = emitter.bind(`max(${from}, min(${end}, load<i32>(${seenByRow} + (${r} << 3), 4)))`, 'to');
    const ofRow = scores.map((name) => emitter.bind(`${name} + ${r} * ${blockColumns * 4}`, 'scoresOfRow', 'usize'));
    const atZero = ofRow.map((name) => emitter.bind(`${name} - 4 * ${block.first}`, 'scoresAt', 'usize'));
    printSpan(emitter, { axis: kernel.column, from, to, vectors: vectorsFor(kernel.weight) }, (modes) => {
      for (const mode of modes) loadScores(emitter, plan, atZero, mode);
      const weights = modes.map((mode) => emitter.bound(kernel.weight, mode, 'weight'));
      for (const [i, mode] of modes.entries()) {
        const store = mode.kind === 'vector' ? 'v128.store' : 'store<f32>';
        emitter.line(`${store}(${place(emitter, plan, atZero[0]!)}, ${weights[i]}${immediate(mode)});`);
      }
    });
    const seen = `${from} - ${block.first}, ${to} - ${block.first}`;
    if (value) emitter.line(`${emitter.use('clearHidden')}(${ofRow[0]}, ${block.columns}, ${seen});`);
    else emitter.line(`${emitter.use('addLogits')}(${ofRow[0]}, ${seen}, ${states} + (${r} << 3));`);
  });
}

/** Where the score of the current column lies, given where that of column 0 would. */
const place = (emitter: Emitter, { kernel }: StreamPlan, atZero: string): string =>
  `${atZero} + 4 * ${emitter.value(kernel.column)}`;

const immediate = (mode: Mode): string => (mode.kind === 'scalar' || mode.offset === 0 ? '' : `, ${4 * mode.offset}`);

function loadScores(emitter: Emitter, plan: StreamPlan, atZero: readonly string[], mode: Mode): void {
  const load = mode === scalarMode ? 'load<f32>' : 'v128.load';
  for (const [i, at] of atZero.entries()) {
    const score = emitter.bind(`${load}(${place(emitter, plan, at)}${immediate(mode)})`, 'score');
    emitter.define(reductionValue(i), score, mode);
  }
}
