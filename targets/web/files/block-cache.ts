/** The seam to what keeps downloaded blocks from one load to the next, and the implementation in memory. */

/** A piece of a file, with the SHA-256 that it had when it was kept. */
export interface KeptBlock {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly sha256: string;
}

/** Bytes that a cache may still take, and all that it may have. */
export interface CacheRoom {
  readonly free: number;
  readonly quota: number;
}

/**
 * Keeps blocks by the address of their file, the file's version and their own name. Versions are never mixed: a version is the
 * content's hash, or what the server says to tell one content from another.
 * Every method may throw; a full store throws an error whose name is QuotaExceededError.
 */
export interface BlockCache {
  /** The versions of a file of which something is kept. */
  versions(file: string): Promise<readonly string[]>;
  read(file: string, version: string, block: string): Promise<KeptBlock | undefined>;
  /** Keeps a block, in place of what had its name before. */
  write(file: string, version: string, block: string, kept: KeptBlock): Promise<void>;
  /** Removes all blocks of a version. */
  remove(file: string, version: string): Promise<void>;
  /** How much room there is, where the host tells. */
  room?(): Promise<CacheRoom | undefined>;
}

/** Keeps blocks for as long as the program runs, in memory. */
export function memoryCache(): BlockCache {
  const files = new Map<string, Map<string, Map<string, KeptBlock>>>();
  return {
    versions: async (file) => [...(files.get(file)?.keys() ?? [])],
    read: async (file, version, block) => files.get(file)?.get(version)?.get(block),
    async write(file, version, block, { bytes, sha256 }) {
      const versions = entry(files, file, () => new Map());
      entry(versions, version, () => new Map()).set(block, { bytes: bytes.slice(), sha256 });
    },
    async remove(file, version) {
      files.get(file)?.delete(version);
    },
  };
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}
