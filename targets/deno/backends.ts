/** The backends that Deno can run, in the order in which `auto` tries them: what '#backends' of package.json means there. */
import type { BackendFactory } from '../../runtime/backend.ts';
import { wasmBackend } from '../../runtime/wasm/backend.ts';
import { webGpuBackend, webGpuOptions } from '../../runtime/webgpu/backend.ts';
import { openWasmHost } from '../node/wasm/backend.ts';
import { withRefusalsExplained } from './permissions.ts';

const wgpu = webGpuBackend('wgpu', webGpuOptions, async () => {
  const { openWgpu } = await import('./wgpu.ts');
  return openWgpu();
});

const wasm = wasmBackend((options) => withRefusalsExplained(() => openWasmHost(options)));

/** A GPU first; where wgpu has none but a software driver, `auto` prefers WebAssembly. */
export const backends: readonly BackendFactory[] = [wgpu, wasm];
