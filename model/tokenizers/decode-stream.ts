// Text out of token ids as they come, in whole characters.

/** Stands at the end of a text whose last character is incomplete. */
const replacement = '\uFFFD';

/**
 * Decodes one id at a time. A character may be spread over several ids, one per byte; it comes out with the last of
 * them. All that `push` and `end` return, joined, is what decoding the ids at once gives.
 */
export class DecodeStream {
  readonly #decode: (ids: readonly number[]) => string;
  readonly #isText: (id: number) => boolean;
  /** The latest complete ids and the incomplete ones behind them. */
  #window: number[] = [];
  /** How many of the window's ids are complete; they stay because a leading space is dropped only at the beginning. */
  #complete = 0;
  /** How many UTF-16 units of the window's text have been returned. */
  #returned = 0;

  constructor(decode: (ids: readonly number[]) => string, isText: (id: number) => boolean) {
    this.#decode = decode;
    this.#isText = isText;
  }

  /** The text that this id completes: often a word, '' inside of a character and for ids that are no text. */
  push(id: number): string {
    if (!this.#isText(id)) return '';
    this.#window.push(id);
    const text = this.#decode(this.#window);
    const isComplete = !text.endsWith(replacement);
    const settled = isComplete ? text.length : text.length - replacement.length;
    const piece = text.slice(this.#returned, settled);
    this.#returned = Math.max(this.#returned, settled);
    if (isComplete) this.#shorten();
    return piece;
  }

  /** What is left when no id follows: U+FFFD in place of a character that stayed incomplete, mostly ''. */
  end(): string {
    const rest = this.#decode(this.#window).slice(this.#returned);
    this.#window = [];
    this.#complete = 0;
    this.#returned = 0;
    return rest;
  }

  /** Keeps the newest complete ids alone, so that the work per id does not grow with the text. */
  #shorten(): void {
    this.#window = this.#window.slice(this.#complete);
    this.#complete = this.#window.length;
    this.#returned = this.#decode(this.#window).length;
  }
}
