/** Compiled modules: from kernels compiled ahead or kept in the cache where they are there, else from the compiler. */
import { MmgemError } from '../../dsl/errors.ts';
import type { KernelSource } from '../seam.ts';
import type { AssemblyCompiler, KernelCache, SimdBuild } from './host.ts';

/** A module as it is kept: the key under which others find it again. */
export interface KeptModule {
  readonly key: string;
  readonly bytes: Uint8Array;
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
    return compileModule((await this.compiled(source, simd)).bytes);
  }

  /** The module of a source. @throws MmgemError when the source does not compile. */
  async compiled(source: string, simd: SimdBuild, ahead?: KernelSource): Promise<KeptModule> {
    const key = await this.keyOf(simd, source);
    const kept = await this.find(key, ahead);
    if (kept) return { key, bytes: kept };
    const bytes = await this.#compiler.compile(source, simd);
    assertNoData(bytes);
    await this.keep(key, bytes);
    return { key, bytes };
  }

  /** What something is kept under that depends on the compiler, the build and these words: of a module, its source. */
  keyOf(simd: SimdBuild, ...words: readonly string[]): Promise<string> {
    return hash([this.identity, simd, ...words].join('\n'));
  }

  async find(key: string, ahead?: KernelSource): Promise<Uint8Array | undefined> {
    for (const source of [...(ahead ? [ahead] : []), ...this.#ahead, ...(this.#cache ? [this.#cache] : [])]) {
      const bytes = await source.get(key);
      if (bytes) return bytes;
    }
    return undefined;
  }

  async keep(key: string, bytes: Uint8Array): Promise<void> {
    await this.#cache?.put(key, bytes);
  }
}

export function compileModule(bytes: Uint8Array): Promise<WebAssembly.Module> {
  return WebAssembly.compile(bytes as Uint8Array<ArrayBuffer>);
}

/** SHA-256 as hexadecimal digits. */
async function hash(text: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
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
