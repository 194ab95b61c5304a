// What a measure gives: a value, over how many cases, and what blind guessing would reach.

export interface Measure {
  readonly value: number;
  /** A share is from 0 to 1; a score has a scale of its own. */
  readonly kind: 'share' | 'score';
  /** How many cases the value is the mean of. */
  readonly cases: number;
  /** The share that blind guessing reaches, where that is known. */
  readonly chance?: number;
}

/** The arithmetic mean. @throws RangeError of nothing */
export function mean(values: Iterable<number>): number {
  let [sum, count] = [0, 0];
  for (const value of values) {
    sum += value;
    count++;
  }
  if (count === 0) throw new RangeError('the mean of no values');
  return sum / count;
}

/** The share of cases that hold, one entry a case; with `chances`, what blind guessing reaches in each. */
export function share(holds: readonly boolean[], chances?: readonly number[]): Measure {
  const value = mean(holds.map(Number));
  return { value, kind: 'share', cases: holds.length, ...(chances && { chance: mean(chances) }) };
}

/**
 * The chance that at least one of `right` among n candidates is among `k` that are drawn without looking:
 * 1 − C(n − right, k) / C(n, k).
 */
export function chanceOfHit(right: number, candidates: number, k: number): number {
  let missed = 1;
  for (let drawn = 0; drawn < Math.min(k, candidates); drawn++) {
    missed *= Math.max(0, candidates - right - drawn) / (candidates - drawn);
  }
  return 1 - missed;
}
