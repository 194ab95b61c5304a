// Positional embeddings for another image size.

/** Keys' cubic kernel with a = −0.5, as Pillow and PyTorch's antialiased bicubic have it. */
function cubic(distance: number): number {
  const x = Math.abs(distance);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  if (x < 2) return ((-0.5 * x + 2.5) * x - 4) * x + 2;
  return 0;
}

/** For one output position: the first input position and the weights from there on; they sum to 1. */
interface Taps {
  readonly first: number;
  readonly weights: readonly number[];
}

/** Taps of a resize of one axis, align_corners off; the kernel widens when the axis shrinks. */
function resizeTaps(from: number, to: number): Taps[] {
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  return Array.from({ length: to }, (_, i) => {
    const center = scale * (i + 0.5);
    const first = Math.max(0, Math.trunc(center - 2 * stretch + 0.5));
    const last = Math.min(from, Math.trunc(center + 2 * stretch + 0.5));
    const raw = Array.from({ length: last - first }, (_, j) => cubic((first + j - center + 0.5) / stretch));
    const sum = raw.reduce((a, b) => a + b, 0);
    return { first, weights: raw.map((weight) => weight / sum) };
  });
}

/**
 * Resizes the grid of a positional embedding [1 + from·from, width] to [1 + to·to, width]; the class position stays.
 * The values are those of torch.nn.functional.interpolate(mode='bicubic', antialias=True, align_corners=False).
 */
export function resizePositions(positions: Float32Array, from: number, to: number, width: number): Float32Array {
  const taps = resizeTaps(from, to);
  const rows = new Float64Array(from * to * width); // resized along x: [from, to, width]
  for (let y = 0; y < from; y++) {
    for (const [x, { first, weights }] of taps.entries()) {
      for (const [k, weight] of weights.entries()) {
        const source = (1 + y * from + first + k) * width;
        const target = (y * to + x) * width;
        for (let c = 0; c < width; c++) rows[target + c]! += weight * positions[source + c]!;
      }
    }
  }
  const grid = new Float64Array(to * to * width);
  for (const [y, { first, weights }] of taps.entries()) {
    for (const [k, weight] of weights.entries()) {
      const source = (first + k) * to * width;
      const target = y * to * width;
      for (let c = 0; c < to * width; c++) grid[target + c]! += weight * rows[source + c]!;
    }
  }
  const resized = new Float32Array((1 + to * to) * width);
  resized.set(positions.subarray(0, width));
  resized.set(grid, width);
  return resized;
}
