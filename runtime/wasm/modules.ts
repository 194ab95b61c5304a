/** Compiled modules: from the cache where they are in it, else from the compiler. */
import { MmgemError } from '../../dsl/errors.ts';
import type { AssemblyCompiler, KernelCache, SimdBuild } from './host.ts';

export class Modules {
  #compiler: AssemblyCompiler;
  #cache: KernelCache | undefined;

  constructor(compiler: AssemblyCompiler, cache?: KernelCache) {
    this.#compiler = compiler;
    this.#cache = cache;
  }

  /** @throws MmgemError when the source does not compile. */
  async module(source: string, simd: SimdBuild): Promise<WebAssembly.Module> {
    return WebAssembly.compile((await this.#bytes(source, simd)) as Uint8Array<ArrayBuffer>);
  }

  async #bytes(source: string, simd: SimdBuild): Promise<Uint8Array> {
    if (!this.#cache) return this.#compile(source, simd);
    const key = await hash(`${this.#compiler.identity}\n${simd}\n${source}`);
    const kept = await this.#cache.get(key);
    if (kept) return kept;
    const bytes = await this.#compile(source, simd);
    await this.#cache.put(key, bytes);
    return bytes;
  }

  async #compile(source: string, simd: SimdBuild): Promise<Uint8Array> {
    const bytes = await this.#compiler.compile(source, simd);
    assertNoData(bytes);
    return bytes;
  }
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
