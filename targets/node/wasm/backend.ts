/** WebAssembly on worker threads, in Node and in Deno. */
import { wasmBackend } from '../../../runtime/wasm/backend.ts';

export const wasm = wasmBackend(async ({ simd, wide }) => {
  const { createNodeWasmHost } = await import('./host.ts');
  return createNodeWasmHost({ insistOnWide: simd === 'wide' || wide === 'on' });
});
