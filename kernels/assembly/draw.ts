/**
 * Draws an index by softmax(value / temperature), among the `topK` largest and of those the most likely that reach `topP`.
 *
 * What is left is described by two numbers: every value above `threshold`, and the first `ties` of those that equal it.
 * Probabilities are in f32, their sums along the row in f64.
 */
import { apply, constant, reductionValue, type Scalar } from '../../dsl/scalar.ts';
import type { Selection } from '../ir.ts';
import type { Emitter } from './emitter.ts';
import { scalarMode } from './mode.ts';
import { printPassAlong } from './reduce.ts';
import { type Best, namedNumber, type Picking } from './select.ts';
import { printSpan } from './span.ts';

type Sample = Extract<Selection, { op: 'sample' }>;

/** Places of the row's numbers among its `reductionValue`s. */
const places = { largest: 0, threshold: 1, result: 2 } as const;

const float = (x: Scalar): Scalar => (x.type === 'f32' ? x : apply('toFloat', x));
const whole = (x: Scalar): Scalar => (x.type === 'i32' ? x : apply('toInt', x));
const [zero, one] = [constant(0), constant(1)];

/** What the printed lines have in common. */
interface Drawing {
  readonly picking: Picking;
  /** e^((value − largest) / temperature). */
  readonly weight: Scalar;
  readonly largest: string;
  /** Locals that hold what is left. */
  readonly threshold: string;
  readonly ties: string;
}

/** Returns the name of the local that holds the index. At temperature 0 it is the largest value's. */
export function printDraw(e: Emitter, picking: Picking, selection: Sample, best: Best): string {
  const chosen = e.name('chosen');
  e.line(`let ${chosen} = ${best.index};`);
  const temperature = e.bound(float(selection.temperature), scalarMode, 'temperature');
  e.block(
    `if (${temperature} != 0)`,
    () => {
      const largest = namedNumber(e, places.largest, best.value);
      const weight = apply('exp', apply('div', apply('sub', picking.value, largest), float(selection.temperature)));
      const [threshold, ties] = [e.name('threshold'), e.name('ties')];
      const drawing: Drawing = { picking, weight, largest: best.value, threshold, ties };
      e.line(`let ${threshold}: f32 = -Infinity;`);
      e.line(`let ${ties} = ${e.extent(picking.kernel.along.extent)};`);
      printTopK(e, drawing, e.bound(whole(selection.topK), scalarMode, 'most'));
      printTopP(e, drawing, e.bound(float(selection.topP), scalarMode, 'share'));
      printPick(e, drawing, e.bound(float(selection.uniform), scalarMode, 'uniform'), chosen);
    },
    { guard: true },
  );
  return chosen;
}

/** Σ of `each` over the values v with bound ≤ v, or bound < v: the name of a local. */
function printTotal(
  e: Emitter,
  { picking }: Drawing,
  compare: 'lessEqual' | 'less',
  bound: string,
  each: Scalar,
): string {
  let total = '';
  // A scope of its own: the next total has another threshold.
  e.scope(() => {
    const threshold = namedNumber(e, places.threshold, bound);
    const value = apply('where', apply(compare, threshold, picking.value), each, zero);
    printPassAlong(e, picking.kernel.along, [{ reduce: 'sum', value, index: places.result }], picking.vectors > 0);
    total = e.value(reductionValue(places.result));
  });
  return total;
}

/** Halves the range of floats from `low` (which passes) up to `high` (which does not); `threshold` becomes the highest that passes. */
function printHalving(e: Emitter, drawing: Drawing, from: string, passes: (bound: string) => string): void {
  const [low, high] = [e.name('low'), e.name('high')];
  e.line(`let ${low} = ${e.use('rank_f32')}(${from});`);
  e.line(`let ${high} = ${e.use('rank_f32')}(${drawing.largest}) + 1;`);
  e.block(`while (${high} - ${low} > 1)`, () => {
    const middle = e.bind(`${low} + (${high} - ${low} >> 1)`, 'middle');
    const bound = e.bind(`${e.use('f32_of_rank')}(${middle})`, 'bound');
    const test = passes(bound);
    e.line(`if (${test}) ${low} = ${middle};`);
    e.line(`else ${high} = ${middle};`);
  });
  e.line(`${drawing.threshold} = ${e.use('f32_of_rank')}(${low});`);
}

