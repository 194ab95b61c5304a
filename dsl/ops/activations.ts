/** Activation functions, composed of elementwise ones. */
import type { Shape } from '../dim.ts';
import type { Tensor } from '../tensor.ts';
import { abs, add, erf, exp, log, maximum, mul, neg, type Operand, sigmoid } from './elementwise.ts';

const same = <S extends Shape>(x: Tensor<S>): Operand<S> => x as Operand<S>;

/** x · Φ(x), exactly (Hendrycks & Gimpel 2016). */
export function gelu<S extends Shape>(x: Tensor<S>): Tensor<S> {
  return mul(mul(x, 0.5), same(add(erf(mul(x, Math.SQRT1_2)), 1)));
}

/** x · σ(1.702 x), as in OpenAI's CLIP. */
export function quickGelu<S extends Shape>(x: Tensor<S>): Tensor<S> {
  return mul(x, same(sigmoid(mul(x, 1.702))));
}

/** x · σ(x), also called swish. */
export function silu<S extends Shape>(x: Tensor<S>): Tensor<S> {
  return mul(x, same(sigmoid(x)));
}

/** max(x, 0) */
export function relu<S extends Shape>(x: Tensor<S>): Tensor<S> {
  return maximum(x, 0);
}

/** ln(1 + eˣ), without overflow. */
export function softplus<S extends Shape>(x: Tensor<S>): Tensor<S> {
  return add(relu(x), same(log(add(exp(neg(abs(x))), 1))));
}
