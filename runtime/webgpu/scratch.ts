/** Memory that runs share: the GPU carries out submissions one after the other, so all programs of an engine use the same. */
import { usage } from './buffers.ts';
import type { Device } from './device.ts';

export interface ScratchRequest {
  readonly bytes: number;
  /** Who asks and what for: `memory of step vit (temporary t0 [B, T=50, W=768])`. */
  readonly label: string;
}

export class Scratch {
  /** Grows whenever a buffer is replaced, so that what was bound to an older one is bound anew. */
  generation = 0;
  #device: Device;
  #buffers: GPUBuffer[] = [];

  constructor(device: Device) {
    this.#device = device;
  }

  /** Buffers of at least the given sizes, one each. Those at hand are used from the largest on, and replaced where too small. */
  buffers(requests: readonly ScratchRequest[]): readonly GPUBuffer[] {
    const order = requests.map((_, index) => index).sort((a, b) => requests[b]!.bytes - requests[a]!.bytes);
    const chosen: GPUBuffer[] = [];
    order.forEach((index, rank) => {
      chosen[index] = this.#atLeast(rank, requests[index]!);
    });
    return chosen;
  }

  #atLeast(rank: number, { bytes, label }: ScratchRequest): GPUBuffer {
    const before = this.#buffers[rank];
    if (before && before.size >= bytes) return before;
    // What was submitted with it still runs: destroying frees memory once the GPU is through.
    if (before) this.#device.buffers.destroy(before);
    delete this.#buffers[rank];
    this.generation++;
    const buffer = this.#device.buffers.create({
      label,
      bytes,
      usage: usage.storage | usage.copySource | usage.copyDestination,
    });
    this.#buffers[rank] = buffer;
    return buffer;
  }

  /** Gives everything back; the next run makes what it needs anew. */
  trim(): void {
    for (const buffer of this.#buffers) if (buffer) this.#device.buffers.destroy(buffer);
    this.#buffers = [];
    this.generation++;
  }
}
