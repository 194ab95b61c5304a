/** What is said of repeated measurements: medians and quartiles, which one disturbed run does not move. */

export interface Summary {
  readonly median: number;
  /** The first and third quartile: half of all measurements lie between them. */
  readonly quartiles: readonly [number, number];
  readonly least: number;
  readonly count: number;
}

/** The value below which a fraction of all values lies, by linear interpolation between neighbours. */
export function quantile(values: readonly number[], fraction: number): number {
  if (values.length === 0) throw new RangeError('there is no quantile of no values');
  const ascending = values.toSorted((a, b) => a - b);
  const at = fraction * (ascending.length - 1);
  const [low, high] = [ascending[Math.floor(at)]!, ascending[Math.ceil(at)]!];
  return low + (high - low) * (at - Math.floor(at));
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

export function summary(values: readonly number[]): Summary {
  return {
    median: median(values),
    quartiles: [quantile(values, 0.25), quantile(values, 0.75)],
    least: quantile(values, 0),
    count: values.length,
  };
}

/** The interquartile range as a fraction of the median. */
export const spread = ({ median: middle, quartiles: [low, high] }: Summary): number => (high - low) / middle;

/** max |a − b| / (max |b| + 1e-6); infinite where lengths differ or a value is no number. */
export function relativeError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let [difference, largest] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    const here = Math.abs(a[i]! - b[i]!);
    if (Number.isNaN(here)) return Number.POSITIVE_INFINITY;
    difference = Math.max(difference, here);
    largest = Math.max(largest, Math.abs(b[i]!));
  }
  return difference / (largest + 1e-6);
}
