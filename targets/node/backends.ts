/** The backends that Node can run, in the order in which `auto` tries them. */
import { type BackendFactory, type BackendOptions, unusable } from '../../runtime/backend.ts';
import type { Executor } from '../../runtime/seam.ts';

// Each backend's code is loaded when it is first tried: who runs wasm need not have Dawn, nor the other way round.

const dawn: BackendFactory = {
  name: 'dawn',
  options: ['f16', 'subgroups', 'timestamps', 'limits', 'toggles'],
  async probe({ toggles } = {}) {
    const { openDawn } = await import('./dawn.ts');
    const { Device } = await import('../../runtime/webgpu/device.ts');
    try {
      const device = await Device.open(await openDawn({ ...(toggles && { toggles }) }), {});
      const { name, adapter } = device;
      await device.close();
      const drawback = `${name} is a software driver, slower than WebAssembly`;
      return { usable: true, description: name, ...(adapter.info.isFallbackAdapter && { drawback }) };
    } catch (error) {
      return unusable(error);
    }
  },
  async open({ toggles, ...options }) {
    const { openDawn } = await import('./dawn.ts');
    const { createWebGpuExecutor } = await import('../../runtime/webgpu/executor.ts');
    const { printWgslStep } = await import('../../kernels/wgsl/print.ts');
    return createWebGpuExecutor(await openDawn({ ...(toggles && { toggles }) }), { ...options, print: printWgslStep });
  },
};

async function openWasm({ threads, simd, wide, cache }: BackendOptions): Promise<Executor> {
  const { createNodeWasmHost } = await import('./wasm/host.ts');
  const { createWasmExecutor } = await import('../../runtime/wasm/executor.ts');
  const { printAssemblyModule } = await import('../../kernels/assembly/module.ts');
  const host = createNodeWasmHost({ insistOnWide: simd === 'wide' || wide === 'on' });
  return createWasmExecutor(host, {
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
  async probe(options = {}) {
    try {
      // Which build computes rightly shows only when it is tried.
      const executor = await openWasm(options);
      const { description } = executor.info;
      await executor.close();
      return { usable: true, description };
    } catch (error) {
      return unusable(error);
    }
  },
  open: openWasm,
};

/** A GPU first; where Dawn has none but a software driver, `auto` prefers WebAssembly. */
export const nodeBackends: readonly BackendFactory[] = [dawn, wasm];
