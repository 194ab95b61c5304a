/** What a store keeps in a BlockCache: checked when it is read, and given up, with a word about it, when the cache fails. */
import { formatBytes } from '../../../model/page/units.ts';
import { messageOf } from '../../../runtime/webgpu/device.ts';
import type { BlockCache, CacheRoom } from './block-cache.ts';
import { canHash, sha256 } from './hash.ts';

/** Version and block of a text that is replaced as a whole. */
const textVersion = 'text';
const textBlock = 'text';

export class Kept {
  #cache: BlockCache | undefined;
  readonly #onWarning: (message: string) => void;
  /** What is not told before the amount is known that there is no room for. */
  #untold: ((needed: number | undefined) => Promise<void>) | undefined;
  /** Bytes of all files together; null until `expect` has said whether that is known. */
  #needed: number | undefined | null = null;

  constructor(cache: BlockCache | undefined, onWarning: (message: string) => void) {
    this.#cache = cache;
    this.#onWarning = onWarning;
    if (cache !== undefined && !canHash()) {
      this.#cache = undefined;
      this.#tell('this page is not from https or localhost, so that browsers let it check nothing that was kept.');
    }
  }

  /** Whether what is written is kept. */
  get isKeeping(): boolean {
    return this.#cache !== undefined;
  }

  /** Tells how many bytes all files have that may be kept, where that is known: for the message when there is no room for them. */
  async expect(bytes: number | undefined): Promise<void> {
    this.#needed = bytes;
    await this.#untold?.(bytes);
    this.#untold = undefined;
  }

  /** The blocks of one version of a file. Those of other versions are removed. */
  async file(url: string, version: string): Promise<KeptFile> {
    await this.#use(async (cache) => {
      for (const other of await cache.versions(url)) if (other !== version) await cache.remove(url, other);
    });
    return new KeptFile(this, url, version);
  }

  /** A text that was kept under an address. */
  async readText(address: string): Promise<string | undefined> {
    const bytes = await this.read(address, textVersion, textBlock);
    return bytes && new TextDecoder().decode(bytes);
  }

  /** Keeps a text; undefined removes it. */
  async writeText(address: string, text: string | undefined): Promise<void> {
    if (text === undefined) return this.#use((cache) => cache.remove(address, textVersion));
    const bytes = new TextEncoder().encode(text);
    return this.write(address, textVersion, textBlock, bytes);
  }

  /** A block as it was when it was kept. One that is damaged counts as absent. */
  read(file: string, version: string, block: string, expected?: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return this.#use(async (cache) => {
      const kept = await cache.read(file, version, block);
      if (kept === undefined) return undefined;
      const actual = await sha256(kept.bytes);
      if (actual === (expected ?? kept.sha256)) return kept.bytes;
      this.#onWarning(
        `${file}: what was kept of it is damaged (block ${block}), so that this part is downloaded again.`,
      );
      return undefined;
    });
  }

  /** @param hash the SHA-256 of the bytes, where it is known already */
  async write(
    file: string,
    version: string,
    block: string,
    bytes: Uint8Array<ArrayBuffer>,
    hash?: string,
  ): Promise<void> {
    await this.#use(async (cache) => {
      await cache.write(file, version, block, { bytes, sha256: hash ?? (await sha256(bytes)) });
    });
  }

  /** Does something with the cache. The first failure is the last: loading goes on without keeping anything. */
  async #use<T>(work: (cache: BlockCache) => Promise<T>): Promise<T | undefined> {
    const cache = this.#cache;
    if (cache === undefined) return undefined;
    try {
      return await work(cache);
    } catch (error) {
      if (this.#cache === undefined) return undefined; // several blocks may fail at once; it is told once
      this.#cache = undefined;
      const tell = async (needed: number | undefined): Promise<void> =>
        this.#tell(isFull(error) ? whyFull(await roomOf(cache), needed) : `${messageOf(error)}.`);
      if (this.#needed === null) this.#untold = tell;
      else await tell(this.#needed);
      return undefined;
    }
  }

  #tell(reason: string): void {
    this.#onWarning(`Downloaded files are not kept for the next time: ${reason}`);
  }
}

/** Firefox throws an object of its own, which is no Error, where there is no room for so much as the cache's directory. */
const fullNames: readonly unknown[] = ['QuotaExceededError', 'NS_ERROR_FILE_NO_DEVICE_SPACE'];
const isFull = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'name' in error && fullNames.includes(error.name);

/** Told as far as it is known, and not at all where asking for it fails, too. */
const roomOf = async (cache: BlockCache): Promise<CacheRoom | undefined> => cache.room?.().catch(() => undefined);

function whyFull(room: CacheRoom | undefined, needed: number | undefined): string {
  const amounts =
    needed === undefined ? '' : ` (all files together have ${formatBytes(needed)}; ${free(room, needed)})`;
  return (
    `the storage for this site is full${amounts}. Everything works now, and what was not kept is downloaded again the next time. ` +
    'To have it kept, free some space on the disk or remove what other sites have stored, and load it again.'
  );
}

/** Chromium tells every page that 10 GiB are free, whatever there is: a number that contradicts what has happened is not passed on. */
function free(room: CacheRoom | undefined, needed: number): string {
  if (room === undefined || room.free >= needed) return 'the browser does not tell how much is free';
  return `${formatBytes(room.free)} of ${formatBytes(room.quota)} are free`;
}

/** The blocks of one version of a file. */
export class KeptFile {
  readonly #kept: Kept;
  readonly #url: string;
  readonly #version: string;

  constructor(kept: Kept, url: string, version: string) {
    this.#kept = kept;
    this.#url = url;
    this.#version = version;
  }

  read(block: string, expected?: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return this.#kept.read(this.#url, this.#version, block, expected);
  }

  write(block: string, bytes: Uint8Array<ArrayBuffer>, hash?: string): Promise<void> {
    return this.#kept.write(this.#url, this.#version, block, bytes, hash);
  }

  get isKeeping(): boolean {
    return this.#kept.isKeeping;
  }
}
