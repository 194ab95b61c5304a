/** Rotary position embedding (Su et al. 2021) in Llama's rotate_half form. */
import type { Dim } from '../dim.ts';
import { equalExtents, multiplyExtents } from '../extent.ts';
import { shapeError, type Tensor } from '../tensor.ts';
import { add, cos, mul, sin, sub, toFloat } from './elementwise.ts';
import { expand } from './movement.ts';
import { concat, slice } from './parts.ts';

/** θ^(−2i / width) for i = 0 … width / 2 − 1, each rounded once: the `frequencies` of `rope`. */
export function ropeFrequencies(width: number, theta: number): Float32Array {
  return Float32Array.from({ length: width / 2 }, (_, i) => theta ** ((-2 * i) / width));
}

/**
 * Rotates the pairs (i, i + K/2) of the last dimension by position · frequency[i]. x [..., T, K]; positions [T] as i32;
 * frequencies [K/2], see `ropeFrequencies`.
 * @throws ShapeError when there is not one frequency for every pair, or one position for every token.
 */
export function rope<S extends readonly Dim[], T extends string, K extends string>(
  x: Tensor<readonly [...S, Dim<T>, Dim<K>]>,
  positions: Tensor<readonly [Dim<NoInfer<T>>]>,
  frequencies: Tensor<readonly [Dim<NoInfer<K>>]>,
): Tensor<readonly [...S, Dim<T>, Dim<K>]> {
  const input = x as Tensor;
  const [{ name, extent: width }, half] = [input.shape.at(-1)!, frequencies.shape[0]];
  if (!equalExtents(multiplyExtents(half.extent, 2), width)) {
    throw shapeError(
      'rope',
      { x: input, frequencies: frequencies as Tensor },
      `there must be half as many frequencies as ${name}`,
    );
  }
  const [tokens, due] = [positions.shape[0], input.shape.at(-2)];
  if (!due || tokens.name !== due.name || !equalExtents(tokens.extent, due.extent)) {
    throw shapeError(
      'rope',
      { x: input, positions: positions as Tensor },
      'positions belong to the last dimension but one of x',
    );
  }
  const angles = mul(expand(toFloat(positions), [tokens, half]), frequencies as Tensor) as Tensor;
  const [cosine, sine] = [cos(angles), sin(angles)];
  const [low, high] = [slice(input, name, { end: half.extent }), slice(input, name, { start: half.extent })];
  const rotated = concat([sub(mul(low, cosine), mul(high, sine)), add(mul(high, cosine), mul(low, sine))], name);
  return rotated as unknown as Tensor<readonly [...S, Dim<T>, Dim<K>]>;
}
