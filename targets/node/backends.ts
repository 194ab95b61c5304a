/** The backends that Node can run, in the order in which `auto` tries them. Deno has its own table, ../deno/backends.ts. */
import type { BackendFactory } from '../../runtime/backend.ts';
import { webGpuBackend, webGpuOptions } from '../../runtime/webgpu/backend.ts';
import { wasm } from './wasm/backend.ts';

const dawn = webGpuBackend('dawn', [...webGpuOptions, 'toggles'], async ({ toggles }) => {
  const { openDawn } = await import('./dawn.ts');
  return openDawn({ ...(toggles && { toggles }) });
});

/** A GPU first; where Dawn has none but a software driver, `auto` prefers WebAssembly. */
export const backends: readonly BackendFactory[] = [dawn, wasm];
