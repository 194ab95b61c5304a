// Generated text as it comes.
import { MmgemError } from '../errors.ts';
import type { DecodeStream } from '../tokenizer.ts';

/** Makes the tokens of one text and hands each on; stops with an error when the signal says so. */
export type Generation = (onToken: (id: number) => void, signal: AbortSignal) => Promise<void>;

/** What makes text of tokens as they come. */
export type TextDecoding = Pick<DecodeStream, 'push' | 'end'>;

/**
 * A text that is being generated: `for await (const piece of stream)` gives it piece by piece, `text()` as a whole, `ids()` as
 * tokens. Generation begins with the first of these and does not wait for who reads; breaking off the loop stops it.
 */
export class TextStream implements AsyncIterable<string> {
  readonly #generate: Generation;
  /** Makes what turns tokens into text, for each reader anew; throws MmgemError where there is no tokenizer. */
  readonly decoder: () => TextDecoding;
  readonly #own = new AbortController();
  readonly #signal: AbortSignal;
  readonly #ids: number[] = [];
  #running: Promise<void> | undefined;
  #state: 'running' | 'done' | { readonly error: unknown } = 'running';
  #changed: () => void = () => {};
  #change: Promise<void> = Promise.resolve();

  /** @param decoder makes a decoder for the text; throws where there is no tokenizer */
  constructor(generate: Generation, decoder: () => TextDecoding, signal?: AbortSignal) {
    this.#generate = generate;
    this.decoder = decoder;
    this.#signal = signal ? AbortSignal.any([signal, this.#own.signal]) : this.#own.signal;
  }

  /** The text in pieces, mostly words. */
  async *[Symbol.asyncIterator](): AsyncGenerator<string, void> {
    const decoder = this.decoder();
    try {
      for await (const id of this.tokens()) {
        const piece = decoder.push(id);
        if (piece !== '') yield piece;
      }
      const rest = decoder.end();
      if (rest !== '') yield rest;
    } finally {
      // Reached before the end when the reader breaks off.
      if (this.#state === 'running') this.#own.abort(new MmgemError('the reader of the text broke off'));
    }
  }

  /** The whole text. */
  async text(): Promise<string> {
    const pieces: string[] = [];
    for await (const piece of this) pieces.push(piece);
    return pieces.join('');
  }

  /** All token ids, without EOS. */
  async ids(): Promise<readonly number[]> {
    const ids: number[] = [];
    for await (const id of this.tokens()) ids.push(id);
    return ids;
  }

  /** The tokens as they come, from the first on, for each reader anew. */
  async *tokens(): AsyncGenerator<number, void> {
    this.#running ??= this.#run();
    for (let at = 0; ; ) {
      const change = this.#change;
      while (at < this.#ids.length) yield this.#ids[at++]!;
      if (this.#state === 'done') return;
      if (this.#state !== 'running') throw this.#state.error;
      await change;
    }
  }

  async #run(): Promise<void> {
    this.#announce();
    try {
      this.#signal.throwIfAborted();
      await this.#generate((id) => {
        this.#ids.push(id);
        this.#announce();
      }, this.#signal);
      this.#state = 'done';
    } catch (error) {
      this.#state = { error };
    }
    this.#changed();
  }

  /** Wakes who waits, and makes a new change to wait for. */
  #announce(): void {
    this.#changed();
    this.#change = new Promise((resolve) => {
      this.#changed = resolve;
    });
  }
}
