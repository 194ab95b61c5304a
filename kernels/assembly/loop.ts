/** Prints sums and maxima over loops within expressions. */
import { fixedExtent } from '../../dsl/extent.ts';
import type { Loop, Scalar } from '../../dsl/scalar.ts';
import type { Emitter } from './emitter.ts';
import { printValue } from './expressions.ts';
import { type Mode, scalarMode } from './mode.ts';
import { level, wrap } from './operators.ts';

/** Sums over more elements than this are added up in blocks, so that rounding errors stay small. */
const sumBlock = 64;

/** How a loop's result is declared and grows, as text. */
interface Reducing {
  readonly type: string;
  readonly initial: string;
  join(a: string, b: string): string;
}

function reducing({ reduce, type }: Loop, lanes: boolean): Reducing {
  const floats = type === 'f32';
  const one = floats ? 'f32' : 'i32';
  const least = floats ? '-Infinity' : 'i32.MIN_VALUE';
  const start = reduce === 'sum' ? '0' : least;
  if (lanes) {
    const operation = reduce === 'sum' ? 'add' : floats ? 'max' : 'max_s';
    return { type: 'v128', initial: `${one}x4.splat(${start})`, join: (a, b) => `${one}x4.${operation}(${a}, ${b})` };
  }
  return { type: one, initial: start, join: (a, b) => (reduce === 'sum' ? `${a} + ${b}` : `max<${one}>(${a}, ${b})`) };
}

/** The loop, printed in the current scope: the name of the variable that holds its result. */
export function loopText(e: Emitter, x: Loop, mode: Mode): string {
  const lanes = mode.kind === 'vector';
  const { type, initial, join } = reducing(x, lanes);
  const declare = (hint: string): string => {
    const name = e.name(hint);
    e.line(`let ${name}: ${type} = ${initial};`);
    return name;
  };
  // The count is the same in all lanes of a vector; in one lane it is that lane's.
  const count = e.bound(x.count, lanes ? scalarMode : mode, 'count');
  const fixed = fixedCount(x.count);
  const guard = fixed === undefined;
  const total = declare(x.reduce === 'sum' ? 'total' : 'largest');
  const run = (target: string, from: string, to: string): void => {
    const index = e.axisName(x.axis);
    e.line(`let ${index} = ${from};`);
    const body = (): void => {
      e.line(`${target} = ${join(target, wrap(printValue(e, x.body, mode), level.product))};`);
    };
    e.repeat(x.axis, index, 1, to, body, { guard, certain: fixed !== undefined && fixed > 0 });
  };
  if (x.reduce === 'max' || x.type !== 'f32' || (fixed ?? sumBlock + 1) <= sumBlock) {
    run(total, '0', count);
    return total;
  }
  const block = e.name('block');
  e.block(
    `for (let ${block} = 0; ${block} < ${count}; ${block} += ${sumBlock})`,
    () => {
      const part = declare('part');
      run(part, block, e.bind(`min<i32>(${count}, ${block} + ${sumBlock})`, 'blockEnd'));
      e.line(`${total} = ${join(total, part)};`);
    },
    { guard },
  );
  return total;
}

function fixedCount(x: Scalar): number | undefined {
  return x.kind === 'linear' && x.terms.length === 0 ? fixedExtent(x.constant) : undefined;
}
