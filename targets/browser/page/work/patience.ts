/** Speaks up once when nothing has moved for a while. */
export class Patience {
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #milliseconds: number;
  readonly #speak: () => void;

  constructor(milliseconds: number, speak: () => void) {
    this.#milliseconds = milliseconds;
    this.#speak = speak;
    this.moved();
  }

  /** Begins to wait anew. */
  moved(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#speak, this.#milliseconds);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
