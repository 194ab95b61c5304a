/** The WebGPU of `navigator.gpu`, as browsers and Deno have it, as a host of the WebGPU executor. */
import { MmgemError } from '../../dsl/errors.ts';
import { BackendError } from '../../runtime/backend.ts';
import { messageOf, requestUsefulDevice } from '../../runtime/webgpu/device.ts';
import type { GpuHost } from '../../runtime/webgpu/host.ts';

/** What to call the backend here, and what to do where it is missing. */
export interface NavigatorGpuWords {
  /** `webgpu` in browsers, `wgpu` in Deno. */
  readonly backend: string;
  /** Why there is no `navigator.gpu` here, and what to do about it. */
  readonly absent: { readonly reason: string; readonly remedy: string };
  /** Why there is no adapter though there is a `navigator.gpu`, and what to do about it. */
  readonly noAdapter: { readonly reason: string; readonly remedy: string };
}

/**
 * The adapter that `navigator.gpu` offers.
 * @throws BackendError with the reason and the remedy of `words` when there is no WebGPU or no adapter
 */
export async function openNavigatorGpu(words: NavigatorGpuWords): Promise<GpuHost> {
  // Asked for here and not at import, so that the package can be imported where there is no navigator.
  const gpu = (globalThis.navigator as Partial<Navigator> | undefined)?.gpu;
  if (!gpu) throw new BackendError(words.absent.reason, words.absent.remedy);
  // An adapter gives one device; the first one is kept for the first request, since asking for it shows whether there is any.
  let first: GPUAdapter | undefined = await requestAdapter(gpu, words);
  let released = false;
  return {
    backend: words.backend,
    async requestDevice(options) {
      if (released) throw new MmgemError(`${words.backend} was released; open it again`);
      const adapter = first ?? (await requestAdapter(gpu, words));
      first = undefined;
      return { adapter, device: await requestUsefulDevice(adapter, options) };
    },
    release() {
      first = undefined;
      released = true;
    },
  };
}

async function requestAdapter(gpu: GPU, words: NavigatorGpuWords): Promise<GPUAdapter> {
  let cause: unknown;
  try {
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (adapter) return adapter;
  } catch (error) {
    cause = error;
  }
  const detail = cause === undefined ? '' : ` (${messageOf(cause)})`;
  // Asked for only now: a host may look around for what to say.
  const { reason, remedy } = words.noAdapter;
  throw new BackendError(`${reason}${detail}`, remedy, { cause });
}
