/** WebAssembly as a backend: a row in a host's table. */
import { type BackendFactory, type BackendOptions, unusable } from '../backend.ts';
import type { Executor } from '../seam.ts';
import type { WasmHost } from './host.ts';

/** @param openHost what the host brings; it is closed with the executor */
export function wasmBackend(openHost: (options: BackendOptions) => Promise<WasmHost>): BackendFactory {
  // Loaded when it is first tried: who runs on a GPU need not have it.
  const open = async (options: BackendOptions): Promise<Executor> => {
    const { createWasmExecutor } = await import('./executor.ts');
    const { threads, simd, wide, cache } = options;
    return createWasmExecutor(await openHost(options), {
      ...(threads !== undefined && { threads }),
      ...(simd && { simd }),
      ...(wide && { wide }),
      ...(cache === false && { cache }),
    });
  };
  return {
    name: 'wasm',
    options: ['threads', 'simd', 'wide', 'cache'],
    async probe(options = {}) {
      try {
        // Which build computes rightly shows only when it is tried.
        const executor = await open(options);
        const { description } = executor.info;
        await executor.close();
        return { usable: true, description };
      } catch (error) {
        return unusable(error);
      }
    },
    open,
  };
}
