/** How far the results of one backend lie from those of another. */

/** What the whole path gave on one backend. */
export interface Results {
  /** Every embedding and the heat map, in the same order on each backend. */
  readonly numbers: readonly Float32Array[];
  /** Every caption. */
  readonly texts: readonly string[];
}

export interface Agreement {
  /** The largest of max |a − b| / max |b| over all vectors. */
  readonly difference: number;
  /** Captions that are the same, of how many. */
  readonly sameTexts: number;
  readonly texts: number;
}

export function compare(a: Results, b: Results): Agreement {
  const differences = a.numbers.map((vector, i) => relativeDifference(vector, b.numbers[i]!));
  const sameTexts = a.texts.filter((text, i) => text === b.texts[i]).length;
  return { difference: Math.max(0, ...differences), sameTexts, texts: a.texts.length };
}

function relativeDifference(a: Float32Array, b: Float32Array): number {
  let [difference, largest] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    difference = Math.max(difference, Math.abs(a[i]! - b[i]!));
    largest = Math.max(largest, Math.abs(b[i]!));
  }
  return difference / largest;
}
