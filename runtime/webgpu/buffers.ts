/** Every GPU buffer of a device: made, counted and destroyed in one place. */
import { MmgemError } from '../../dsl/errors.ts';
import { formatBytes } from './format.ts';

/** GPUBufferUsage as numbers, which the specification fixes: not every host has the global. */
export const usage = {
  mapRead: 0x1,
  copySource: 0x4,
  copyDestination: 0x8,
  uniform: 0x40,
  storage: 0x80,
  queryResolve: 0x200,
} as const;

/** Ranges that are bound start at multiples of this, whatever the adapter would allow. */
export const bindingAlignment = 256;

/** Lengths that are bound are multiples of this, so that views as vec4 never lose the tail. */
export const lengthAlignment = 16;

export function alignTo(value: number, alignment: number): number {
  return Math.ceil(value / alignment) * alignment;
}

/** The bytes with zeros after them up to a multiple of 4, which is what can be written to a GPU buffer. */
export function wholeWords(bytes: Uint8Array): Uint8Array {
  if (bytes.length % 4 === 0) return bytes;
  const whole = new Uint8Array(alignTo(bytes.length, 4));
  whole.set(bytes);
  return whole;
}

export interface BufferRequest {
  /** For people, in errors and in the driver's tools: `parameter visual.proj`. */
  readonly label: string;
  readonly bytes: number;
  readonly usage: number;
}

/** The live buffers of a device and what they add up to. */
export class DeviceBuffers {
  #gpu: GPUDevice;
  #adapterName: string;
  #live = new Set<GPUBuffer>();
  #current = 0;
  #peak = 0;

  constructor(gpu: GPUDevice, adapterName: string) {
    this.#gpu = gpu;
    this.#adapterName = adapterName;
  }

  get current(): number {
    return this.#current;
  }

  get peak(): number {
    return this.#peak;
  }

  /**
   * A new buffer, filled with zeros, of at least `bytes`.
   * @throws MmgemError when it is larger than the device's limits allow.
   */
  create(request: BufferRequest): GPUBuffer {
    const size = Math.max(lengthAlignment, alignTo(request.bytes, lengthAlignment));
    this.#assertWithinLimits(request, size);
    const buffer = this.#gpu.createBuffer({ label: request.label, size, usage: request.usage });
    this.#live.add(buffer);
    this.#current += size;
    this.#peak = Math.max(this.#peak, this.#current);
    return buffer;
  }

  #assertWithinLimits({ label, usage: use }: BufferRequest, size: number): void {
    const { limits } = this.#gpu;
    const within = [
      { limit: 'maxBufferSize', most: limits.maxBufferSize },
      ...(use & usage.storage
        ? [{ limit: 'maxStorageBufferBindingSize', most: limits.maxStorageBufferBindingSize }]
        : []),
    ];
    const exceeded = within.filter(({ most }) => size > most).sort((a, b) => a.most - b.most)[0];
    if (!exceeded) return;
    throw new MmgemError(
      `${label} takes ${formatBytes(size)} (${size} bytes), more than ${exceeded.limit} of ${this.#adapterName}, ${formatBytes(exceeded.most)}. ` +
        'Store it as f16, use a smaller batch or model, an adapter with larger limits, or the wasm backend',
    );
  }

  /** Puts bytes into a buffer. An empty write is none: it ends the process of Deno 2.9. */
  write(buffer: GPUBuffer, offset: number, data: ArrayBufferView): void {
    if (data.byteLength > 0) this.#gpu.queue.writeBuffer(buffer, offset, data);
  }

  destroy(buffer: GPUBuffer): void {
    if (!this.#live.delete(buffer)) return;
    this.#current -= buffer.size;
    buffer.destroy();
  }

  destroyAll(): void {
    for (const buffer of [...this.#live]) this.destroy(buffer);
  }
}
