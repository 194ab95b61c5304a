/** Compiled kernels that outlive the page, in the browser's Cache Storage. */
import type { KernelCache } from '../../../runtime/wasm/host.ts';

const cacheName = 'mmgem-kernels';

/** Cache Storage keeps answers to requests: an address that nobody has stands for the key. */
const requestFor = (key: string): string => `https://kernels.mmgem.invalid/${key}`;

/** What the kernels are kept in, or undefined where the browser has no such place: outside of secure contexts. */
export function openCache(
  onProblem: (message: string) => void = (message) => console.warn(message),
): KernelCache | undefined {
  return typeof caches === 'undefined' ? undefined : new StorageCache(caches, onProblem);
}

export class StorageCache implements KernelCache {
  readonly description = `Cache Storage, ${cacheName}`;
  #storage: CacheStorage;
  #onProblem: (message: string) => void;
  #reported = false;

  constructor(storage: CacheStorage, onProblem: (message: string) => void) {
    this.#storage = storage;
    this.#onProblem = onProblem;
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    try {
      const answer = await (await this.#storage.open(cacheName)).match(requestFor(key));
      return answer && new Uint8Array(await answer.arrayBuffer());
    } catch (error) {
      this.#report('cannot be read', error);
      return undefined;
    }
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    try {
      const headers = { 'content-type': 'application/wasm' };
      await (await this.#storage.open(cacheName)).put(requestFor(key), new Response(bytes as BodyInit, { headers }));
    } catch (error) {
      this.#report('cannot be written', error);
    }
  }

  #report(problem: string, error: unknown): void {
    if (this.#reported) return;
    this.#reported = true;
    const detail = error instanceof Error ? error.message : String(error);
    this.#onProblem(`mmgem's cache of compiled kernels ${problem} (${detail}): they are compiled anew for every page`);
  }
}
