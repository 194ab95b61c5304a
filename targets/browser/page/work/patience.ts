/** Speaks up when nothing has moved for a while: once, and never after its end. */
export class Patience {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #over = false;
  readonly #milliseconds: number;
  readonly #speak: () => void;

  constructor(milliseconds: number, speak: () => void) {
    this.#milliseconds = milliseconds;
    this.#speak = () => {
      this.end();
      speak();
    };
    this.moved();
  }

  /** Begins to wait anew. */
  moved(): void {
    clearTimeout(this.#timer);
    if (!this.#over) this.#timer = setTimeout(this.#speak, this.#milliseconds);
  }

  end(): void {
    this.#over = true;
    clearTimeout(this.#timer);
  }
}
