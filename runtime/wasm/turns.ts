/** Who may touch the shared memory when: runs one at a time, in the order in which they were asked for; reads and writes together. */

type Kind = 'alone' | 'together';

interface Waiting {
  readonly kind: Kind;
  readonly start: () => void;
}

export class Turns {
  #waiting: Waiting[] = [];
  #active = 0;
  #activeKind: Kind = 'together';

  /** Runs the task when nothing else is in progress. */
  alone<T>(task: () => Promise<T>): Promise<T> {
    return this.#take('alone', task);
  }

  /** Runs the task when none that must be alone is in progress or was asked for before. */
  together<T>(task: () => Promise<T>): Promise<T> {
    return this.#take('together', task);
  }

  async #take<T>(kind: Kind, task: () => Promise<T>): Promise<T> {
    if (!this.#mayStart(kind)) await new Promise<void>((start) => this.#waiting.push({ kind, start }));
    else this.#begin(kind);
    try {
      return await task();
    } finally {
      this.#active--;
      this.#startNext();
    }
  }

  #mayStart(kind: Kind): boolean {
    return this.#active === 0 || (kind === 'together' && this.#activeKind === 'together' && this.#waiting.length === 0);
  }

  #begin(kind: Kind): void {
    this.#active++;
    this.#activeKind = kind;
  }

  #startNext(): void {
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      if (this.#active > 0 && !(next.kind === 'together' && this.#activeKind === 'together')) return;
      this.#waiting.shift();
      this.#begin(next.kind);
      next.start();
    }
  }
}
