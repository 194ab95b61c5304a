/** Movement: the same elements under other indices. None of these is stored unless something needs a copy. */
import { type Dim, dim, formatDim, type Shape } from '../dim.ts';
import { equalExtents, productOfExtents } from '../extent.ts';
import type { PointwiseOperator } from '../operator.ts';
import { apply, type Scalar, whole } from '../scalar.ts';
import { findDim, makeTensor, type Names, type Replace, shapeError, type Tensor, type Without } from '../tensor.ts';
import { sumTo } from './sumTo.ts';

export const axisOf = (x: Tensor, name: string): number => x.shape.findIndex((d) => d.name === name);

export function replaced<T>(list: readonly T[], at: number, ...by: readonly T[]): T[] {
  return [...list.slice(0, at), ...by, ...list.slice(at + 1)];
}

/** One index from several, the last running fastest: (i₀ · n₁ + i₁) · n₂ + i₂ … */
export function joinIndices(indices: readonly Scalar[], dims: readonly Dim[]): Scalar {
  return indices.reduce(
    (joined, index, i) => apply('add', apply('mul', joined, whole(dims[i]!.extent)), index),
    whole(0) as Scalar,
  );
}

/** Several indices from one, the last running fastest. */
export function splitIndex(index: Scalar, dims: readonly Dim[]): Scalar[] {
  const parts: Scalar[] = [];
  let rest = index;
  for (const { extent: n } of [...dims.slice(1)].reverse()) {
    parts.unshift(apply('remainder', rest, whole(n)));
    rest = apply('quotient', rest, whole(n));
  }
  return dims.length === 0 ? [] : [rest, ...parts];
}

// ---------------------------------------------------------------- permute and rename

type Permuted<S extends Shape, N extends readonly string[]> = {
  readonly [I in keyof N]: Extract<S[number], Dim<N[I]>>;
};

/** The result's dimension i is the input's dimension order[i]. */
const permuteOperator: PointwiseOperator = {
  kind: 'pointwise',
  name: 'permute',
  cost: 'movement',
  meaning: (result, indices, read) => {
    const order = result.attributes as readonly number[];
    return read(
      0,
      order.map((_, axis) => indices[order.indexOf(axis)]!),
    );
  },
  target: (result, indices) => (result.attributes as readonly number[]).map((axis) => indices[axis]!),
  derivative: (gradient, result) => [sumTo(gradient, result.inputs[0]!.shape)],
};

/** The names themselves, unless the compiler sees that they are not those of the shape, each once. */
type EveryOnce<S extends Shape, N extends readonly string[]> =
  string extends Names<S>
    ? N
    : number extends N['length']
      ? N
      : [Names<S>, N['length']] extends [N[number], S['length']]
        ? N
        : { readonly problem: 'the order must name every dimension once' };

/** The dimensions in another order, which names every one of them. */
export function permute<S extends Shape, const N extends readonly Names<S>[]>(
  x: Tensor<S>,
  names: N & EveryOnce<S, N>,
): Tensor<Permuted<S, N>> {
  if (names.length !== x.shape.length)
    throw shapeError('permute', { x }, `the order [${names}] must name every dimension once`);
  const shape = names.map((name) => findDim('permute', 'x', x, name));
  const order = names.map((name) => axisOf(x, name));
  return makeTensor(permuteOperator, [x], order, shape, x.type) as unknown as Tensor<Permuted<S, N>>;
}

const renameOperator: PointwiseOperator = {
  kind: 'pointwise',
  name: 'rename',
  cost: 'movement',
  meaning: (_, indices, read) => read(0, indices),
  target: (_, indices) => indices,
  derivative: (gradient, result) => {
    const before = result.inputs[0]!.shape;
    const at = before.findIndex(({ name }, i) => name !== result.shape[i]!.name);
    return [at < 0 ? gradient : rename(gradient, result.shape[at]!.name, before[at]!.name)];
  },
};

/** The dimension `from` under the name `to`: the keys of self-attention need a second name for the same length. */
export function rename<S extends Shape, const N extends Names<S>, const M extends string>(
  x: Tensor<S>,
  from: N,
  to: M,
): Tensor<Replace<S, N, readonly [Dim<M>]>> {
  const before = findDim('rename', 'x', x, from);
  const shape = replaced(x.shape, axisOf(x, from), dim(to, before.extent));
  return makeTensor(renameOperator, [x], null, shape, x.type) as unknown as Tensor<Replace<S, N, readonly [Dim<M>]>>;
}

/** All dimensions under other names, in order: what derivatives begin and end with whose own dimensions have names too. */
export function renameAll(x: Tensor, names: readonly string[]): Tensor {
  // By way of names that nobody has, as an old name of one dimension may be the new one of another.
  const away = x.shape.reduce<Tensor>((y, { name }, i) => rename(y, name, `${i}`), x);
  return names.reduce<Tensor>((y, name, i) => rename(y, `${i}`, name), away);
}

// ---------------------------------------------------------------- split and merge

