// Axes: which numbers stand at them, and where a value lies between their ends.

export interface Axis {
  /** Numbers at the axis. */
  readonly ticks: readonly number[];
  /** Where a value lies: 0 at the lower end, 1 at the upper. */
  position(value: number): number;
}

/** An axis over a range, its ends moved outwards by a margin. */
export function linearAxis([low, high]: readonly [number, number], count: number, margin = 0.04): Axis {
  const extent = high - low || Math.abs(high) || 1;
  const [from, to] =
    high === low ? [low - extent / 2, high + extent / 2] : [low - margin * extent, high + margin * extent];
  const step = niceStep((to - from) / count);
  const first = Math.ceil(from / step - 1e-9);
  const last = Math.floor(to / step + 1e-9);
  return {
    ticks: Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12))),
    position: (value) => (value - from) / (to - from),
  };
}

/** Powers of ten at even distances; as `linearAxis` where the range does not span two of them. */
export function logAxis(range: readonly [number, number], count: number): Axis {
  const [low, high] = range.map(Math.log10) as [number, number];
  if (!(range[0] > 0) || Math.floor(high) - Math.ceil(low) < 1) return linearAxis(range, count);
  const inner = linearAxis([low, high], count);
  return {
    ticks: inner.ticks.filter(Number.isInteger).map((power) => 10 ** power),
    position: (value) => inner.position(Math.log10(value)),
  };
}

/** One of 1, 2, 5, 10 × 10ⁿ: the least that is not much below `step`. */
function niceStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  return power * ([1, 2, 5].find((factor) => factor * power >= 0.75 * step) ?? 10);
}
