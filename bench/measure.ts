/** Timing in alternation: every contender once a round, so that a noisy machine disturbs all alike. */
import { median } from './statistics.ts';

export { median, relativeError } from './statistics.ts';

export interface Sampled {
  readonly name: string;
  /** Milliseconds of a run, or of several. */
  sample(): Promise<readonly number[]>;
}

export interface Measurement {
  readonly name: string;
  /** Milliseconds of a run in each round: the median of the round's samples; null in rounds that the contender sat out. */
  readonly rounds: readonly (number | null)[];
  /** Every sample, in order. */
  readonly samples: readonly number[];
  /** Why it takes no further part, if it failed. */
  readonly failure?: string;
}

export interface Schedule {
  readonly leastRounds: number;
  readonly mostRounds: number;
  /** What a contender may take in all; beyond that it takes part in the least number of rounds alone. */
  readonly milliseconds: number;
  /** Between two contenders: threads that wait awake for more work go to sleep. */
  readonly rest: number;
}

interface Clock {
  now(): number;
  wait(milliseconds: number): Promise<void>;
}

const realClock: Clock = {
  now: () => performance.now(),
  wait: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};

/** Samples all in turn, round after round. */
export async function alternate(
  contenders: readonly Sampled[],
  { leastRounds, mostRounds, milliseconds, rest }: Schedule,
  { now, wait }: Clock = realClock,
): Promise<Measurement[]> {
  const all = contenders.map((contender) => ({
    contender,
    rounds: [] as (number | null)[],
    samples: [] as number[],
    spent: 0,
    failure: undefined as string | undefined,
  }));
  for (let round = 0; round < mostRounds; round++) {
    const taking = all.filter(
      ({ spent, failure }) => failure === undefined && (round < leastRounds || spent < milliseconds),
    );
    // A round of one says nothing about ratios: the others have used up their time.
    if (taking.length === 0 || (round >= leastRounds && all.length > 1 && taking.length === 1)) break;
    for (const one of all) {
      if (!taking.includes(one)) {
        one.rounds.push(null);
        continue;
      }
      await wait(rest);
      const start = now();
      try {
        const samples = await one.contender.sample();
        one.samples.push(...samples);
        one.rounds.push(median(samples));
      } catch (error) {
        // The others go on without it.
        one.failure = error instanceof Error ? error.message : String(error);
        one.rounds.push(null);
      }
      one.spent += now() - start;
    }
  }
  return all.map(({ contender: { name }, rounds, samples, failure }) => ({
    name,
    rounds,
    samples,
    ...(failure !== undefined && { failure }),
  }));
}
