// The language model step by step: a beginning, then one token a row each time, on the cache.
import type { HostArray } from '../../runtime/seam.ts';
import { MmgemError } from '../errors.ts';
import type { Programs } from '../session/programs.ts';
import type { Strategy } from './options.ts';

/** What stands before the generated tokens: the prefix that lies in its state, or token ids, [rows, tokens]. */
export interface Beginning {
  readonly rows: number;
  readonly tokens: number;
  readonly ids?: Int32Array;
}

/** Inputs and results of choosing tokens, by name. */
export type Arrays = Readonly<Record<string, HostArray>>;

export interface StepsOptions {
  readonly strategy: Strategy;
  /** Candidates that a beam search asks for in each row. */
  readonly candidates?: number;
  /** Tokens that a row may come to have. */
  readonly capacity: number;
}

/** One generation's way through the cache. Nothing but token ids (for beams with their scores) is read back. */
export class Steps {
  readonly #programs: Programs;
  readonly #options: StepsOptions;
  /** Tokens in the cache. */
  #past = 0;

  constructor(programs: Programs, options: StepsOptions) {
    this.#programs = programs;
    this.#options = options;
  }

  /** Takes in the beginning and chooses the first token of each row. */
  async begin({ rows, tokens, ids }: Beginning, selection: Arrays): Promise<Arrays> {
    const source = ids ? 'prompt' : 'prefill';
    return this.#run(source, tokens, { ...(ids && { ids }), ...selection }, { B: rows, T: tokens });
  }

  /** Takes in one token a row and chooses the next. */
  async next(ids: Int32Array, selection: Arrays): Promise<Arrays> {
    return this.#run('decode', 1, { ids, ...selection }, { B: ids.length });
  }

  /** Makes row i go on from what row `from`[i] had. */
  async reorder(from: Int32Array): Promise<void> {
    if (from.every((row, i) => row === i)) return;
    const sizes = { B: from.length, P: this.#past, capacity: this.#options.capacity };
    await this.#programs.run({ name: 'reorderCache' }, { from }, sizes, { outputs: [] });
  }

  async #run(
    source: 'prefill' | 'prompt' | 'decode',
    tokens: number,
    inputs: Arrays,
    sizes: Readonly<Record<string, number>>,
  ): Promise<Arrays> {
    const { strategy, candidates, capacity } = this.#options;
    if (this.#past + tokens > capacity) {
      throw new MmgemError(`the cache has room for ${capacity} tokens, and ${this.#past} + ${tokens} are needed.`);
    }
    const key = { name: `${source}.${strategy}` as const, ...(strategy === 'beam' && { candidates: candidates ?? 1 }) };
    const result = await this.#programs.run(key, inputs, { ...sizes, P: this.#past, capacity });
    this.#past += tokens;
    return result;
  }
}
