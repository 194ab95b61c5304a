/** One file of a server, read at random by those who parse it and downloaded once, in blocks. */
import { MmgemError } from '../../../model/errors.ts';
import { type ByteSource, checkRange } from '../../../model/files/source.ts';
import { type Expected, Mismatch, mismatchRemedies } from './answer.ts';
import type { Client } from './client.ts';
import { canHash, sha256 } from './hash.ts';
import type { KeptFile } from './kept.ts';
import { blockCount } from './manifest.ts';
import { downloadRange } from './range.ts';
import { WholeStream } from './whole-stream.ts';

export interface RemoteFileOptions {
  readonly expected: Expected;
  readonly client: Client;
  readonly blockBytes: number;
  /** SHA-256 of each block, where they are known. */
  readonly hashes?: readonly string[] | undefined;
  /** Where blocks are kept; undefined when nothing tells versions of the file apart, or nothing is to be kept. */
  readonly kept?: KeptFile | undefined;
  /** Blocks to ask for before they are needed. */
  readonly ahead: number;
  /** Blocks held in memory of which some bytes have not been read yet; more than these are dropped, and downloaded again if need be. */
  readonly held: number;
  /** Called as bytes become available for the first time, with those among them that were downloaded. */
  readonly onBytes: (available: number, downloaded: number) => void;
  readonly onWarning: (message: string) => void;
}

