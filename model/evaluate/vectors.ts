// Embeddings as plain vectors: products, means, checks.
import { MmgemError } from '../errors.ts';

/** The product of two vectors of one length; of unit vectors, their cosine. The order of summation is always the same. */
export function dot(a: Float32Array, b: Float32Array): number {
  // Four sums at a time, so that the processor need not wait for one addition to begin the next.
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  const whole = a.length - (a.length % 4);
  for (let i = 0; i < whole; i += 4) {
    s0 += a[i]! * b[i]!;
    s1 += a[i + 1]! * b[i + 1]!;
    s2 += a[i + 2]! * b[i + 2]!;
    s3 += a[i + 3]! * b[i + 3]!;
  }
  for (let i = whole; i < a.length; i++) s0 += a[i]! * b[i]!;
  return s0 + s1 + (s2 + s3);
}

/** The mean of unit vectors, made a unit vector again. @throws MmgemError when they cancel out */
export function meanDirection(vectors: readonly Float32Array[]): Float32Array {
  const [first] = vectors as readonly [Float32Array, ...Float32Array[]];
  const sum = Float64Array.from(first, (_, i) => vectors.reduce((total, vector) => total + vector[i]!, 0));
  const length = Math.hypot(...sum);
  if (length > 0) return Float32Array.from(sum, (value) => value / length);
  throw new MmgemError(
    `${vectors.length} embeddings cancel out, so that their mean has no direction. Give other texts.`,
  );
}

/** @throws MmgemError naming the embedding that holds something else than finite numbers: with it every rank would be wrong */
export function checkFinite(embedding: Float32Array, of: string): void {
  if (embedding.every(Number.isFinite)) return;
  throw new MmgemError(
    `the embedding of ${of} is not made of finite numbers. The model's weights are broken; check them.`,
  );
}
