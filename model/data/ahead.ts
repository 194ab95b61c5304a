// Work that is begun before its result is asked for.

/**
 * Results of work on the items of a stream, in the stream's order. At most `capacity` of them are under way or waiting; as
 * one is taken, work on the next item begins.
 */
export class Ahead<Item, Result> {
  readonly #items: AsyncIterator<Item>;
  readonly #work: (item: Item) => Promise<Result>;
  readonly #waiting: Promise<Result | undefined>[] = [];
  /** Items are read one at a time, so that closing waits for one at most. */
  #reading: Promise<IteratorResult<Item> | undefined> = Promise.resolve(undefined);
  #isClosed = false;

  constructor(items: AsyncIterator<Item>, capacity: number, work: (item: Item) => Promise<Result>) {
    this.#items = items;
    this.#work = work;
    for (let i = 0; i < Math.max(1, capacity); i++) this.#begin();
  }

  /**
   * The next result; undefined when the items have ended.
   * @throws what reading the item or working on it has thrown
   */
  async next(): Promise<Result | undefined> {
    const result = this.#waiting.shift();
    this.#begin();
    return result;
  }

  /** Reads no more items. Results under way are dropped when they come. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#items.return?.();
  }

  #begin(): void {
    this.#reading = this.#reading.then(() => (this.#isClosed ? undefined : this.#items.next()));
    const result = this.#reading.then((read) => (read === undefined || read.done ? undefined : this.#work(read.value)));
    result.catch(() => undefined); // told when its turn comes
    this.#waiting.push(result);
  }
}
