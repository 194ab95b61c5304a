/** Kernels that the build compiled ahead, put where the engine looks for compiled kernels. */

import { hasRelaxedSimd } from '../../../../runtime/wasm/simd.ts';
import { StorageCache } from '../../wasm/cache.ts';

/** Keys of the compiled kernels of each build, as the page's `page.json` has them. */
export type KernelKeys = Readonly<Record<string, readonly string[]>>;

/**
 * Brings what is not there yet. Whatever fails is compiled by the engine instead, which takes longer and loads a compiler.
 * @param onProgress told how much is there, from 0 to 1
 */
export async function bringKernels(keys: KernelKeys, onProgress: (done: number) => void): Promise<void> {
  // Outside of secure contexts there is no such cache.
  if (typeof caches === 'undefined') return;
  const cache = new StorageCache(caches, () => {}); // the engine tells of its cache's problems itself
  const wanted = keys[hasRelaxedSimd() ? 'relaxed' : 'baseline'] ?? [];
  let done = 0;
  await Promise.all(
    wanted.map(async (key) => {
      if (!(await cache.get(key))) {
        const answer = await fetch(`kernels/${key}.wasm`).catch(() => undefined);
        if (answer?.ok) await cache.put(key, new Uint8Array(await answer.arrayBuffer()));
      }
      onProgress(++done / wanted.length);
    }),
  );
}
