/** Reading at indices that are data. */
import type { Shape } from '../dim.ts';
import { equalExtents } from '../extent.ts';
import type { PointwiseOperator } from '../operator.ts';
import { findDim, makeTensor, type Names, type Replace, shapeError, type Tensor, type Without } from '../tensor.ts';
import { scatterSum } from './scatterSum.ts';

const gatherOperator: PointwiseOperator = {
  kind: 'pointwise',
  name: 'gather',
  cost: 'gather',
  meaning: (result, indices, read) => {
    const [x, ids] = result.inputs as [Tensor, Tensor];
    const byName = new Map(result.shape.map((d, i) => [d.name, indices[i]!]));
    const id = read(
      1,
      ids.shape.map((d) => byName.get(d.name)!),
    );
    return read(
      0,
      x.shape.map((d) => (d.name === result.attributes ? id : byName.get(d.name)!)),
    );
  },
  derivative: (gradient, result) => {
    const [x, ids] = result.inputs as [Tensor, Tensor];
    return [scatterSum(gradient, ids, x.shape, result.attributes as string)];
  },
};

/** `along` gives way to the dimensions of the ids that x does not have. */
export type Gathered<S extends Shape, I extends Shape, N extends string> = Replace<S, N, Without<I, Names<S>>>;

/**
 * Picks from x, along one dimension, the elements at `ids` (i32, each within the dimension). Dimensions that x and ids
 * share go together: w [V, D] at ids [B, T] along V is [B, T, D]; h [B, T, D] at ids [B] along T is [B, D].
 */
export function gather<S extends Shape, I extends Shape, const N extends Names<S>>(
  x: Tensor<S>,
  ids: Tensor<I>,
  along: N,
): Tensor<Gathered<S, I, N>> {
  findDim('gather', 'x', x, along);
  if (ids.type !== 'i32') throw shapeError('gather', { x, ids }, `ids are ${ids.type}; use toInt`);
  for (const d of ids.shape) {
    const match = x.shape.find((other) => other.name === d.name);
    if (d.name === along || (match && !equalExtents(match.extent, d.extent))) {
      throw shapeError('gather', { x, ids }, `${d.name} of ids clashes with that of x; rename one`);
    }
  }
  const fresh = ids.shape.filter((d) => !x.shape.some((other) => other.name === d.name));
  const shape = x.shape.flatMap((d) => (d.name === along ? fresh : [d]));
  return makeTensor(gatherOperator, [x, ids], along, shape, x.type) as unknown as Tensor<Gathered<S, I, N>>;
}
