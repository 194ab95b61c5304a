/** The backends that browsers can run, in the order in which `auto` tries them. */
import type { BackendFactory } from '../../runtime/backend.ts';
import { wasmBackend } from '../../runtime/wasm/backend.ts';
import { webGpuBackend, webGpuOptions } from '../../runtime/webgpu/backend.ts';
import { openNavigatorGpu } from '../web/gpu.ts';
import { browserName } from './browser-name.ts';
import { browserBuilds } from './wasm/builds.ts';
import { createBrowserWasmHost } from './wasm/host.ts';
import { webGpuWords } from './webgpu-words.ts';

const webgpu = webGpuBackend('webgpu', webGpuOptions, () => openNavigatorGpu(webGpuWords()));

const wasm: BackendFactory = {
  ...wasmBackend(async () => createBrowserWasmHost()),
  /** Opens nothing: that may need the compiler, which is large, and `auto` need not come to that. */
  async probe() {
    const { candidates, excluded } = browserBuilds();
    if (candidates.length > 0) return { usable: true, description: `SIMD in ${browserName()}` };
    return { usable: false, reason: excluded.baseline ?? 'no SIMD', remedy: `Update ${browserName()}` };
  },
};

/** A GPU first; where the browser has none but a software driver, `auto` prefers WebAssembly. */
export const browserBackends: readonly BackendFactory[] = [webgpu, wasm];
