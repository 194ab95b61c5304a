/** Compiled kernels on disk, one file each, named by what they were compiled from. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { KernelCache } from '../../../runtime/wasm/host.ts';
import { partialName, removeAbandoned } from '../partial.ts';

/** SHA-256 of the module, in front of it. */
const digestBytes = 32;

export interface DiskCacheOptions {
  /** Where to keep the files, instead of `defaultCacheDirectory()`. */
  readonly directory?: string;
  /** Called once, when something cannot be read or written or a file is damaged. A warning of the process unless told. */
  readonly onProblem?: (message: string) => void;
}

/** `MMGEM_CACHE`, or mmgem in the user's cache directory: `XDG_CACHE_HOME`, else ~/.cache. */
export function defaultCacheDirectory(env: NodeJS.ProcessEnv = process.env): string {
  return env.MMGEM_CACHE || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'mmgem');
}

export class DiskCache implements KernelCache {
  readonly description: string;
  #directory: string;
  #onProblem: (message: string) => void;
  #reported = false;

  constructor(options: DiskCacheOptions = {}) {
    this.#directory = join(options.directory ?? defaultCacheDirectory(), 'kernels');
    this.#onProblem = options.onProblem ?? ((message) => process.emitWarning(message, 'MmgemWarning'));
    this.description = this.#directory;
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    const path = this.#path(key);
    let file: Buffer;
    try {
      file = await readFile(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.#report(`cannot be read (${messageOf(error)})`);
      return undefined;
    }
    const bytes = file.subarray(digestBytes);
    if (digestOf(bytes).equals(file.subarray(0, digestBytes))) return bytes;
    this.#report(`holds a damaged file, ${path}; it is compiled again`);
    return undefined;
  }

  /** The file appears under its name when it is complete, so that no other process sees half of it. */
  async put(key: string, bytes: Uint8Array): Promise<void> {
    const path = this.#path(key);
    const unfinished = partialName(path);
    try {
      await mkdir(this.#directory, { recursive: true });
      await removeAbandoned(this.#directory);
      await writeFile(unfinished, Buffer.concat([digestOf(bytes), bytes]));
      await rename(unfinished, path);
    } catch (error) {
      await rm(unfinished, { force: true }).catch(() => {});
      this.#report(`cannot be written (${messageOf(error)}): kernels are compiled anew in every process`);
    }
  }

  #path(key: string): string {
    return join(this.#directory, `${key}.kernels`);
  }

  #report(problem: string): void {
    if (this.#reported) return;
    this.#reported = true;
    this.#onProblem(`the cache of compiled kernels in ${this.#directory} ${problem}. MMGEM_CACHE names another place`);
  }
}

function digestOf(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