export class RemoteFile implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly #options: RemoteFileOptions;
  readonly #client: Client;
  readonly #closing = new AbortController();
  /** Blocks in memory or on their way there, the one that was needed last at the end. */
  readonly #blocks = new Map<number, Promise<Uint8Array<ArrayBuffer>>>();
  /** Of each block that was read in part, the bytes that were not yet. */
  readonly #unread = new Map<number, number>();
  /** Blocks that were read whole. */
  readonly #spent = new Set<number>();
  /** Bytes of each block that were reported. */
  readonly #reported = new Map<number, number>();
  /** True once the server has sent a part of the file as asked. */
  #hasRanges = false;
  /** Set once the server has sent the whole file where a part was asked for. */
  #stream: WholeStream | undefined;
  /** Blocks that the stream passed over and nothing keeps. */
  readonly #passed = new Map<number, Uint8Array<ArrayBuffer>>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: RemoteFileOptions) {
    this.#options = options;
    this.name = options.expected.url;
    this.size = options.expected.size;
    this.#client = options.client.child(this.#closing.signal);
  }

  async read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    checkRange(this.name, this.size, offset, length);
    const { blockBytes } = this.#options;
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const index = Math.floor((offset + done) / blockBytes);
      const block = await this.#block(index);
      const from = offset + done - index * blockBytes;
      const part = block.subarray(from, Math.min(block.byteLength, from + length - done));
      bytes.set(part, done);
      done += part.byteLength;
      this.#markRead(index, part.byteLength, block.byteLength);
    }
    return bytes;
  }

  async close(): Promise<void> {
    this.#closing.abort(new MmgemError(`${this.name}: was closed while it was read.`));
    this.#stream?.cancel();
    this.#blocks.clear();
    this.#passed.clear();
  }

  /** A block, and those after it on their way. */
  #block(index: number): Promise<Uint8Array<ArrayBuffer>> {
    const block = this.#request(index);
    if (this.#hasRanges) {
      const last = Math.min(index + this.#options.ahead, blockCount(this.size, this.#options.blockBytes) - 1);
      for (let next = index + 1; next <= last; next++) {
        if (!this.#spent.has(next)) this.#request(next).catch(() => {}); // told when the block is needed
      }
    }
    this.#dropOldest();
    return block;
  }

  #request(index: number): Promise<Uint8Array<ArrayBuffer>> {
    const block = this.#blocks.get(index) ?? this.#load(index);
    this.#blocks.delete(index);
    this.#blocks.set(index, block);
    block.catch(() => {
      if (this.#blocks.get(index) === block) this.#blocks.delete(index); // to be tried again when it is next needed
    });
    return block;
  }

  #markRead(index: number, bytes: number, of: number): void {
    const unread = (this.#unread.get(index) ?? of) - bytes;
    this.#unread.set(index, unread);
    if (unread > 0) return;
    this.#spent.add(index);
    this.#unread.delete(index);
    this.#blocks.delete(index);
  }

  #dropOldest(): void {
    const { ahead, held, kept } = this.#options;
    const isKept = kept?.isKeeping ?? false;
    const most = isKept ? ahead + 2 : this.#stream ? Number.POSITIVE_INFINITY : Math.max(held, ahead + 2);
    for (const index of this.#blocks.keys()) {
      if (this.#blocks.size <= most) return;
      this.#blocks.delete(index);
    }
  }

  async #load(index: number): Promise<Uint8Array<ArrayBuffer>> {
    const { kept, hashes } = this.#options;
    this.#client.signal?.throwIfAborted();
    const before = await kept?.read(this.#nameOf(index), hashes?.[index]);
    if (before?.byteLength === this.#lengthOf(index)) {
      this.#report(index, before.byteLength, false);
      return before;
    }
    for (let isAgain = false; ; isAgain = true) {
      try {
        return await this.#download(index, isAgain);
      } catch (error) {
        if (isAgain || !(error instanceof Mismatch)) throw error;
      }
    }
  }

  /** @param isAgain asks the server itself, past caches on the way */
  async #download(index: number, isAgain: boolean): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#stream) return this.#inTurn(this.#stream, index);
    const { expected, blockBytes } = this.#options;
    const begin = index * blockBytes;
    const cache = this.#requestCache(isAgain);
    const onBytes = (got: number) => this.#report(index, got, true);
    const end = begin + this.#lengthOf(index);
    const answer = await downloadRange(this.#client, expected, [begin, end], { cache, onBytes });
    if (answer instanceof Uint8Array) {
      await this.#accept(index, answer);
      this.#hasRanges = true;
      return answer;
    }
    if (this.#stream) answer.cancel();
    this.#stream ??= this.#openStream(answer);
    return this.#inTurn(this.#stream, index);
  }

  /** Where blocks are kept already, the browser need not keep them a second time. */
  #requestCache(isAgain: boolean): RequestCache {
    if (this.#options.kept?.isKeeping) return 'no-store';
    return isAgain ? 'reload' : 'default';
  }

  /** Checks a block that was downloaded, and keeps it. */
  async #accept(index: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const { hashes, kept, expected } = this.#options;
    const due = hashes?.[index];
    const isKeeping = kept?.isKeeping ?? false;
    if (!canHash() || (due === undefined && !isKeeping)) return;
    const hash = await sha256(bytes);
    if (due !== undefined && hash !== due) {
      const begin = index * this.#options.blockBytes;
      throw new Mismatch(
        `${this.name}: bytes ${begin} to ${begin + bytes.byteLength - 1} are not those that ${expected.from} describes ` +
          `(SHA-256 ${hash} came, ${due} is due). ${mismatchRemedies[expected.from]}`,
      );
    }
    await kept?.write(this.#nameOf(index), bytes, hash);
  }

  #openStream(answer: ConstructorParameters<typeof WholeStream>[1]): WholeStream {
    const { expected, blockBytes, onWarning } = this.#options;
    onWarning(
      `${this.name}: the server answers no range requests, so that the file is read in one piece and an interrupted download ` +
        'begins anew. Servers for static files usually do answer them.',
    );
    const cache = this.#requestCache(false);
    const onBytes = (block: number, got: number) => this.#report(block, got, true);
    return new WholeStream({ client: this.#client, expected, blockBytes, cache, onBytes }, answer);
  }

  /** Reads the stream up to a block, one request for a block after the other. */
  #inTurn(stream: WholeStream, index: number): Promise<Uint8Array<ArrayBuffer>> {
    const block = this.#turn.then(() => this.#advance(stream, index));
    this.#turn = block.catch(() => {});
    return block;
  }

  async #advance(stream: WholeStream, index: number): Promise<Uint8Array<ArrayBuffer>> {
    const passed = this.#passed.get(index);
    if (passed !== undefined) {
      this.#passed.delete(index);
      return passed;
    }
    if (stream.block > index) stream.restart(index);
    for (;;) {
      const at = stream.block;
      const bytes = await stream.next();
      await this.#accept(at, bytes);
      if (at === index) return bytes;
      if (!this.#spent.has(at) && !this.#options.kept?.isKeeping) this.#passed.set(at, bytes);
    }
  }

  #report(index: number, bytes: number, isDownloaded: boolean): void {
    const more = bytes - (this.#reported.get(index) ?? 0);
    if (more <= 0) return; // of a block that came before
    this.#reported.set(index, bytes);
    this.#options.onBytes(more, isDownloaded ? more : 0);
  }

  #lengthOf(index: number): number {
    const { blockBytes } = this.#options;
    return Math.min(blockBytes, this.size - index * blockBytes);
  }

  /** What a block is called where it is kept; blocks of other lengths are other blocks. */
  #nameOf(index: number): string {
    return `${this.#options.blockBytes}/${index}`;
  }
}
