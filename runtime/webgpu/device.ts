/** A GPU device: how it is asked for, how its errors become ours, and how its loss is told. */
import { MmgemError } from '../../dsl/errors.ts';
import { type DeviceLoss, DeviceLostError } from '../loss.ts';
import { DeviceBuffers } from './buffers.ts';
import { formatBytes } from './format.ts';
import type { DeviceOptions, GpuHost } from './host.ts';

/** Features that are asked for where the adapter has them, and the option that leaves each out. */
const usefulFeatures: readonly {
  readonly feature: GPUFeatureName;
  readonly option: 'f16' | 'subgroups' | 'timestamps';
}[] = [
  { feature: 'shader-f16', option: 'f16' },
  { feature: 'subgroups', option: 'subgroups' },
  { feature: 'timestamp-query', option: 'timestamps' },
];

/** The limits that compute programs run into. */
const usefulLimits = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxUniformBufferBindingSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupSizeZ',
  'maxComputeWorkgroupsPerDimension',
] as const;

export type UsefulLimit = (typeof usefulLimits)[number];

/** Asks the adapter for a device with every useful feature and all of its limits, but for what the options say. */
export async function requestUsefulDevice(adapter: GPUAdapter, options: DeviceOptions): Promise<GPUDevice> {
  const unknown = Object.keys(options.limits ?? {}).find((name) => !usefulLimits.some((limit) => limit === name));
  if (unknown) throw new MmgemError(`unknown limit '${unknown}'; known are ${usefulLimits.join(', ')}`);
  const features = usefulFeatures.filter(
    ({ feature, option }) => options[option] !== false && adapter.features.has(feature),
  );
  const limits = usefulLimits.map((name) => [name, options.limits?.[name] ?? adapter.limits[name]] as const);
  const device = await request(adapter, {
    label: 'mmgem',
    requiredFeatures: features.map(({ feature }) => feature),
    requiredLimits: Object.fromEntries(limits),
  });
  for (const [name, limit] of Object.entries(options.limits ?? {})) {
    const given = device.limits[name as UsefulLimit];
    if (given === limit) continue;
    device.destroy();
    throw new MmgemError(`${name} cannot be ${limit}: every device has ${given} at least`);
  }
  return device;
}

async function request(adapter: GPUAdapter, descriptor: GPUDeviceDescriptor): Promise<GPUDevice> {
  try {
    return await adapter.requestDevice(descriptor);
  } catch (error) {
    throw new MmgemError(`adapter ${describeAdapter(adapter)} gives no device: ${messageOf(error)}`, { cause: error });
  }
}

