// When something that comes again and again is due.
import type { Cadence } from './run-config.ts';

/** Counts steps of the run, and minutes from when it was last due. */
export class Rhythm {
  readonly #cadence: Cadence;
  readonly #now: () => number;
  #last: number;

  /** @param now milliseconds */
  constructor(cadence: Cadence, now: () => number) {
    this.#cadence = cadence;
    this.#now = now;
    this.#last = now();
  }

  /** Whether it is due behind this step; asked once a step. */
  isDue(step: number): boolean {
    const { steps, minutes } = this.#cadence;
    const bySteps = steps !== undefined && step % steps === 0;
    const byTime = minutes !== undefined && this.#now() - this.#last >= minutes * 60_000;
    if (bySteps || byTime) this.#last = this.#now();
    return bySteps || byTime;
  }
}