const splitOperator: PointwiseOperator = {
  kind: 'pointwise',
  name: 'split',
  cost: 'movement',
  meaning: (result, indices, read) => {
    const { at, count } = result.attributes as { at: number; count: number };
    const dims = result.shape.slice(at, at + count);
    return read(0, [
      ...indices.slice(0, at),
      joinIndices(indices.slice(at, at + count), dims),
      ...indices.slice(at + count),
    ]);
  },
  target: (result, indices) => {
    const { at, count } = result.attributes as { at: number; count: number };
    return replaced(indices, at, ...splitIndex(indices[at]!, result.shape.slice(at, at + count)));
  },
  derivative: (gradient, result) => {
    const { at, count } = result.attributes as { at: number; count: number };
    const parts = result.shape.slice(at, at + count).map(({ name }) => name);
    return [merge(gradient, parts as [string, ...string[]], result.inputs[0]!.shape[at]!.name)];
  },
};

/** One dimension as several, the last running fastest; their sizes must multiply to its own. */
export function split<S extends Shape, const N extends Names<S>, const R extends Shape>(
  x: Tensor<S>,
  name: N,
  into: R,
): Tensor<Replace<S, N, R>> {
  const whole = findDim('split', 'x', x, name);
  if (!equalExtents(productOfExtents(into.map((d) => d.extent)), whole.extent)) {
    throw shapeError('split', { x, into }, `the sizes do not multiply to ${formatDim(whole)}`);
  }
  const at = axisOf(x, name);
  return makeTensor(
    splitOperator,
    [x],
    { at, count: into.length },
    replaced(x.shape, at, ...into),
    x.type,
  ) as unknown as Tensor<Replace<S, N, R>>;
}

const mergeOperator: PointwiseOperator = {
  kind: 'pointwise',
  name: 'merge',
  cost: 'movement',
  meaning: (result, indices, read) => {
    const { at, count } = result.attributes as { at: number; count: number };
    return read(0, replaced(indices, at, ...splitIndex(indices[at]!, result.inputs[0]!.shape.slice(at, at + count))));
  },
  target: (result, indices) => {
    const { at, count } = result.attributes as { at: number; count: number };
    const dims = result.inputs[0]!.shape.slice(at, at + count);
    return [...indices.slice(0, at), joinIndices(indices.slice(at, at + count), dims), ...indices.slice(at + count)];
  },
  derivative: (gradient, result) => {
    const { at, count } = result.attributes as { at: number; count: number };
    return [split(gradient, result.shape[at]!.name, result.inputs[0]!.shape.slice(at, at + count))];
  },
};

type Merged<S extends Shape, N extends readonly string[], M extends string> = N extends readonly [
  infer First extends string,
  ...infer Others extends readonly string[],
]
  ? Replace<Without<S, Others[number]>, First, readonly [Dim<M>]>
  : never;

/** Neighbouring dimensions, named in their order, as one; the last runs fastest. */
export function merge<S extends Shape, const N extends readonly [Names<S>, ...Names<S>[]], const M extends string>(
  x: Tensor<S>,
  names: N,
  into: M,
): Tensor<Merged<S, N, M>> {
  const dims = names.map((name) => findDim('merge', 'x', x, name));
  const at = axisOf(x, names[0]);
  if (names.some((name, i) => x.shape[at + i]?.name !== name)) {
    throw shapeError('merge', { x }, `[${names}] are not neighbours in this order; permute first`);
  }
  const merged = dim(into, productOfExtents(dims.map((d) => d.extent)));
  const shape = [...x.shape.slice(0, at), merged, ...x.shape.slice(at + names.length)];
  return makeTensor(mergeOperator, [x], { at, count: names.length }, shape, x.type) as unknown as Tensor<
    Merged<S, N, M>
  >;
}

// ---------------------------------------------------------------- expand

const expandOperator: PointwiseOperator = {
  kind: 'pointwise',
  name: 'expand',
  cost: 'movement',
  meaning: (result, indices, read) => {
    const byName = new Map(result.shape.map((d, i) => [d.name, indices[i]!]));
    return read(
      0,
      result.inputs[0]!.shape.map((d) => byName.get(d.name)!),
    );
  },
  derivative: (gradient, result) => [sumTo(gradient, result.inputs[0]!.shape)],
};

/** Nothing, unless the compiler sees that R lacks a dimension of S. */
type HoldsAll<S extends Shape, R extends Shape> =
  string extends Names<S>
    ? unknown
    : [Names<S>] extends [Names<R>]
      ? unknown
      : { readonly problem: 'the new dimensions must hold all of the old ones' };

/** The same elements along further dimensions. `shape` holds every dimension of x, in any order. */
export function expand<S extends Shape, const R extends Shape>(x: Tensor<S>, shape: R & HoldsAll<S, R>): Tensor<R> {
  for (const d of x.shape) {
    const match = shape.find((other) => other.name === d.name);
    if (!match || !equalExtents(match.extent, d.extent)) {
      throw shapeError('expand', { x, shape }, `${formatDim(d)} is not among the new dimensions`);
    }
  }
  return makeTensor(expandOperator, [x], null, shape, x.type);
}
