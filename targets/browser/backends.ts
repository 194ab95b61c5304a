/** The backends that browsers can run, in the order in which `auto` tries them. */
import { printAssemblyModule } from '../../kernels/assembly/module.ts';
import { printWgslStep } from '../../kernels/wgsl/print.ts';
import { type BackendFactory, type BackendOptions, unusable } from '../../runtime/backend.ts';
import type { Executor } from '../../runtime/seam.ts';
import { createWasmExecutor } from '../../runtime/wasm/executor.ts';
import { Device } from '../../runtime/webgpu/device.ts';
import { createWebGpuExecutor } from '../../runtime/webgpu/executor.ts';
import { openNavigatorGpu } from '../web/gpu.ts';
import { browserName } from './browser-name.ts';
import { browserBuilds } from './wasm/builds.ts';
import { createBrowserWasmHost } from './wasm/host.ts';
import { webGpuWords } from './webgpu-words.ts';

const webgpu: BackendFactory = {
  name: 'webgpu',
  options: ['f16', 'subgroups', 'timestamps', 'limits'],
  async probe() {
    try {
      const device = await Device.open(await openNavigatorGpu(webGpuWords()), {});
      const { name, adapter } = device;
      await device.close();
      const drawback = `${name} is a software driver, slower than WebAssembly`;
      return { usable: true, description: name, ...(adapter.info.isFallbackAdapter && { drawback }) };
    } catch (error) {
      return unusable(error);
    }
  },
  async open(options) {
    return createWebGpuExecutor(await openNavigatorGpu(webGpuWords()), { ...options, print: printWgslStep });
  },
};

async function openWasm({ threads, simd, wide, cache }: BackendOptions): Promise<Executor> {
  return createWasmExecutor(createBrowserWasmHost(), {
    print: printAssemblyModule,
    ...(threads !== undefined && { threads }),
    ...(simd && { simd }),
    ...(wide && { wide }),
    ...(cache === false && { cache }),
  });
}

const wasm: BackendFactory = {
  name: 'wasm',
  options: ['threads', 'simd', 'wide', 'cache'],
  /** Opens nothing: that may need the compiler, which is large, and `auto` need not come to that. */
  async probe() {
    const { candidates, excluded } = browserBuilds();
    if (candidates.length > 0) return { usable: true, description: `SIMD in ${browserName()}` };
    return { usable: false, reason: excluded.baseline ?? 'no SIMD', remedy: `Update ${browserName()}` };
  },
  open: openWasm,
};

/** A GPU first; where the browser has none but a software driver, `auto` prefers WebAssembly. */
export const browserBackends: readonly BackendFactory[] = [webgpu, wasm];
