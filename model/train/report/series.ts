// Curves of many points made fit for a page: smoothed, and thinned without losing their peaks.

/** A value that is no finite number is null, and a gap in the curve. */
export type Values = readonly (number | null)[];

/** Values over steps. */
export interface Curve {
  readonly steps: readonly number[];
  readonly values: Values;
}

/**
 * The mean over the `span` values around each. At the beginning, where curves are steep, the stretch shrinks evenly; at the end it
 * loses only what is not there yet.
 */
export function smoothed(values: Values, span: number): Values {
  const sums = [0];
  const counts = [0];
  for (const [i, value] of values.entries()) {
    sums.push(sums[i]! + (value ?? 0));
    counts.push(counts[i]! + (value === null ? 0 : 1));
  }
  return values.map((value, i) => {
    if (value === null) return null;
    const half = Math.min(span >> 1, i);
    const [from, to] = [i - half, Math.min(values.length, i + half + 1)];
    return (sums[to]! - sums[from]!) / (counts[to]! - counts[from]!);
  });
}

/** The span that shows where a curve of so many points is going. */
export function spanFor(points: number): number {
  return Math.min(500, Math.max(1, Math.round(points / 40)));
}

/** The least and the largest value of each of at most `buckets` stretches, in the order that they come in. */
export function envelope({ steps, values }: Curve, buckets: number): Curve {
  return chosen({ steps, values }, buckets, (from, to) => {
    let [least, largest] = [from, from];
    for (let i = from + 1; i < to; i++) {
      if ((values[i] ?? Number.POSITIVE_INFINITY) < (values[least] ?? Number.POSITIVE_INFINITY)) least = i;
      if ((values[i] ?? Number.NEGATIVE_INFINITY) > (values[largest] ?? Number.NEGATIVE_INFINITY)) largest = i;
    }
    return least === largest ? [least] : [Math.min(least, largest), Math.max(least, largest)];
  });
}

/** The first value, and the last of each of at most `buckets` stretches: for curves that are smooth. */
export function sampled(curve: Curve, buckets: number): Curve {
  return chosen(curve, buckets, (from, to) => (from === 0 && to > 1 ? [0, to - 1] : [to - 1]));
}

function chosen({ steps, values }: Curve, buckets: number, choose: (from: number, to: number) => number[]): Curve {
  const { length } = steps;
  const count = Math.min(length, buckets);
  const bound = (i: number): number => Math.floor((i * length) / count);
  const kept = Array.from({ length: count }, (_, i) => choose(bound(i), bound(i + 1))).flat();
  return { steps: kept.map((i) => steps[i]!), values: kept.map((i) => values[i]!) };
}

/** The range from the quantile `tail` to the quantile 1 − `tail`: a single spike does not flatten all the rest. */
export function spread(values: Values, tail: number): readonly [number, number] | undefined {
  const sorted = values.filter((value) => value !== null).sort((a, b) => a - b);
  if (sorted.length === 0) return undefined;
  const cut = Math.floor(tail * sorted.length);
  return [sorted[cut]!, sorted[sorted.length - 1 - cut]!];
}
