// What the states on the device were made by, so that they can be made again on another.
import type { LoadedPrograms, ProgramRun } from './loaded-programs.ts';

/**
 * The runs of one turn that use states: the feature map, prefixes, the cache. States cannot be read back from a lost device,
 * but the same runs in the same order make them again to the bit: image features, prefix, prefill, and each token.
 */
export class Journal {
  readonly #runs: ProgramRun[] = [];
  /** The programs in whose states the runs have been carried out. */
  #on: LoadedPrograms | undefined;

  get length(): number {
    return this.#runs.length;
  }

  /** Makes the states of `programs` what the runs make them, unless they are that already. */
  async restore(programs: LoadedPrograms): Promise<void> {
    if (this.#on === programs) return;
    for (const run of this.#runs) await programs.run(run, { outputs: [] });
    this.#on = programs;
  }

  /** Notes a run that has been carried out where the last `restore` was. */
  add(run: ProgramRun): void {
    this.#runs.push(run);
  }
}
