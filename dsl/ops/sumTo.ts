/** Fitting gradients to what they are gradients of. */
import type { Shape } from '../dim.ts';
import type { Tensor } from '../tensor.ts';
import { permute } from './movement.ts';
import { sum } from './reduce.ts';

/**
 * The gradient of a tensor of shape `shape` that was repeated along dimensions to x's shape: sums those dimensions, and orders
 * the others as `shape` does.
 */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  const extra = x.shape.map(({ name }) => name).filter((name) => !shape.some((d) => d.name === name));
  const summed: Tensor = extra.length > 0 ? sum(x, ...extra) : x;
  const names = shape.map(({ name }) => name);
  return summed.shape.every(({ name }, i) => name === names[i]) ? summed : (permute(summed, names) as Tensor);
}
