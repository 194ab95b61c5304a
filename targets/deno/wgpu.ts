/** wgpu, the WebGPU of Firefox, as Deno has it. */
import type { GpuHost } from '../../runtime/webgpu/host.ts';
import { describeDrivers } from '../node/dawn/drivers.ts';
import { currentRuntime } from '../node/runtime.ts';
import { openNavigatorGpu } from '../web/gpu.ts';

/**
 * wgpu with the adapter that the Vulkan loader (Linux), Metal or D3D12 offers. `VK_DRIVER_FILES` chooses a Vulkan driver.
 * @throws BackendError when this Deno has no WebGPU or finds no adapter, with what was looked for and what to install.
 */
export async function openWgpu(): Promise<GpuHost> {
  const { version } = currentRuntime();
  const drivers = describeDrivers();
  return openNavigatorGpu({
    backend: 'wgpu',
    absent: { reason: `Deno ${version} has no WebGPU`, remedy: 'Start it with --unstable-webgpu, or update it' },
    noAdapter: { reason: `wgpu finds no GPU adapter. ${drivers.found}`, remedy: drivers.remedy },
  });
}
