/** The model's kernels for WebAssembly, compiled ahead, so that no visitor loads a compiler of some megabytes for them. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { load } from '../../../model/load.ts';
import { Engine } from '../../../runtime/engine.ts';
import { createWasmExecutor } from '../../../runtime/wasm/executor.ts';
import type { KernelCache, SimdBuild } from '../../../runtime/wasm/host.ts';
import { prepare } from '../../browser/page/work/prepare.ts';
import { nodeHost } from '../host.ts';
import { DiskCache } from '../wasm/cache.ts';
import { createNodeWasmHost } from '../wasm/host.ts';

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
    const kernels = await compiledFor(model, simd);
    for (const [key, bytes] of kernels) await writeFile(join(out, `${key}.wasm`), bytes);
    keys[simd] = [...kernels.keys()];
  }
  return keys;
}

async function compiledFor(model: string, simd: SimdBuild): Promise<ReadonlyMap<string, Uint8Array>> {
  const used = new Map<string, Uint8Array>();
  const cache = recording(new DiskCache(), used);
  const executor = await createWasmExecutor(createNodeWasmHost({ cache }), { simd, threads: 1 });
  await using engine = new Engine(executor, { asked: 'wasm', passedOver: [] });
  const loaded = await load(model, nodeHost, { engine, prepare });
  await loaded.close();
  return used;
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