/** `llvmpipe: Mesa 25.0.7 (LLVM 15.0.6) (mesa)`. wgpu gives vendors by number, which tells people nothing; Firefox gives nothing at all. */
export function describeAdapter({ info }: { readonly info: GPUAdapterInfo }): string {
  const name = info.description || info.device || info.architecture || 'GPU (name not given)';
  return /[a-z]/i.test(info.vendor) ? `${name} (${info.vendor})` : name;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What a device can find wrong, from the outermost scope to the innermost, which is popped first. */
const errorKinds = ['internal', 'out-of-memory', 'validation'] as const;

/** A device with the buffers made on it. One executor owns one. */
export class Device {
  readonly gpu: GPUDevice;
  readonly adapter: GPUAdapter;
  readonly name: string;
  readonly buffers: DeviceBuffers;
  /** Resolves when the device is gone for whatever reason but `close()`. */
  readonly lost: Promise<DeviceLoss>;
  #host: GpuHost;
  #loss: DeviceLoss | undefined;
  #closing: Promise<void> | undefined;
  #uncaptured: string[] = [];

  constructor(host: GpuHost, adapter: GPUAdapter, gpu: GPUDevice) {
    this.#host = host;
    this.adapter = adapter;
    this.gpu = gpu;
    this.name = describeAdapter(adapter);
    this.buffers = new DeviceBuffers(gpu, this.name);
    gpu.onuncapturederror = (event) => this.#uncaptured.push(event.error.message);
    this.lost = new Promise((resolve) => {
      gpu.lost.then(({ reason, message }) => {
        if (this.#closing) return;
        this.#loss = { reason, message };
        resolve(this.#loss);
      });
    });
  }

  static async open(host: GpuHost, options: DeviceOptions): Promise<Device> {
    const { adapter, device } = await host.requestDevice(options);
    return new Device(host, adapter, device);
  }

  /** @throws DeviceLostError; MmgemError when the device was closed, or has reported an error that nobody waited for. */
  assertUsable(): void {
    const error = this.#goneError() ?? this.#uncapturedError();
    if (error) throw error;
  }

  /**
   * Carries out `action`, which must not wait, and returns its result beside a promise of what the device found wrong with
   * it: nothing, or an error that names `what`. A loss of the device while it runs is such an error, too.
   */
  checked<T>(what: string, action: () => T): { readonly result: T; readonly error: Promise<MmgemError | undefined> } {
    for (const kind of errorKinds) this.gpu.pushErrorScope(kind);
    try {
      return { result: action(), error: this.#popErrors(what) };
    } catch (error) {
      void this.#popErrors(what);
      throw error;
    }
  }

  #popErrors(what: string): Promise<MmgemError | undefined> {
    // All are popped now, before anybody can push another scope.
    const scopes = errorKinds.map(() => this.gpu.popErrorScope());
    return Promise.all(scopes).then(
      ([validation, memory, internal]) => {
        if (this.#loss) return this.#goneError();
        if (validation) return new MmgemError(`${what}: ${this.name} rejects it: ${validation.message}`);
        if (memory) return this.#outOfMemoryError(what, memory.message);
        return internal ? new MmgemError(`${what}: the driver of ${this.name} fails: ${internal.message}`) : undefined;
      },
      (error) => this.explain(error, what),
    );
  }

  #outOfMemoryError(what: string, message: string): MmgemError {
    const held = formatBytes(this.buffers.current);
    return new MmgemError(
      `${what}: ${this.name} is out of memory (${held} held by this engine): ${message}. Close other engines and models, use a smaller batch, or store weights as f16`,
    );
  }

  /** The error to show for one that the API threw: the loss of the device, where that is behind it. */
  async explain(error: unknown, what: string): Promise<MmgemError> {
    // What fails because of a loss can be heard of before the loss itself.
    await Promise.race([this.gpu.lost, new Promise((resolve) => setTimeout(resolve, 50))]);
    return (
      this.#goneError() ??
      (error instanceof MmgemError ? error : new MmgemError(`${what}: ${messageOf(error)}`, { cause: error }))
    );
  }

  /** Waits until the GPU has carried out what was submitted so far. */
  async finished(what: string): Promise<void> {
    try {
      await this.gpu.queue.onSubmittedWorkDone();
    } catch (error) {
      throw await this.explain(error, what);
    }
    if (this.#loss) throw this.#goneError();
  }

  /** What is lost stays lost, also when it is closed afterwards. */
  #goneError(): MmgemError | undefined {
    if (this.#loss) return new DeviceLostError(`the GPU device ${this.name}`, this.#loss);
    if (!this.#closing) return undefined;
    return new MmgemError(`the ${this.#host.backend} engine on ${this.name} was closed; open another`);
  }

  #uncapturedError(): MmgemError | undefined {
    const messages = this.#uncaptured.splice(0);
    return messages.length > 0 ? new MmgemError(`${this.name} reported: ${messages.join('; ')}`) : undefined;
  }

  /** Waits for what was submitted, then destroys every buffer and the device. Nothing new is taken from now on. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // Drivers have been seen to crash or hang when a device goes while they work for it.
    if (!this.#loss) await this.gpu.queue.onSubmittedWorkDone().catch(() => {});
    this.buffers.destroyAll();
    this.gpu.destroy();
    await this.gpu.lost;
    this.#host.release();
  }
}
