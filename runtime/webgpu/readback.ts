/** Results from GPU buffers to the host: staging buffers that are mapped, copied from, and used again. */
import { alignTo, bindingAlignment, usage } from './buffers.ts';
import type { Device } from './device.ts';

/** GPUMapMode.READ. */
const mapRead = 0x1;

/** Staging buffers that are kept for the next run. */
const keptBuffers = 4;

/** Large buffers are read in parts of so many bytes, so that staging stays small beside them. */
const chunkBytes = 16 << 20;

type Bytes = Uint8Array<ArrayBuffer>;

export class Readback {
  #device: Device;
  #free: GPUBuffer[] = [];

  constructor(device: Device) {
    this.#device = device;
  }

  /** A staging buffer of at least `bytes`, to copy into before `take`. */
  acquire(bytes: number): GPUBuffer {
    const fitting = this.#free.filter((buffer) => buffer.size >= bytes).sort((a, b) => a.size - b.size)[0];
    if (fitting) {
      this.#free.splice(this.#free.indexOf(fitting), 1);
      return fitting;
    }
    return this.#device.buffers.create({
      label: 'readback',
      bytes: alignTo(bytes, bindingAlignment),
      usage: usage.mapRead | usage.copyDestination,
    });
  }

  /** Waits until the GPU has filled the first `bytes` of a staging buffer, hands them to `use` and keeps the buffer. */
  async take<T>(staging: GPUBuffer, bytes: number, what: string, use: (bytes: Bytes) => T): Promise<T> {
    try {
      // A mapping has to be a whole number of 4-byte words and not empty.
      const length = Math.max(4, alignTo(bytes, 4));
      await staging.mapAsync(mapRead, 0, length);
      const result = use(new Uint8Array(staging.getMappedRange(0, length)));
      staging.unmap();
      this.#keep(staging);
      return result;
    } catch (error) {
      this.discard(staging);
      throw await this.#device.explain(error, what);
    }
  }

  /** Gives up a staging buffer that was acquired and is not going to be taken. */
  discard(staging: GPUBuffer): void {
    this.#device.buffers.destroy(staging);
  }

  /** A copy of a buffer's first `bytes`. */
  async read(buffer: GPUBuffer, bytes: number, what: string): Promise<Bytes> {
    const whole = new Uint8Array(alignTo(bytes, 4));
    for (let from = 0; from < whole.length; from += chunkBytes) {
      const length = Math.min(chunkBytes, whole.length - from);
      const { result: staging, error } = this.#device.checked(what, () => this.#copy(buffer, from, length));
      const taken = this.take(staging, length, what, (part) => whole.set(part, from));
      const [failure] = await Promise.all([error, taken]);
      if (failure) throw failure;
    }
    return whole;
  }

  #copy(buffer: GPUBuffer, from: number, length: number): GPUBuffer {
    const staging = this.acquire(length);
    const encoder = this.#device.gpu.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, from, staging, 0, length);
    this.#device.gpu.queue.submit([encoder.finish()]);
    return staging;
  }

  #keep(staging: GPUBuffer): void {
    this.#free.push(staging);
    if (this.#free.length <= keptBuffers) return;
    const smallest = this.#free.reduce((a, b) => (b.size < a.size ? b : a));
    this.#free.splice(this.#free.indexOf(smallest), 1);
    this.discard(smallest);
  }

  /** Gives back every staging buffer that nobody waits for. */
  trim(): void {
    for (const staging of this.#free.splice(0)) this.discard(staging);
  }
}
