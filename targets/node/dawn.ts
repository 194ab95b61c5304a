/** Dawn, the WebGPU of Chromium, in Node: npm's `webgpu`. */
import { MmgemError } from '../../dsl/errors.ts';
import { BackendError } from '../../runtime/backend.ts';
import { messageOf, requestUsefulDevice } from '../../runtime/webgpu/device.ts';
import type { GpuHost } from '../../runtime/webgpu/host.ts';
import { describeDrivers } from './dawn/drivers.ts';

export interface DawnOptions {
  /**
   * Dawn's own options in the form `enable-dawn-features=allow_unsafe_apis`, `disable-dawn-features=…`, `adapter=NAME`,
   * added to those that are always given.
   */
  readonly toggles?: readonly string[];
}

/** Browsers round timestamps to 0.1 ms to hide them from strangers' pages; a program's own kernels may be timed exactly. */
const alwaysDisabled = ['timestamp_quantization'];

/**
 * Dawn with the adapter that the Vulkan loader (Linux), Metal or D3D12 offers. `VK_DRIVER_FILES` chooses a Vulkan driver.
 * @throws MmgemError when the module or an adapter is missing, with what was looked for and what to install.
 */
export async function openDawn(options: DawnOptions = {}): Promise<GpuHost> {
  const { create } = await loadModule();
  // Dawn's objects stay alive as long as this one does; it must not go before the device is destroyed.
  let gpu: GPU | undefined = createGpu(create, [...(options.toggles ?? [])]);
  // An adapter gives one device; the first one is kept for the first request, since asking for it shows whether there is any.
  let first: GPUAdapter | undefined = await requestAdapter(gpu);
  return {
    backend: 'dawn',
    async requestDevice(deviceOptions) {
      if (!gpu) throw new MmgemError('dawn was released; open it again');
      const adapter = first ?? (await requestAdapter(gpu));
      first = undefined;
      return { adapter, device: await requestUsefulDevice(adapter, deviceOptions) };
    },
    release() {
      first = undefined;
      gpu = undefined;
    },
  };
}

async function loadModule(): Promise<typeof import('webgpu')> {
  try {
    return await import('webgpu');
  } catch (error) {
    throw new BackendError(
      `dawn needs the npm package 'webgpu', which does not load on ${process.platform}-${process.arch}: ${messageOf(error)}`,
      'Run `npm install webgpu` in this project; it brings builds for Linux, macOS and Windows',
      { cause: error },
    );
  }
}

function createGpu(create: typeof import('webgpu').create, toggles: readonly string[]): GPU {
  const key = 'disable-dawn-features=';
  const disabled = toggles
    .filter((toggle) => toggle.startsWith(key))
    .flatMap((toggle) => toggle.slice(key.length).split(','));
  const others = toggles.filter((toggle) => !toggle.startsWith(key));
  try {
    return create([...others, key + [...new Set([...alwaysDisabled, ...disabled])].join(',')]);
  } catch (error) {
    throw new MmgemError(`dawn does not start with the toggles ${toggles.join(' ') || '(none)'}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

async function requestAdapter(gpu: GPU): Promise<GPUAdapter> {
  let cause: unknown;
  try {
    const adapter = await gpu.requestAdapter();
    if (adapter) return adapter;
  } catch (error) {
    cause = error;
  }
  const { found, remedy } = describeDrivers();
  const reason = cause === undefined ? '' : ` (${messageOf(cause)})`;
  throw new BackendError(`dawn finds no GPU adapter${reason}. ${found}`, remedy, { cause });
}
