/** Reductions along named dimensions, which are gone afterwards. */
import type { Dim, Shape } from '../dim.ts';
import { evaluateExtent, productOfExtents, type Sizes } from '../extent.ts';
import type { CombiningOperator, Values } from '../operator.ts';
import { findDim, makeTensor, type Names, type Tensor, type Without } from '../tensor.ts';
import { div, equal, mul, toFloat, where } from './elementwise.ts';
import { expand } from './movement.ts';
import { size } from './sources.ts';

export interface ReduceAttributes {
  readonly reduce: 'sum' | 'max';
  /** Positions of the reduced dimensions in the input. */
  readonly axes: readonly number[];
}

const combine = {
  sum: { start: 0, step: (a: number, b: number) => a + b },
  max: { start: Number.NEGATIVE_INFINITY, step: (a: number, b: number) => (Number.isNaN(b) || b > a ? b : a) },
} as const;

/** Row-major strides, in elements. */
export function stridesOf(lengths: readonly number[]): number[] {
  const strides: number[] = [];
  let stride = 1;
  for (const length of [...lengths].reverse()) {
    strides.unshift(stride);
    stride *= length;
  }
  return strides;
}

function interpretReduce(result: Tensor, [x]: readonly Values[], sizes: Sizes): Values {
  const { reduce, axes } = result.attributes as ReduceAttributes;
  const lengths = result.inputs[0]!.shape.map((d) => evaluateExtent(d.extent, sizes));
  const kept = lengths.map((_, i) => i).filter((i) => !axes.includes(i));
  const keptStrides = stridesOf(kept.map((i) => lengths[i]!));
  const strides = stridesOf(lengths);
  const { start, step } = combine[reduce];
  const out = new Float64Array(kept.reduce((n, i) => n * lengths[i]!, 1)).fill(start);
  x!.forEach((value, flat) => {
    const at = kept.reduce((sum, i, k) => sum + (Math.floor(flat / strides[i]!) % lengths[i]!) * keptStrides[k]!, 0);
    out[at] = step(out[at]!, value);
  });
  return out;
}

const reduceOperators: Readonly<Record<ReduceAttributes['reduce'], CombiningOperator>> = {
  sum: {
    kind: 'reduce',
    name: 'sum',
    interpret: interpretReduce,
    derivative: (gradient, result) => [expand(gradient, result.inputs[0]!.shape)],
  },
  max: {
    kind: 'reduce',
    name: 'max',
    interpret: interpretReduce,
    // Equal largest elements share the gradient.
    derivative: (gradient, result) => {
      const [x] = result.inputs as [Tensor];
      const isLargest = equal(x, result);
      const count: Tensor = reduceAlong('sum', toFloat(isLargest), namesOfReduced(result));
      return [where(isLargest, div(gradient, count), 0)];
    },
  },
};

function namesOfReduced(result: Tensor): string[] {
  const { axes } = result.attributes as ReduceAttributes;
  return axes.map((axis) => result.inputs[0]!.shape[axis]!.name);
}

function reduceAlong(reduce: ReduceAttributes['reduce'], x: Tensor, names: readonly string[]): Tensor {
  for (const name of names) findDim(reduce, 'x', x, name);
  const axes = x.shape.flatMap((d, i) => (names.includes(d.name) ? [i] : []));
  const shape = x.shape.filter((d) => !names.includes(d.name));
  return makeTensor(reduceOperators[reduce], [x], { reduce, axes } satisfies ReduceAttributes, shape, x.type);
}

/** The sum along the named dimensions. */
export function sum<S extends Shape, const N extends readonly Names<S>[]>(
  x: Tensor<S>,
  ...over: N
): Tensor<Without<S, N[number]>> {
  return reduceAlong('sum', x, over) as unknown as Tensor<Without<S, N[number]>>;
}

/** The largest element along the named dimensions; of an empty one, −∞. */
export function max<S extends Shape, const N extends readonly Names<S>[]>(
  x: Tensor<S>,
  ...over: N
): Tensor<Without<S, N[number]>> {
  return reduceAlong('max', x, over) as unknown as Tensor<Without<S, N[number]>>;
}

/** The mean along the named dimensions. */
export function mean<S extends Shape, const N extends readonly Names<S>[]>(
  x: Tensor<S>,
  ...over: N
): Tensor<Without<S, N[number]>> {
  const count = productOfExtents(over.map((name) => findDim('mean', 'x', x, name).extent));
  const total: Tensor = reduceAlong('sum', x, over);
  return mul(total, div(1, size(count)) as Tensor<readonly Dim[]>) as unknown as Tensor<Without<S, N[number]>>;
}
