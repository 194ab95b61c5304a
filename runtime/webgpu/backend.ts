/** A WebGPU implementation as a backend: a row in a host's table. */
import { type BackendFactory, type BackendOption, type BackendOptions, unusable } from '../backend.ts';
import type { GpuHost } from './host.ts';

/** The options that every WebGPU implementation heeds. */
export const webGpuOptions: readonly BackendOption[] = ['f16', 'subgroups', 'timestamps', 'limits'];

// The executor and the printer are loaded when the backend is first tried: who runs wasm need not have them.

/** @param openHost asks the implementation for an adapter; throws BackendError where it has none */
export function webGpuBackend(
  name: string,
  options: readonly BackendOption[],
  openHost: (options: BackendOptions) => Promise<GpuHost>,
): BackendFactory {
  return {
    name,
    options,
    async probe(given = {}) {
      const { Device } = await import('./device.ts');
      try {
        const device = await Device.open(await openHost(given), {});
        const { name: description, adapter } = device;
        await device.close();
        const drawback = `${description} is a software driver, slower than WebAssembly`;
        return { usable: true, description, ...(adapter.info.isFallbackAdapter && { drawback }) };
      } catch (error) {
        return unusable(error);
      }
    },
    async open(given) {
      const { createWebGpuExecutor } = await import('./executor.ts');
      const { printWgslStep } = await import('../../kernels/wgsl/print.ts');
      return createWebGpuExecutor(await openHost(given), { ...given, print: printWgslStep });
    },
  };
}
