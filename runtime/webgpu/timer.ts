/** Times of kernels by the GPU's own clock: one compute pass a kernel, a timestamp before and after. */
import { MmgemError } from '../../dsl/errors.ts';
import { usage } from './buffers.ts';
import type { Device } from './device.ts';

/** The specification's most for a query set. */
const queriesPerSet = 4096;

const bytesPerQuery = 8;

export class Timer {
  /** Bytes that `copyTo` fills. */
  readonly bytes: number;
  #device: Device;
  #sets: GPUQuerySet[] = [];
  #resolved: GPUBuffer;

  /** @throws MmgemError when the device has no timestamps. */
  constructor(device: Device, passes: number) {
    if (!device.gpu.features.has('timestamp-query')) {
      throw new MmgemError(
        `${device.name} measures no times: the device was opened without timestamp-query. Leave out onTimes, or open an engine with timestamps on an adapter that has them`,
      );
    }
    this.#device = device;
    this.bytes = passes * 2 * bytesPerQuery;
    for (let left = passes * 2; left > 0; left -= queriesPerSet) {
      this.#sets.push(device.gpu.createQuerySet({ type: 'timestamp', count: Math.min(left, queriesPerSet) }));
    }
    const use = usage.queryResolve | usage.copySource;
    this.#resolved = device.buffers.create({ label: 'timestamps', bytes: this.bytes, usage: use });
  }

  /** What a pass needs to be timed. */
  pass(index: number): GPUComputePassTimestampWrites {
    const first = (index * 2) % queriesPerSet;
    const querySet = this.#sets[Math.floor((index * 2) / queriesPerSet)]!;
    return { querySet, beginningOfPassWriteIndex: first, endOfPassWriteIndex: first + 1 };
  }

  copyTo(encoder: GPUCommandEncoder, staging: GPUBuffer, offset: number): void {
    this.#sets.forEach((set, index) => {
      encoder.resolveQuerySet(set, 0, set.count, this.#resolved, index * queriesPerSet * bytesPerQuery);
    });
    if (this.bytes > 0) encoder.copyBufferToBuffer(this.#resolved, 0, staging, offset, this.bytes);
  }

  /** Milliseconds of each pass, out of the bytes that were copied. */
  static milliseconds(bytes: Uint8Array<ArrayBuffer>): number[] {
    const nanoseconds = new BigUint64Array(bytes.slice().buffer);
    return Array.from(
      { length: nanoseconds.length / 2 },
      (_, i) => Number(nanoseconds[2 * i + 1]! - nanoseconds[2 * i]!) / 1e6,
    );
  }

  close(): void {
    for (const set of this.#sets) set.destroy();
    this.#device.buffers.destroy(this.#resolved);
  }
}
