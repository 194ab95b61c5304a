/** A file from a server that knows no ranges: read from the start to the end, a block at a time. */
import { checkAnswer, type Expected, Mismatch, mismatchRemedies } from './answer.ts';
import type { Answer, Client } from './client.ts';

export interface WholeStreamOptions {
  readonly client: Client;
  readonly expected: Expected;
  readonly blockBytes: number;
  /** How the browser's own HTTP cache takes part. */
  readonly cache: RequestCache;
  /** Called with the number of bytes of a block that are there, as they arrive. */
  readonly onBytes: (block: number, got: number) => void;
}

export class WholeStream {
  readonly #options: WholeStreamOptions;
  #chunks: AsyncGenerator<Uint8Array, void> | undefined;
  #cancel: () => void = () => {};
  /** The part of the last piece that no block has taken yet. */
  #rest: Uint8Array = new Uint8Array();
  /** Where in the file the next piece begins. */
  #position = 0;
  #block = 0;

  /** @param answer one with the whole file, of which nothing was read */
  constructor(options: WholeStreamOptions, answer: Answer) {
    this.#options = options;
    this.#listen(answer);
  }

  /** The block that `next` gives. */
  get block(): number {
    return this.#block;
  }

  /** Asks for the file anew, to give `block` next. What comes before it is passed over. */
  restart(block: number): void {
    this.cancel();
    this.#block = block;
  }

  /**
   * The next block.
   * @throws Mismatch when the file is not the expected one, Unreachable, MmgemError when there is none
   */
  async next(): Promise<Uint8Array<ArrayBuffer>> {
    const { client, expected, blockBytes, onBytes } = this.#options;
    const begin = this.#block * blockBytes;
    const bytes = new Uint8Array(Math.min(blockBytes, expected.size - begin));
    let got = 0;
    await client.retry(expected.url, async (progressed) => {
      while (got < bytes.byteLength) {
        const piece = await this.#pieceAt(begin + got);
        if (piece === undefined) throw client.endedEarly(this.#position, expected.size);
        const part = piece.subarray(0, bytes.byteLength - got);
        bytes.set(part, got);
        got += part.byteLength;
        this.#rest = piece.subarray(part.byteLength);
        this.#position += part.byteLength;
        progressed(part.byteLength);
        onBytes(this.#block, got);
      }
      if (this.#position < expected.size) return;
      if ((await this.#pieceAt(expected.size)) !== undefined) {
        const { url, size, from } = expected;
        throw new Mismatch(`${url}: more bytes came than the ${size} according to ${from}. ${mismatchRemedies[from]}`);
      }
    });
    this.#block++;
    return bytes;
  }

  /** Hangs up. */
  cancel(): void {
    this.#cancel();
    this.#chunks = undefined;
  }

  #listen(answer: Answer): void {
    this.#chunks = answer.chunks();
    this.#cancel = answer.cancel;
    this.#rest = new Uint8Array();
    this.#position = 0;
  }

  /** Bytes from `position` on, as many as have arrived; undefined at the end of the file. */
  async #pieceAt(position: number): Promise<Uint8Array | undefined> {
    try {
      const chunks = this.#chunks ?? (await this.#open());
      for (;;) {
        const passed = Math.min(this.#rest.byteLength, position - this.#position);
        this.#rest = this.#rest.subarray(passed);
        this.#position += passed;
        if (this.#rest.byteLength > 0) return this.#rest;
        const { done, value } = await chunks.next();
        if (done) {
          this.#chunks = undefined; // were more to be asked for, it would have to begin anew
          return undefined;
        }
        this.#rest = value;
      }
    } catch (error) {
      this.cancel();
      throw error;
    }
  }

  async #open(): Promise<AsyncGenerator<Uint8Array, void>> {
    const { client, expected, cache } = this.#options;
    const answer = await client.send(expected.url, { cache });
    try {
      checkAnswer(answer.response, expected, 0);
    } catch (error) {
      answer.cancel();
      throw error;
    }
    this.#listen(answer);
    return this.#chunks!;
  }
}
