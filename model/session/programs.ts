// The programs of one model on one engine, whichever device that has: compiled when first needed, again after a loss.
import type { Sizes } from '../../dsl/index.ts';
import { type DeviceLoss, DeviceLostError } from '../../runtime/loss.ts';
import type { Executable, HostArray, RunOptions } from '../../runtime/seam.ts';
import { MmgemError } from '../errors.ts';
import { Journal } from './journal.ts';
import {
  type LoadedMemory,
  LoadedPrograms,
  type OnProgress,
  type ProgramKey,
  type ProgramsOptions,
} from './loaded-programs.ts';
import { Turns } from './turns.ts';

export type { GraphEngine, OnProgress, ProgramKey, ProgramMemory, ProgramsOptions } from './loaded-programs.ts';

/**
 * When the device is lost, the work at hand is done again on the next one: programs are compiled and parameters read from
 * their source as they are needed, and states made again by the runs of the turn that made them. Each loss is told.
 */
export class Programs {
  readonly #options: ProgramsOptions;
  #loaded: LoadedPrograms;
  readonly #turns = new Turns();
  #journal = new Journal();
  #closing: Promise<void> | undefined;

  constructor(options: ProgramsOptions) {
    this.#options = options;
    this.#loaded = new LoadedPrograms(options);
  }

  /** Compiles a program and puts its parameters in place, unless that was done before. */
  prepare(key: ProgramKey, onProgress?: OnProgress): Promise<Executable> {
    return this.#lasting((loaded) => loaded.prepare(key, onProgress));
  }

  /** Prepares several programs: they are compiled side by side, and get their parameters one after the other. */
  prepareAll(keys: readonly ProgramKey[], onProgress?: OnProgress): Promise<void> {
    return this.#lasting(async (loaded) => {
      for (const key of keys) {
        loaded.compile(key, onProgress).catch(() => {}); // what fails is told when it is prepared
        await nextTurn(); // writing a graph down takes a while, and nothing else runs meanwhile
      }
      for (const key of keys) await loaded.prepare(key, onProgress);
    });
  }

  /** Reads the parameters of all programs again, after their source has changed. No program runs meanwhile. */
  refresh(): Promise<void> {
    const before = this.#loaded;
    return this.#lasting(async (loaded) => {
      if (loaded === before) await loaded.refresh(); // others read them when they are needed
    });
  }

  /**
   * Runs `work` when all earlier turns are over, however they ended. What uses the states of a model, the feature map and the
   * cache, takes a turn and begins by making them: they do not outlast it.
   */
  turn<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns.take(async () => {
      this.#journal = new Journal();
      try {
        return await work();
      } finally {
        this.#journal = new Journal();
      }
    });
  }

  /** Runs a program. */
  run(
    key: ProgramKey,
    inputs: Readonly<Record<string, HostArray>>,
    sizes: Sizes,
    options?: RunOptions,
  ): Promise<Record<string, HostArray>> {
    const run = { key, inputs, sizes };
    return this.#lasting(async (loaded) => {
      const { step } = await loaded.prepare(key);
      if (!step.buffers.some(({ role }) => role === 'state')) return loaded.run(run, options);
      const journal = this.#journal;
      await journal.restore(loaded);
      const outputs = await loaded.run(run, options);
      journal.add(run);
      return outputs;
    });
  }

  /** Names of the programs that have been compiled. */
  get compiled(): readonly string[] {
    return this.#loaded.names;
  }

  /** Bytes of parameters and states, and what each program took when it last ran. */
  memory(): LoadedMemory {
    return this.#loaded.memory();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** @throws MmgemError when the model was closed */
  assertOpen(): void {
    if (this.#closing) throw new MmgemError(`model ${this.#options.name} was closed; load it again.`);
  }

  async #close(): Promise<void> {
    await this.#loaded.close();
    await this.#options.weights.close();
  }

  /** Does work on what is on the device, and again on the next device when that is lost. */
  async #lasting<T>(work: (loaded: LoadedPrograms) => Promise<T>): Promise<T> {
    const losses = new Set<DeviceLoss>();
    for (;;) {
      this.assertOpen();
      const loaded = this.#loaded;
      try {
        return await work(loaded);
      } catch (error) {
        // A loss that comes again after all was made anew is that of something else, such as the source of the weights.
        if (!(error instanceof DeviceLostError) || losses.has(error.loss)) throw error;
        losses.add(error.loss);
        await this.#replace(loaded, error, losses.size);
      }
    }
  }

  /** Puts others in the place of what was on a lost device: once, however many calls ask. */
  async #replace(lost: LoadedPrograms, error: DeviceLostError, losses: number): Promise<void> {
    const { name, engine, onWarning } = this.#options;
    if (!engine.recover) throw error;
    const recovered = await engine.recover(error, losses);
    if (this.#loaded !== lost) return;
    this.#loaded = new LoadedPrograms(this.#options);
    const { length } = this.#journal;
    const replayed = length > 0 ? ` and ${length} run${length === 1 ? '' : 's'} replayed` : '';
    onWarning?.(`${recovered}. The weights of ${name} are loaded again${replayed}`);
  }
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));
