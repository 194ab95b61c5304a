/** Timing in alternation: every contender once a round, so that a noisy machine disturbs all alike. */

export interface Contender {
  readonly name: string;
  run(): Promise<unknown>;
}

export interface Measurement {
  readonly name: string;
  /** Milliseconds, one a round, ascending. */
  readonly times: readonly number[];
}

export function median(ascending: readonly number[]): number {
  const middle = ascending.length >> 1;
  return ascending.length % 2 ? ascending[middle]! : (ascending[middle - 1]! + ascending[middle]!) / 2;
}

/** Runs each contender `warmUp` times, then all in turn for so many rounds. */
export async function alternate(contenders: readonly Contender[], rounds: number, warmUp = 3): Promise<Measurement[]> {
  for (const { run } of contenders) for (let i = 0; i < warmUp; i++) await run();
  const times = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const { name, run } of contenders) {
      const start = performance.now();
      await run();
      times.get(name)!.push(performance.now() - start);
    }
  }
  return [...times].map(([name, all]) => ({ name, times: all.sort((a, b) => a - b) }));
}

/** max |a − b| / (max |b| + 1e-6) */
export function relativeError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [difference, largest] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    difference = Math.max(difference, Math.abs(a[i]! - b[i]!));
    largest = Math.max(largest, Math.abs(b[i]!));
  }
  return difference / (largest + 1e-6);
}
