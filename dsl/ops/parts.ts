/** Parts of a dimension: slices, single positions, paddings, and tensors one after the other. Movement as well: none is stored. */
import { type Dim, dim, type Shape } from '../dim.ts';
import {
  addExtents,
  type Extent,
  type ExtentLike,
  equalExtents,
  extent,
  fixedExtent,
  formatExtent,
  multiplyExtents,
  subtractExtents,
} from '../extent.ts';
import type { PointwiseOperator } from '../operator.ts';
import { apply, constant, type Scalar, whole } from '../scalar.ts';
import { findDim, makeTensor, type Names, shapeError, type Tensor, type Without } from '../tensor.ts';
import { axisOf, expand, replaced } from './movement.ts';

interface SliceAttributes {
  readonly at: number;
  readonly start: Extent;
  readonly step: number;
}

const sliceOperator: PointwiseOperator = {
  kind: 'pointwise',
  name: 'slice',
  cost: 'movement',
  meaning: (result, indices, read) => {
    const { at, start, step } = result.attributes as SliceAttributes;
    const moved = apply('add', apply('mul', indices[at]!, whole(step)), whole(start));
    return read(0, replaced(indices, at, moved));
  },
  derivative: (gradient, result) => {
    const { at, start, step } = result.attributes as SliceAttributes;
    const { name, extent: whole } = result.inputs[0]!.shape[at]!;
    const spread = addExtents(multiplyExtents(subtractExtents(result.shape[at]!.extent, 1), step), 1);
    const after = subtractExtents(subtractExtents(whole, start), spread);
    return [pad(gradient, name, { before: start, after, step })];
  },
};

/** Elements start, start + step, … before `end` of one dimension. A step other than 1 needs fixed sizes. */
export function slice<S extends Shape, const N extends Names<S>>(
  x: Tensor<S>,
  name: N,
  { start = 0, end, step = 1 }: { readonly start?: ExtentLike; readonly end?: ExtentLike; readonly step?: number },
): Tensor<S> {
  const whole = findDim('slice', 'x', x, name);
  const at = axisOf(x, name);
  const length = subtractExtents(end ?? whole.extent, start);
  const [from, count, limit] = [start, length, subtractExtents(whole.extent, end ?? whole.extent)].map(fixedExtent);
  if (step < 1 || !Number.isInteger(step))
    throw shapeError('slice', { x }, `step is ${step}; it must be a positive whole number`);
  if ((from ?? 0) < 0 || (count ?? 1) < 1 || (limit ?? 0) < 0) {
    throw shapeError(
      'slice',
      { x },
      `${name} from ${from} to ${fixedExtent(end ?? whole.extent)} does not lie within it`,
    );
  }
  if (step > 1 && count === undefined)
    throw shapeError('slice', { x }, `a step of ${step} along ${name} needs fixed sizes`);
  const shape = replaced(x.shape, at, dim(name, step > 1 ? Math.ceil(count! / step) : length));
  return makeTensor(
    sliceOperator,
    [x],
    { at, start: extent(start), step } satisfies SliceAttributes,
    shape,
    x.type,
  ) as unknown as Tensor<S>;
}

const indexOperator: PointwiseOperator = {
  kind: 'pointwise',
  name: 'index',
  cost: 'movement',
  meaning: (result, indices, read) => {
    const { at, position } = result.attributes as { at: number; position: Extent };
    return read(0, [...indices.slice(0, at), whole(position), ...indices.slice(at)]);
  },
  derivative: (gradient, result) => {
    const { at, position } = result.attributes as { at: number; position: Extent };
    const { name, extent: whole } = result.inputs[0]!.shape[at]!;
    const one = [...gradient.shape.slice(0, at), dim(name, 1), ...gradient.shape.slice(at)];
    const after = subtractExtents(subtractExtents(whole, position), 1);
    return [pad(expand(gradient, one), name, { before: position, after })];
  },
};

/** One position of a dimension, which is gone afterwards. */
export function index<S extends Shape, const N extends Names<S>>(
  x: Tensor<S>,
  name: N,
  position: ExtentLike,
): Tensor<Without<S, N>> {
  const size = fixedExtent(findDim('index', 'x', x, name).extent);
  const fixed = fixedExtent(position);
  if (fixed !== undefined && (fixed < 0 || (size !== undefined && fixed >= size))) {
    throw shapeError('index', { x }, `${name} has no position ${fixed}`);
  }
  const at = axisOf(x, name);
  return makeTensor(
    indexOperator,
    [x],
    { at, position: extent(position) },
    replaced(x.shape, at),
    x.type,
  ) as unknown as Tensor<Without<S, N>>;
}

interface PadAttributes {
  readonly at: number;
  readonly before: Extent;
  readonly value: number;
  /** From one element of the input to the next. */
  readonly step: number;
}