function printTopK(e: Emitter, drawing: Drawing, most: string): void {
  const { threshold, ties, picking } = drawing;
  e.block(
    `if (${most} > 0 && ${most} < ${e.extent(picking.kernel.along.extent)})`,
    () => {
      printHalving(
        e,
        drawing,
        '-Infinity',
        (bound) => `${printTotal(e, drawing, 'lessEqual', bound, one)} >= f32(${most})`,
      );
      e.line(`${ties} = ${most} - i32(${printTotal(e, drawing, 'less', threshold, one)});`);
    },
    { guard: true },
  );
}

function printTopP(e: Emitter, drawing: Drawing, share: string): void {
  const { weight, threshold, ties } = drawing;
  e.block(
    `if (${share} < 1)`,
    () => {
      const before = e.bind(threshold, 'cut');
      const above = printTotal(e, drawing, 'less', before, weight);
      const equal = printTotal(e, drawing, 'lessEqual', before, weight);
      // Of what equals the cut only the first ties count.
      const level = e.bind(levelText(e, drawing, before), 'level');
      const goal = e.bind(`${share} * min<f32>(${equal}, ${above} + f32(${ties}) * ${level})`, 'goal');
      printHalving(e, drawing, before, (bound) => `${printTotal(e, drawing, 'lessEqual', bound, weight)} >= ${goal}`);
      const more = printTotal(e, drawing, 'less', threshold, weight);
      const step = e.bind(levelText(e, drawing, threshold), 'step');
      const enough = e.bind(`${step} > 0 ? i32(ceil<f32>((${goal} - ${more}) / ${step})) : i32.MAX_VALUE`, 'enough');
      e.line(`${ties} = max<i32>(1, ${threshold} == ${before} ? min<i32>(${ties}, ${enough}) : ${enough});`);
    },
    { guard: true },
  );
}

/** The weight of a value that equals `bound`. */
function levelText(e: Emitter, { picking, largest }: Drawing, bound: string): string {
  const { selection } = picking.kernel;
  if (selection.op !== 'sample') throw new Error('only a sample has a temperature');
  return `${e.use('exp_f32')}((${bound} - ${largest}) / ${e.operand(float(selection.temperature))})`;
}

/** Goes through what is left in the order of indices, first for the total, then up to uniform · total. */
function printPick(e: Emitter, drawing: Drawing, uniform: string, chosen: string): void {
  const { picking, weight, threshold, ties } = drawing;
  const span = { axis: picking.kernel.along, from: '0', to: e.extent(picking.kernel.along.extent), vectors: 0 };
  const [total, running] = [e.name('total'), e.name('running')];
  const printWalk = (sum: string, body: (weighed: string) => void): void => {
    const left = e.name('left');
    e.line(`let ${sum}: f64 = 0;`);
    e.line(`let ${left} = ${ties};`);
    printSpan(e, span, () => {
      const x = e.bound(picking.value);
      e.block(`if (${x} > ${threshold} || (${x} == ${threshold} && ${left}-- > 0))`, () => body(e.value(weight)), {
        guard: true,
      });
    });
  };
  printWalk(total, (weighed) => e.line(`${total} += ${weighed};`));
  const goal = e.bind(`${total} * ${uniform}`, 'target');
  printWalk(running, (weighed) => {
    e.line(`${chosen} = ${e.value(picking.kernel.along)};`);
    e.line(`${running} += ${weighed};`);
    e.line(`if (${goal} < ${running}) break;`);
  });
}
