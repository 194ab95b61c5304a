/** wgpu, the WebGPU of Firefox, as Deno has it. */
import type { GpuHost } from '../../runtime/webgpu/host.ts';
import { type DriverReport, describeDrivers } from '../node/dawn/drivers.ts';
import { currentRuntime } from '../node/runtime.ts';
import { openNavigatorGpu } from '../web/gpu.ts';
import { isRefusal } from './permissions.ts';

/**
 * wgpu with the adapter that the Vulkan loader (Linux), Metal or D3D12 offers, or OpenGL where there is no such driver.
 * `VK_DRIVER_FILES` chooses a Vulkan driver. Needs no permission.
 * @throws BackendError when this Deno has no WebGPU or finds no adapter, with what was looked for and what to install.
 */
export function openWgpu(): Promise<GpuHost> {
  return openNavigatorGpu({
    backend: 'wgpu',
    absent: {
      reason: `Deno ${currentRuntime().version} has no WebGPU`,
      remedy: 'Start it with --unstable-webgpu, or update it',
    },
    get noAdapter() {
      const { found, remedy } = driversHere();
      return { reason: `wgpu finds no GPU adapter. ${found}`, remedy };
    },
  });
}

/** Any Mesa will do for wgpu. */
const software = 'the software driver lavapipe of Mesa (package mesa-vulkan-drivers)';

function driversHere(): DriverReport {
  try {
    return describeDrivers(process.env, process.platform, software);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const remedy = `Install the GPU's driver or ${software}; with --allow-read --allow-env this message says what there is`;
    return { found: 'Deno does not allow to look which drivers there are', remedy };
  }
}
