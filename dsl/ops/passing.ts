/** Operators that change nothing but what a gradient sees: where it ends, and what it computes anew. */
import type { Shape } from '../dim.ts';
import type { PointwiseOperator } from '../operator.ts';
import { makeTensor, type Tensor } from '../tensor.ts';

function definePassing(name: string): PointwiseOperator {
  return {
    kind: 'pointwise',
    name,
    cost: 'movement',
    meaning: (_, indices, read) => read(0, indices),
    target: (_, indices) => indices,
  };
}

const detachOperator = definePassing('detach');

/** The same elements, through which no gradient flows. */
export function detach<S extends Shape>(x: Tensor<S>): Tensor<S> {
  return makeTensor(detachOperator, [x], null, x.shape, x.type);
}

/** See `checkpoint`: the result, then what the block was made from. */
const checkpointOperator = definePassing('checkpoint');

export const isCheckpoint = ({ operator }: Tensor): boolean => operator === checkpointOperator;

/**
 * block(x), of which the backward pass keeps x alone and computes the rest again (Chen et al. 2016). The block may use parameters and other
 * tensors besides.
 */
export function checkpoint<S extends Shape, R extends Shape>(
  block: (x: Tensor<S>) => Tensor<R>,
  x: Tensor<S>,
): Tensor<R> {
  const result = block(x);
  return makeTensor(checkpointOperator, [result as Tensor, x as Tensor], null, result.shape, result.type);
}

const recomputedOperator = definePassing('recomputed');

/** x under another key: what is computed from it is not what has been computed from x before. */
export function recomputed(x: Tensor): Tensor {
  return makeTensor(recomputedOperator, [x], null, x.shape, x.type);
}