const padOperator: PointwiseOperator = {
  kind: 'pointwise',
  name: 'pad',
  cost: 'movement',
  meaning: (result, indices, read) => {
    const { at, before, value, step } = result.attributes as PadAttributes;
    const moved = apply('sub', indices[at]!, whole(before));
    const inner = apply('quotient', moved, whole(step));
    const isBehind = before.key === '0' ? constant(1, 'bool') : apply('lessEqual', whole(before), indices[at]!);
    const isOnStep = step === 1 ? isBehind : apply('and', isBehind, isMultiple(moved, step));
    const inside = apply('and', isOnStep, apply('less', inner, whole(result.inputs[0]!.shape[at]!.extent)));
    return apply(
      'where',
      inside,
      read(0, replaced(indices, at, inner)),
      result.type === 'i32' ? whole(value) : constant(value),
    );
  },
  derivative: (gradient, result) => {
    const { at, before, step } = result.attributes as PadAttributes;
    const { name, extent: inner } = result.inputs[0]!.shape[at]!;
    const spread = addExtents(multiplyExtents(subtractExtents(inner, 1), step), 1);
    return [slice(gradient, name, { start: before, end: addExtents(before, spread), step })];
  },
};

const isMultiple = (index: Scalar, of: number): Scalar =>
  apply('equal', apply('remainder', index, whole(of)), whole(0));

export interface PadOptions {
  readonly before?: ExtentLike;
  readonly after?: ExtentLike;
  readonly value?: number;
  /** From one element to the next; what lies between is filled too. */
  readonly step?: number;
}

/** One dimension made longer at both ends, and with a step between its elements, filled with `value`. */
export function pad<S extends Shape, const N extends Names<S>>(
  x: Tensor<S>,
  name: N,
  { before = 0, after = 0, value = 0, step = 1 }: PadOptions,
): Tensor<S> {
  const inner = findDim('pad', 'x', x, name);
  if ((fixedExtent(before) ?? 0) < 0 || (fixedExtent(after) ?? 0) < 0)
    throw shapeError(
      'pad',
      { x },
      `${formatExtent(before)} before and ${formatExtent(after)} after ${name}; use slice to shorten`,
    );
  if (step < 1 || !Number.isInteger(step))
    throw shapeError('pad', { x }, `step is ${step}; it must be a positive whole number`);
  const at = axisOf(x, name);
  const spread = addExtents(multiplyExtents(subtractExtents(inner.extent, 1), step), 1);
  const shape = replaced(x.shape, at, dim(name, addExtents(spread, addExtents(before, after))));
  return makeTensor(
    padOperator,
    [x],
    { at, before: extent(before), value, step } satisfies PadAttributes,
    shape,
    x.type,
  ) as unknown as Tensor<S>;
}

const concatOperator: PointwiseOperator = {
  kind: 'pointwise',
  name: 'concat',
  cost: 'movement',
  meaning: (result, indices, read) => {
    const at = result.attributes as number;
    const start = (part: number): Extent =>
      result.inputs.slice(0, part).reduce((sum, x) => addExtents(sum, x.shape[at]!.extent), extent(0));
    const from = (part: number): Scalar => {
      const element = read(part, replaced(indices, at, apply('sub', indices[at]!, whole(start(part)))));
      if (part === result.inputs.length - 1) return element;
      return apply('where', apply('less', indices[at]!, whole(start(part + 1))), element, from(part + 1));
    };
    return from(0);
  },
  derivative: (gradient, result) => {
    const at = result.attributes as number;
    let start = extent(0);
    return result.inputs.map((part) => {
      const { name, extent: length } = part.shape[at]!;
      const end = addExtents(start, length);
      const own = slice(gradient, name, { start, end });
      start = end;
      return own;
    });
  },
};

/** Dimensions of the same names in the same order. */
type SameNames<S extends Shape> = { readonly [I in keyof S]: Dim<S[I]['name']> };

/** Tensors one after the other along the dimension `name`, which each of them has; the others must be equal. */
export function concat<S extends Shape, const N extends Names<S>>(
  parts: readonly [Tensor<S>, ...NoInfer<Tensor<SameNames<S>>>[]],
  name: N,
): Tensor<S> {
  const [first] = parts;
  findDim('concat', 'first', first, name);
  const at = axisOf(first, name);
  for (const part of parts) {
    const fits =
      part.shape.length === first.shape.length &&
      part.shape.every(
        (d, i) => d.name === first.shape[i]!.name && (i === at || equalExtents(d.extent, first.shape[i]!.extent)),
      );
    if (!fits) throw shapeError('concat', { first, part }, `they may differ in the size of ${name} only`);
  }
  const length = parts.reduce((sum, part) => addExtents(sum, part.shape[at]!.extent), extent(0));
  const shape = replaced(first.shape, at, dim(name, length));
  return makeTensor(concatOperator, parts, at, shape, first.type) as unknown as Tensor<S>;
}
