/** Parameters and states of a model in GPU buffers, one buffer each. */

import { MmgemError } from '../../dsl/errors.ts';
import { evaluateExtent, fixedExtent, type Sizes } from '../../dsl/extent.ts';
import type { BufferDeclaration } from '../../kernels/ir.ts';
import { describeBuffer, nameOf } from '../arguments.ts';
import { assertHostArray, bytesOf, decodeElements, encodeElements } from '../elements.ts';
import type { HostArray, Store } from '../seam.ts';
import { usage, wholeWords } from './buffers.ts';
import type { Device } from './device.ts';
import { formatBytes } from './format.ts';
import type { Readback } from './readback.ts';

/** Elements written at a time: what the driver must stage stays small, and the event loop turns in between. */
const chunkElements = 4 << 20;

interface Entry {
  readonly buffer: GPUBuffer;
  readonly elements: number;
}

export class WebGpuStore implements Store {
  readonly name: string;
  /** Grows whenever a buffer is made, so that what was bound to an older one is bound anew. */
  version = 0;
  #device: Device;
  #readback: Readback;
  #entries = new Map<string, Entry>();
  #closed = false;

  constructor(name: string, device: Device, readback: Readback) {
    this.name = name;
    this.#device = device;
    this.#readback = readback;
  }

  belongsTo(device: Device): boolean {
    return this.#device === device;
  }

  get bytes(): number {
    let sum = 0;
    for (const { buffer } of this.#entries.values()) sum += buffer.size;
    return sum;
  }

  async write(declaration: BufferDeclaration, data: HostArray): Promise<void> {
    this.#assertOpen();
    const what = describeBuffer(declaration);
    if (declaration.layout.kind !== 'plain')
      throw new MmgemError(`${what}: WebGPU holds parameters as they are, not in panels`);
    const expected = fixedExtent(declaration.size);
    if (expected !== undefined && expected !== data.length) {
      throw new MmgemError(`${what} has ${expected} elements, but ${data.length} are written to store '${this.name}'`);
    }
    assertHostArray(declaration.dtype, data, what);
    const buffer = await this.#place(declaration, data.length);
    await this.#upload(buffer, declaration, data);
  }

  async reserve(declaration: BufferDeclaration, sizes: Sizes): Promise<void> {
    this.#assertOpen();
    const elements = evaluateExtent(declaration.size, sizes);
    const before = this.#entries.get(keyOf(declaration));
    if (before && before.elements < elements) {
      throw new MmgemError(
        `${describeBuffer(declaration)} was reserved with ${before.elements} elements in store '${this.name}' and now needs ${elements}: reserve the largest size first, or use another store`,
      );
    }
    if (!before) await this.#place(declaration, elements);
  }

  async read(declaration: BufferDeclaration): Promise<HostArray> {
    this.#assertOpen();
    const { buffer, elements } = this.#entry(declaration);
    const bytes = await this.#readback.read(buffer, bytesOf(declaration.dtype, elements), describeBuffer(declaration));
    return decodeElements(declaration.dtype, bytes, elements);
  }

  /**
   * The buffer that holds a parameter or state.
   * @throws MmgemError when there is none, or it is smaller than `elements`.
   */
  buffer(declaration: BufferDeclaration, elements: number): GPUBuffer {
    this.#assertOpen();
    const entry = this.#entry(declaration);
    if (entry.elements >= elements) return entry.buffer;
    throw new MmgemError(
      `${describeBuffer(declaration)} has ${entry.elements} elements in store '${this.name}', but these sizes need ${elements}: reserve it for the largest sizes`,
    );
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const { buffer } of this.#entries.values()) this.#device.buffers.destroy(buffer);
    this.#entries.clear();
  }

  #entry(declaration: BufferDeclaration): Entry {
    const entry = this.#entries.get(keyOf(declaration));
    if (entry) return entry;
    const remedy = declaration.role === 'state' ? 'reserve it before the first run' : 'write it before the first run';
    throw new MmgemError(
      `${describeBuffer(declaration)} (${declaration.dtype}) is not in store '${this.name}': ${remedy}`,
    );
  }

  /** The buffer of the declaration, made anew when there is none of that size. */
  async #place(declaration: BufferDeclaration, elements: number): Promise<GPUBuffer> {
    const key = keyOf(declaration);
    const before = this.#entries.get(key);
    if (before?.elements === elements) return before.buffer;
    if (before) this.#device.buffers.destroy(before.buffer);
    this.#entries.delete(key);
    const label = describeBuffer(declaration);
    const bytes = bytesOf(declaration.dtype, elements);
    const { result: buffer, error } = this.#device.checked(`${label} (${formatBytes(bytes)})`, () =>
      this.#device.buffers.create({ label, bytes, usage: usage.storage | usage.copyDestination | usage.copySource }),
    );
    this.#entries.set(key, { buffer, elements });
    this.version++;
    const failure = await error;
    if (!failure) return buffer;
    this.#device.buffers.destroy(buffer);
    this.#entries.delete(key);
    throw failure;
  }

  async #upload(buffer: GPUBuffer, { dtype, ...declaration }: BufferDeclaration, data: HostArray): Promise<void> {
    const what = describeBuffer({ dtype, ...declaration });
    for (let from = 0; from < data.length; from += chunkElements) {
      const bytes = wholeWords(encodeElements(dtype, data.subarray(from, from + chunkElements), what));
      const { error } = this.#device.checked(what, () =>
        this.#device.buffers.write(buffer, bytesOf(dtype, from), bytes),
      );
      const last = from + chunkElements >= data.length;
      // The driver keeps what it stages until the GPU has taken it: large uploads wait for that.
      const failure = await error;
      if (failure) throw failure;
      if (!last) await this.#device.finished(what);
      this.#assertOpen();
    }
  }

  #assertOpen(): void {
    this.#device.assertUsable();
    if (this.#closed) throw new MmgemError(`store '${this.name}' is closed; create another`);
  }
}

/** Programs share a parameter by its name in the checkpoint and the type in which they want it. */
function keyOf(declaration: BufferDeclaration): string {
  return `${nameOf(declaration)} ${declaration.dtype}`;
}
