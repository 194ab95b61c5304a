/** Compiled modules: from kernels compiled ahead or kept in the cache where they are there, else from the compiler. */
import { digest } from '../../dsl/digest.ts';
import { MmgemError } from '../../dsl/errors.ts';
import type { KernelSource } from '../seam.ts';
import type { AssemblyCompiler, KernelCache, SimdBuild } from './host.ts';

/** Something kept, and where. */
export interface KeptBytes {
  readonly bytes: Uint8Array;
  readonly place: string;
}

/** A module as it is kept: the key under which others find it again. */
export interface KeptModule extends KeptBytes {
  readonly key: string;
}

export class Modules {
  /** What compiles: modules of another identity are other modules. */
  readonly identity: string;
  #compiler: AssemblyCompiler;
  #cache: KernelCache | undefined;
  #ahead: readonly KernelSource[];

  /** @param ahead looked through first */
  constructor(compiler: AssemblyCompiler, cache?: KernelCache, ahead: readonly KernelSource[] = []) {
    this.identity = compiler.identity;
    this.#compiler = compiler;
    this.#cache = cache;
    this.#ahead = ahead;
  }

  /** @throws MmgemError when the source does not compile. */
  async module(source: string, simd: SimdBuild): Promise<WebAssembly.Module> {
    return loadModule(await this.compiled(source, simd));
  }

  /** The module of a source. @throws MmgemError when the source does not compile. */
  async compiled(source: string, simd: SimdBuild, ahead?: KernelSource): Promise<KeptModule> {
    const key = digest(`${this.identity}\n${simd}\n${source}`);
    const kept = await this.find(key, ahead);
    if (kept) return { key, ...kept };
    const bytes = await this.#compiler.compile(source, simd);
    assertNoData(bytes);
    await this.keep(key, bytes);
    return { key, bytes, place: 'the AssemblyScript compiler' };
  }

  /** What is kept under a key, here or with what was compiled ahead. */
  async find(key: string, ahead?: KernelSource): Promise<KeptBytes | undefined> {
    for (const source of [...(ahead ? [ahead] : []), ...this.#ahead, ...(this.#cache ? [this.#cache] : [])]) {
      const bytes = await source.get(key);
      if (bytes) return { bytes, place: source.description };
    }
    return undefined;
  }

  async keep(key: string, bytes: Uint8Array): Promise<void> {
    await this.#cache?.put(key, bytes);
  }
}

/** @throws MmgemError when what was kept is no module */
export async function loadModule({ bytes, place }: KeptBytes): Promise<WebAssembly.Module> {
  return WebAssembly.compile(bytes as Uint8Array<ArrayBuffer>).catch((error: unknown) => {
    throw damaged(place, error);
  });
}

export function damaged(place: string, cause: unknown): MmgemError {
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new MmgemError(
    `${place}: holds kernels that cannot be read (${detail}). Get it again, make it anew with mmgem kernels, or remove it.`,
    { cause },
  );
}

const dataSection = 11;

/**
 * All modules share one memory, from its first byte on: data of one would overwrite data of another.
 * @throws MmgemError when the module has data of its own.
 */
function assertNoData(bytes: Uint8Array): void {
  let at = 8;
  while (at < bytes.length) {
    const section = bytes[at++]!;
    let [size, shift, byte] = [0, 0, 0];
    do {
      byte = bytes[at++]!;
      size += (byte & 0x7f) * 2 ** shift;
      shift += 7;
    } while (byte >= 0x80);
    if (section === dataSection && bytes[at] !== 0)
      throw new MmgemError(
        'the kernels have static data, which modules that share a memory must not have; print constants',
      );
    at += size;
  }
}
