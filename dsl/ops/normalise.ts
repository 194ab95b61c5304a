/** Softmax and norms along one dimension, composed; fusion makes one row kernel of each. */
import type { Dim, Shape } from '../dim.ts';
import { equalExtents } from '../extent.ts';
import { type Names, shapeError, type Tensor, type Without } from '../tensor.ts';
import { add, div, exp, log, maximum, mul, type Operand, rsqrt, sqrt, square, sub } from './elementwise.ts';
import { detach } from './passing.ts';
import { max, mean, sum } from './reduce.ts';

/** A tensor that lacks dimensions of S, as an operand beside one that has them. */
const within = <S extends Shape>(x: Tensor): Operand<S> => x as unknown as Operand<S>;

/** The largest element, which shifts exponents and changes no result: nothing flows through it. */
const shiftOf = (x: Tensor, along: string): Tensor => detach(max(x, along) as Tensor);

/** exp(x) / Σ exp(x), shifted by the largest element. */
export function softmax<S extends Shape, const N extends Names<S>>(x: Tensor<S>, along: N): Tensor<S> {
  const weights = exp(sub(x, within<S>(shiftOf(x as Tensor, along))));
  return div(weights, within<S>(sum(weights, along) as Tensor));
}

/** ln Σ exp(x), shifted by the largest element. */
export function logSumExp<S extends Shape, const N extends Names<S>>(x: Tensor<S>, along: N): Tensor<Without<S, N>> {
  const largest = shiftOf(x as Tensor, along);
  const total: Tensor = sum(exp(sub(x, within<S>(largest))), along) as Tensor;
  return add(log(total), largest as Operand<Shape>) as unknown as Tensor<Without<S, N>>;
}

/** ln softmax(x) */
export function logSoftmax<S extends Shape, const N extends Names<S>>(x: Tensor<S>, along: N): Tensor<S> {
  return sub(x, within<S>(logSumExp(x, along) as Tensor));
}

/** @throws ShapeError when the last dimension of x is not the only one of the weight and the bias */
function checkLast(operator: string, x: Tensor, vectors: Readonly<Record<string, Tensor>>): void {
  const last = x.shape.at(-1);
  for (const [name, vector] of Object.entries(vectors)) {
    const [only, ...others] = vector.shape;
    if (last && only && others.length === 0 && only.name === last.name && equalExtents(only.extent, last.extent))
      continue;
    throw shapeError(operator, { x, [name]: vector }, `${name} must have the last dimension of x alone`);
  }
}

/** (x − mean) / √(variance + ε) · weight + bias along the last dimension: x [..., W], weight and bias [W]. */
export function layerNorm<S extends readonly Dim[], W extends string>(
  x: Tensor<readonly [...S, Dim<W>]>,
  weight: Tensor<readonly [Dim<NoInfer<W>>]>,
  bias: Tensor<readonly [Dim<NoInfer<W>>]>,
  epsilon: number,
): Tensor<readonly [...S, Dim<W>]> {
  const input = x as Tensor;
  checkLast('layerNorm', input, { weight: weight as Tensor, bias: bias as Tensor });
  const along = weight.shape[0].name;
  const centred = sub(input, within(mean(input, along)));
  const scale = rsqrt(add(mean(square(centred), along) as Tensor, epsilon));
  const normal = mul(centred, within(scale));
  return add(mul(normal, within(weight as Tensor)), within(bias as Tensor)) as unknown as Tensor<
    readonly [...S, Dim<W>]
  >;
}

/** x / √(mean x² + ε) · weight along the last dimension (Zhang & Sennrich 2019): x [..., W], weight [W]. */
export function rmsNorm<S extends readonly Dim[], W extends string>(
  x: Tensor<readonly [...S, Dim<W>]>,
  weight: Tensor<readonly [Dim<NoInfer<W>>]>,
  epsilon: number,
): Tensor<readonly [...S, Dim<W>]> {
  const input = x as Tensor;
  checkLast('rmsNorm', input, { weight: weight as Tensor });
  const scale = rsqrt(add(mean(square(input), weight.shape[0].name) as Tensor, epsilon));
  return mul(mul(input, within(scale)), within(weight as Tensor)) as unknown as Tensor<readonly [...S, Dim<W>]>;
}

/** x / max(‖x‖₂, 1e-12) */
export function l2Normalize<S extends Shape, const N extends Names<S>>(x: Tensor<S>, along: N): Tensor<S> {
  const norm = sqrt(sum(square(x), along) as Tensor);
  return div(x, within<S>(maximum(norm, 1e-12)));
}
