/** WebAssembly on worker threads. */
import type { BackendOptions } from '../../../runtime/backend.ts';
import { wasmBackend } from '../../../runtime/wasm/backend.ts';
import type { WasmHost } from '../../../runtime/wasm/host.ts';

export async function openWasmHost({ simd, wide }: BackendOptions): Promise<WasmHost> {
  const { createNodeWasmHost } = await import('./host.ts');
  return createNodeWasmHost({ insistOnWide: simd === 'wide' || wide === 'on' });
}

export const wasm = wasmBackend(openWasmHost);
