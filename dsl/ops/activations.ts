/** Activation functions, composed of elementwise ones. */
import type { Shape } from '../dim.ts';
import type { Tensor } from '../tensor.ts';
import { add, erf, exp, log, maximum, mul, neg, type Operand, sigmoid, sub } from './elementwise.ts';
import { detach } from './passing.ts';

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

/** ln(1 + eˣ) = m + ln(e⁻ᵐ + eˣ⁻ᵐ), without overflow for m = max(x, 0), through which nothing needs to flow. */
export function softplus<S extends Shape>(x: Tensor<S>): Tensor<S> {
  const shift = detach(relu(x));
  return add(shift, same(log(add(exp(neg(shift)), same(exp(sub(x, same(shift))))))));
}
