/** The model's kernels for WebAssembly, compiled ahead, so that no visitor loads a compiler of some megabytes for them. */
import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { KernelCache, SimdBuild } from '../../../runtime/wasm/host.ts';
import { Modules } from '../../../runtime/wasm/modules.ts';
import { DiskCache } from '../wasm/cache.ts';
import { createCompilers } from '../wasm/compiler.ts';
import { findBuilds } from '../wasm/flags.ts';
import { kernelSources } from './print-kernels.ts';

/** The builds that browsers have. */
const builds: readonly SimdBuild[] = ['relaxed', 'baseline'];

/**
 * Compiles what the page prepares of a model, for every build that a browser could run, into `KEY.wasm` below a folder.
 * @returns the keys of each build
 */
export async function writeKernels(out: string, model: string): Promise<Record<string, readonly string[]>> {
  await mkdir(out, { recursive: true });
  const keys: Record<string, readonly string[]> = {};
  for (const simd of builds) {
    const kernels = await compileAll(await kernelSources(model, simd), simd);
    for (const [key, bytes] of kernels) await writeFile(join(out, `${key}.wasm`), bytes);
    keys[simd] = [...kernels.keys()];
  }
  return keys;
}

async function compileAll(sources: readonly string[], simd: SimdBuild): Promise<ReadonlyMap<string, Uint8Array>> {
  const used = new Map<string, Uint8Array>();
  const compilers = createCompilers(availableParallelism());
  // Modules are compiled to machine code, too, for which this process needs what the build needs.
  const candidate = findBuilds().candidates.find((one) => one.simd === simd);
  candidate?.enable();
  try {
    const modules = new Modules(compilers, recording(new DiskCache(), used));
    await Promise.all(sources.map((source) => modules.module(source, simd)));
    return used;
  } finally {
    candidate?.disable();
    await compilers.close();
  }
}

/** A cache that notes what is taken from it and put into it. */
function recording(cache: KernelCache, used: Map<string, Uint8Array>): KernelCache {
  return {
    description: cache.description,
    async get(key) {
      const bytes = await cache.get(key);
      if (bytes) used.set(key, bytes);
      return bytes;
    },
    async put(key, bytes) {
      used.set(key, bytes);
      await cache.put(key, bytes);
    },
  };
}
