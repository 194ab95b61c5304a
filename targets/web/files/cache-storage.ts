/** Blocks kept by the Cache Storage API of browsers and Deno: one cache for each version of each file. */
import { MmgemError } from '../../../model/errors.ts';
import type { BlockCache, CacheRoom } from './block-cache.ts';

/** Entries of a cache have addresses; `.invalid` is reserved for those that lead nowhere. */
const addressOf = (block: string): string => `https://mmgem.invalid/${encodeURI(block)}`;
const hashHeader = 'x-mmgem-sha256';

/**
 * Keeps blocks in the host's `caches`, under names that begin with `mmgem `. Browsers have it on pages from https and localhost
 * alone; elsewhere every use throws MmgemError.
 */
export function cacheStorage(): BlockCache {
  return {
    async versions(file) {
      const prefix = nameOf(file, '');
      const names = await storage().keys();
      return names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
    },
    async read(file, version, block) {
      const name = nameOf(file, version);
      if (!(await storage().has(name))) return undefined; // opening would create it
      const found = await (await storage().open(name)).match(addressOf(block));
      if (found === undefined) return undefined;
      return { bytes: new Uint8Array(await found.arrayBuffer()), sha256: found.headers.get(hashHeader) ?? '' };
    },
    async write(file, version, block, { bytes, sha256 }) {
      const headers = { 'content-type': 'application/octet-stream', [hashHeader]: sha256 };
      const cache = await storage().open(nameOf(file, version));
      await cache.put(addressOf(block), new Response(bytes, { headers }));
    },
    async remove(file, version) {
      await storage().delete(nameOf(file, version));
    },
    room,
  };
}

/** An estimate, as browsers call it. */
async function room(): Promise<CacheRoom | undefined> {
  const manager = (globalThis.navigator as Partial<Navigator> | undefined)?.storage;
  const { quota, usage } = (await manager?.estimate?.()) ?? {};
  return quota === undefined || usage === undefined ? undefined : { quota, free: Math.max(0, quota - usage) };
}

// Addresses have no spaces, so that no file's name is the beginning of another's.
const nameOf = (file: string, version: string): string => `mmgem ${file} ${version}`;

function storage(): CacheStorage {
  const storage = (globalThis as { readonly caches?: CacheStorage }).caches;
  if (storage !== undefined) return storage;
  throw new MmgemError('there is no Cache Storage here; browsers have it on pages from https and localhost');
}
