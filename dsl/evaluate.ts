/** Evaluates scalar expressions in float64. Shared by the interpreter and by everything that needs an index as a number. */
import { evaluateExtent, type Sizes } from './extent.ts';
import { scalarFunction } from './functions.ts';
import type { Axis, Scalar } from './scalar.ts';

/** Values of axes by name. Change them between calls of an evaluator. */
export type AxisValues = Map<string, number>;

export interface Environment {
  readonly sizes: Sizes;
  readonly axes: AxisValues;
  /** Elements of buffers by name. */
  readonly buffers: ReadonlyMap<string, ArrayLike<number>>;
  /** Values of the reductions of a row kernel, and of `accumulator` and `selectedIndex`, by their keys. */
  readonly results?: ReadonlyMap<string, number>;
}

/** Turns an expression into a function that gives its value for the axes' current values. */
export function evaluator(x: Scalar, environment: Environment): () => number {
  const { sizes, axes, buffers, results } = environment;
  switch (x.kind) {
    case 'constant':
      return () => x.value;
    case 'axis':
      return () => axes.get(x.name) ?? missing(`axis ${x.name}`);
    case 'linear': {
      const base = evaluateExtent(x.constant, sizes);
      const terms = x.terms.map(({ coefficient, atom }) => ({
        coefficient: evaluateExtent(coefficient, sizes),
        atom: evaluator(atom, environment),
      }));
      return () => terms.reduce((sum, { coefficient, atom }) => sum + coefficient * atom(), base);
    }
    case 'apply':
      return application(
        x.name,
        x.arguments.map((argument) => evaluator(argument, environment)),
      );
    case 'read': {
      const buffer = buffers.get(x.buffer) ?? missing(`buffer ${x.buffer}`);
      const offset = evaluator(x.offset, environment);
      return () => {
        const at = offset();
        return buffer[at] ?? missing(`element ${at} of ${x.buffer}, which has ${buffer.length}`);
      };
    }
    case 'loop':
      return looping(x.reduce, x.axis, evaluator(x.count, environment), evaluator(x.body, environment), axes);
    case 'reduction':
    case 'accumulator':
      return () => results?.get(x.key) ?? missing(x.key);
  }
}

function missing(what: string): never {
  throw new RangeError(`cannot evaluate: ${what} has no value`);
}

function application(name: Parameters<typeof scalarFunction>[0], args: readonly (() => number)[]): () => number {
  const [a, b, c] = args as [() => number, () => number, () => number];
  if (name === 'where') return () => (a() !== 0 ? b() : c());
  const { arity, evaluate } = scalarFunction(name);
  return arity === 1 ? () => evaluate(a(), 0, 0) : () => evaluate(a(), b(), 0);
}

function looping(
  reduce: 'sum' | 'max',
  over: Axis,
  count: () => number,
  body: () => number,
  axes: AxisValues,
): () => number {
  return () => {
    const end = count();
    let result = reduce === 'sum' ? 0 : Number.NEGATIVE_INFINITY;
    for (let i = 0; i < end; i++) {
      axes.set(over.name, i);
      result = reduce === 'sum' ? result + body() : Math.max(result, body());
    }
    return result;
  };
}
