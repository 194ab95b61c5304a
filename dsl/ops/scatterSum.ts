/** Sums of rows by the place that ids send them to: what flows back through a gather. Without atomics, as WebGPU has none for floats. */
import { type Dim, dim, type Shape } from '../dim.ts';
import { addExtents } from '../extent.ts';
import type { PointwiseOperator } from '../operator.ts';
import { apply, axis, loop, whole } from '../scalar.ts';
import { makeTensor, type Tensor } from '../tensor.ts';
import { and, equal, less, or, toFloat, toInt, where } from './elementwise.ts';
import { expand, merge, permute, rename, renameAll } from './movement.ts';
import { sum } from './reduce.ts';
import { indices } from './sources.ts';
import { sumTo } from './sumTo.ts';

/**
 * The tensor of shape `shape` whose elements along `along` at each place are the sum of the gradients that `ids` send there. `gradient` has
 * the dimensions of `shape` but `along`, and those of the ids.
 */
export function scatterSum(gradient: Tensor, ids: Tensor, shape: Shape, along: string): Tensor {
  const place = shape.find(({ name }) => name === along)!;
  const fresh = ids.shape.filter(({ name }) => !shape.some((d) => d.name === name));
  if (fresh.length === 0) return chosenPlace(gradient, ids, shape, place);
  if (fresh.length === ids.shape.length) return sumOfSegments(gradient, ids, shape, place);
  const spread = chosenPlace(gradient, ids, [...shape, ...fresh], place);
  return sumTo(spread, shape);
}

/** One id for each row: the gradient stands where the id says, zeros elsewhere. */
function chosenPlace(gradient: Tensor, ids: Tensor, shape: Shape, place: Dim): Tensor {
  const isHere = equal(expand(indices(place), [...ids.shape, place]), ids);
  return where(isHere, expand(gradient, shape), 0);
}

/**
 * Many rows may go to one place: they are put in the order of their ids (a counting sort by comparison, which any backend does in
 * parallel), so that each place sums the rows of its own segment.
 */
function sumOfSegments(gradient: Tensor, ids: Tensor, shape: Shape, place: Dim): Tensor {
  const fresh = ids.shape.map(({ name }) => name) as [string, ...string[]];
  const others = shape.filter(({ name }) => name !== place.name);
  const flatIds = merge(ids, fresh, 'occurrence') as Tensor;
  const ordered = permute(gradient, [...fresh, ...others.map(({ name }) => name)]) as Tensor;
  const ofIds = fresh.map((_, i) => `id${i}`) as [string, ...string[]];
  const renamed = renameAll(ordered, [...ofIds, ...others.map((_, i) => `other${i}`)]);
  const rows = merge(renamed, ofIds, 'occurrence') as Tensor;
  const { order, starts } = segments(flatIds, place);
  const summed = makeTensor(segmentSumOperator, [rows, order, starts], null, [place, ...others], 'f32');
  return sumTo(summed, shape);
}

/** Which occurrence stands where when they are sorted by id, equal ones as they came, and where each place's segment starts. */
function segments(ids: Tensor, place: Dim): { readonly order: Tensor; readonly starts: Tensor } {
  const [occurrence] = ids.shape as [Dim];
  const other = dim('other', occurrence.extent);
  const pairs = [occurrence, other];
  const [mine, mineAt] = [expand(ids, pairs), expand(indices(occurrence) as Tensor, pairs)];
  const [its, itsAt] = [rename(ids, 'occurrence', 'other') as Tensor, indices(other) as Tensor];
  const stands = or(less(its, mine), and(equal(mine, its), less(itsAt, mineAt)));
  const rank: Tensor = rename(toInt(sum(toFloat(stands), 'other')), 'occurrence', 'other');
  const order = toInt(sum(where(equal(mineAt, rank), toFloat(expand(itsAt, pairs)), 0), 'other'));
  const start = dim('start', addExtents(place.extent, 1));
  const before = less(expand(its, [start, other]), indices(start) as Tensor);
  return { order, starts: toInt(sum(toFloat(before), 'other')) };
}

/** Inputs: rows [occurrence, …], order [occurrence], starts [places + 1]. */
const segmentSumOperator: PointwiseOperator = {
  kind: 'pointwise',
  name: 'segmentSum',
  cost: 'gather',
  differentiable: false,
  meaning: (result, [place, ...others], read) => {
    const start = read(2, [place!]);
    const count = apply('sub', read(2, [apply('add', place!, whole(1))]), start);
    const i = axis(`occurrence_${result.key.slice(0, 6)}`, result.inputs[0]!.shape[0]!.extent);
    const row = read(1, [apply('add', start, i)]);
    return loop('sum', i, count, read(0, [row, ...others]));
  },
};
