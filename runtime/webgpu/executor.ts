/** The WebGPU executor: the seam's `Executor` on a device that a host brings. */
import type { Step, WgslTarget } from '../../kernels/ir.ts';
import type { PrintedWgsl } from '../../kernels/printed.ts';
import type { DeviceLoss } from '../loss.ts';
import type { Executable, Executor, ExecutorInfo } from '../seam.ts';
import { Device } from './device.ts';
import { type Shared, WebGpuExecutable } from './executable.ts';
import type { DeviceOptions, GpuHost } from './host.ts';
import { Pipelines } from './pipelines.ts';
import { type Proof, proveFeatures } from './probe.ts';
import { Readback } from './readback.ts';
import { Scratch } from './scratch.ts';
import { WebGpuStore } from './store.ts';

type Force = Readonly<Record<string, string>>;

/** Prints every kernel of a step, in order. */
export type WgslStepPrinter = (
  step: Step,
  target: WgslTarget,
  options: { readonly force?: Force },
) => readonly PrintedWgsl[];

export interface WebGpuExecutorOptions extends DeviceOptions {
  readonly print: WgslStepPrinter;
}

export class WebGpuExecutor implements Executor {
  readonly info: ExecutorInfo;
  readonly target: WgslTarget;
  /** Resolves when the device is gone without having been closed. Every call fails from then on: open another executor. */
  readonly lost: Promise<DeviceLoss>;
  #shared: Shared;
  #pipelines: Pipelines;
  #print: WgslStepPrinter;
  #executables = new Set<Executable>();

  constructor(shared: Shared, backend: string, proofs: Proofs, print: WgslStepPrinter) {
    this.#shared = shared;
    this.#pipelines = new Pipelines(shared.device);
    this.#print = print;
    this.lost = shared.device.lost;
    this.target = targetOf(shared.device, proofs);
    this.info = describe(backend, shared.device, proofs);
  }

  createStore(name: string): WebGpuStore {
    this.#shared.device.assertUsable();
    return new WebGpuStore(name, this.#shared.device, this.#shared.readback);
  }

  async compile(
    step: Step,
    options: { readonly force?: Force; readonly onProgress?: (done: number, total: number) => void } = {},
  ): Promise<WebGpuExecutable> {
    this.#shared.device.assertUsable();
    const printed = this.#print(step, this.target, { ...(options.force && { force: options.force }) });
    const kernels = await this.#pipelines.compile(printed, options.onProgress);
    this.#shared.device.assertUsable();
    const executable = new WebGpuExecutable(this.#shared, step, kernels, () => this.#closed(executable));
    this.#executables.add(executable);
    return executable;
  }

  /** What runs share is kept for the next one, and given back with the last executable. */
  #closed(executable: Executable): void {
    this.#executables.delete(executable);
    if (this.#executables.size > 0) return;
    this.#shared.scratch.trim();
    this.#shared.readback.trim();
  }

  memory(): { readonly current: number; readonly peak: number } {
    const { current, peak } = this.#shared.device.buffers;
    return { current, peak };
  }

  /** Destroys the device behind the executor's back, as a failing driver does: for trying out what happens then. */
  loseDevice(): void {
    this.#shared.device.gpu.destroy();
  }

  /** Lets runs that are under way finish, then gives everything back. */
  async close(): Promise<void> {
    await this.#shared.device.close();
  }
}

type Proofs = Readonly<Record<'f16' | 'subgroups', Proof>>;

/**
 * Opens a device of the host and proves what it can do.
 * @throws MmgemError when the host has no device, or the device fails its first work.
 */
export async function createWebGpuExecutor(host: GpuHost, options: WebGpuExecutorOptions): Promise<WebGpuExecutor> {
  const device = await Device.open(host, options);
  try {
    const readback = new Readback(device);
    const wanted = { f16: options.f16 !== false, subgroups: options.subgroups !== false };
    const proofs = await proveFeatures(device, readback, wanted);
    readback.trim();
    return new WebGpuExecutor({ device, readback, scratch: new Scratch(device) }, host.backend, proofs, options.print);
  } catch (error) {
    await device.close();
    throw error;
  }
}

function targetOf({ gpu: { limits } }: Device, proofs: Proofs): WgslTarget {
  return {
    language: 'wgsl',
    subgroups: proofs.subgroups.usable,
    f16: proofs.f16.usable,
    maxStorageBuffers: limits.maxStorageBuffersPerShaderStage,
    maxWorkgroupStorage: limits.maxComputeWorkgroupStorageSize,
    maxInvocations: limits.maxComputeInvocationsPerWorkgroup,
  };
}

function describe(backend: string, { adapter, gpu, name }: Device, { f16, subgroups }: Proofs): ExecutorInfo {
  const { vendor, architecture, device, description } = adapter.info;
  const timestamps = gpu.features.has('timestamp-query');
  const abilities = [f16.usable && 'f16', subgroups.usable && 'subgroups', timestamps && 'timestamps'].filter(Boolean);
  return {
    backend,
    description: `${name}, ${abilities.length > 0 ? `with ${abilities.join(', ')}` : 'without f16, subgroups and timestamps'}`,
    details: {
      adapter: name,
      vendor,
      architecture,
      device,
      driver: description,
      features: [...gpu.features].sort().join(' '),
      f16: f16.reason,
      subgroups: subgroups.reason,
      timestamps,
      maxBufferSize: gpu.limits.maxBufferSize,
      maxStorageBufferBindingSize: gpu.limits.maxStorageBufferBindingSize,
      maxStorageBuffersPerShaderStage: gpu.limits.maxStorageBuffersPerShaderStage,
      maxComputeWorkgroupStorageSize: gpu.limits.maxComputeWorkgroupStorageSize,
      maxComputeInvocationsPerWorkgroup: gpu.limits.maxComputeInvocationsPerWorkgroup,
      maxComputeWorkgroupsPerDimension: gpu.limits.maxComputeWorkgroupsPerDimension,
    },
  };
}
