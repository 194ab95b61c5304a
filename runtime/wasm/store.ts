/** Parameters and states of a model in the shared memory, laid out as the kernels read them. */
import { MmgemError } from '../../dsl/errors.ts';
import { evaluateExtent, fixedExtent, type Sizes } from '../../dsl/extent.ts';
import type { BufferDeclaration } from '../../kernels/ir.ts';
import { layoutSize } from '../../kernels/layout.ts';
import { describeBuffer, nameOf } from '../arguments.ts';
import { assertHostArray, bytesOf, encodeElements } from '../elements.ts';
import type { HostArray, Store } from '../seam.ts';
import type { Heap } from './heap.ts';
import type { Team } from './team.ts';
import type { Turns } from './turns.ts';

/** What an executor's stores and executables share. */
export interface Shared {
  readonly heap: Heap;
  readonly team: Team;
  readonly turns: Turns;
}

/** Bytes copied at a time on the caller's thread: a few milliseconds between turns of its event loop. */
const chunkBytes = 4 << 20;

const nextTurn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

interface Entry {
  readonly address: number;
  readonly bytes: number;
  /** Elements of the plain form. */
  readonly elements: number;
}

export class WasmStore implements Store {
  readonly name: string;
  /** Grows whenever something gets a new address, so that what was bound to the old one is bound anew. */
  version = 0;
  #shared: Shared;
  #entries = new Map<string, Entry>();
  #closed = false;

  constructor(name: string, shared: Shared) {
    this.name = name;
    this.#shared = shared;
  }

  belongsTo(shared: Shared): boolean {
    return this.#shared === shared;
  }

  get bytes(): number {
    let sum = 0;
    for (const { bytes } of this.#entries.values()) sum += bytes;
    return sum;
  }

  async write(declaration: BufferDeclaration, data: HostArray): Promise<void> {
    const what = describeBuffer(declaration);
    const expected = fixedExtent(declaration.size);
    if (expected !== undefined && expected !== data.length)
      throw new MmgemError(`${what} has ${expected} elements, but ${data.length} are written to store '${this.name}'`);
    assertHostArray(declaration.dtype, data, what);
    await this.#shared.turns.together(async () => {
      this.#assertOpen();
      const isNew = this.#entries.get(keyOf(declaration))?.elements !== data.length;
      const { address } = this.#place(declaration, data.length);
      try {
        if (declaration.layout.kind === 'plain' && bytesOf(declaration.dtype, 1) === 4)
          await this.#copy(encodeElements(declaration.dtype, data, what), address);
        else {
          const given = this.#shared.team.shares ? await sharedCopy(data) : data;
          const { dtype, layout } = declaration;
          await this.#shared.team.ask({ kind: 'place', placing: { data: given, dtype, layout, address, what } });
        }
      } catch (error) {
        if (isNew) this.#remove(keyOf(declaration));
        throw error;
      }
    });
  }

  async reserve(declaration: BufferDeclaration, sizes: Sizes): Promise<void> {
    const elements = evaluateExtent(declaration.size, sizes);
    await this.#shared.turns.together(async () => {
      this.#assertOpen();
      const before = this.#entries.get(keyOf(declaration));
      if (before && before.elements < elements)
        throw new MmgemError(
          `${describeBuffer(declaration)} was reserved with ${before.elements} elements in store '${this.name}' and now needs ${elements}: reserve the largest size first, or use another store`,
        );
      if (before) return;
      const { address, bytes } = this.#place(declaration, elements);
      for (let from = 0; from < bytes; from += chunkBytes) {
        if (from > 0) await nextTurn();
        new Uint8Array(this.#shared.heap.memory.buffer, address + from, Math.min(chunkBytes, bytes - from)).fill(0);
      }
    });
  }

  async read(declaration: BufferDeclaration): Promise<HostArray> {
    return this.#shared.turns.together(async () => {
      this.#assertOpen();
      const { address, elements } = this.#entry(declaration);
      const { dtype, layout } = declaration;
      const fetching = { dtype, layout, address, count: elements };
      return (await this.#shared.team.ask({ kind: 'fetch', fetching })) as HostArray;
    });
  }

  /**
   * Where a parameter or state lies.
   * @throws MmgemError when it is not there, or has fewer than `elements`.
   */
  address(declaration: BufferDeclaration, elements: number): number {
    this.#assertOpen();
    const entry = this.#entry(declaration);
    if (entry.elements >= elements) return entry.address;
    throw new MmgemError(
      `${describeBuffer(declaration)} has ${entry.elements} elements in store '${this.name}', but these sizes need ${elements}: reserve it for the largest sizes`,
    );
  }

  /** Gives the memory back when the runs that were asked for before are over. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#shared.turns.alone(async () => {
      for (const key of [...this.#entries.keys()]) this.#remove(key);
    });
  }

  #entry(declaration: BufferDeclaration): Entry {
    const entry = this.#entries.get(keyOf(declaration));
    if (entry) return entry;
    const remedy = declaration.role === 'state' ? 'reserve it before the first run' : 'write it before the first run';
    const form = declaration.layout.kind === 'plain' ? '' : `, panels of ${declaration.layout.width} columns`;
    throw new MmgemError(
      `${describeBuffer(declaration)} (${declaration.dtype}${form}) is not in store '${this.name}': ${remedy}`,
    );
  }

  /** The declaration's memory, new when there is none of that size. */
  #place(declaration: BufferDeclaration, elements: number): Entry {
    const key = keyOf(declaration);
    const before = this.#entries.get(key);
    if (before?.elements === elements) return before;
    if (before) this.#remove(key);
    const bytes = bytesOf(declaration.dtype, layoutSize(declaration.layout, elements));
    const address = this.#shared.heap.allocate(bytes, `store '${this.name}': ${describeBuffer(declaration)}`);
    const entry = { address, bytes, elements };
    this.#entries.set(key, entry);
    this.version++;
    return entry;
  }

  #remove(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#shared.heap.free(entry.address);
    this.#entries.delete(key);
    this.version++;
  }

  async #copy(bytes: Uint8Array, address: number): Promise<void> {
    for (let from = 0; from < bytes.length; from += chunkBytes) {
      if (from > 0) await nextTurn();
      const chunk = bytes.subarray(from, from + chunkBytes);
      // The memory may have grown since the last chunk.
      new Uint8Array(this.#shared.heap.memory.buffer, address + from, chunk.length).set(chunk);
    }
  }

  #assertOpen(): void {
    this.#shared.team.assertOpen();
    if (this.#closed) throw new MmgemError(`store '${this.name}' is closed; create another`);
  }
}

/** Data as threads can see it: what is not shared is copied, piece by piece. */
async function sharedCopy(data: HostArray): Promise<HostArray> {
  if (data.buffer instanceof SharedArrayBuffer) return data;
  const Kind = data.constructor as Float32ArrayConstructor;
  const copy = new Kind(new SharedArrayBuffer(data.byteLength));
  for (let from = 0; from < data.length; from += chunkBytes / 4) {
    if (from > 0) await nextTurn();
    copy.set(data.subarray(from, from + chunkBytes / 4), from);
  }
  return copy;
}

/** Programs share a parameter by its name in the checkpoint and the form in which they want it. */
function keyOf(declaration: BufferDeclaration): string {
  const { dtype, layout } = declaration;
  const form =
    layout.kind === 'plain'
      ? 'plain'
      : `panels ${layout.width} ${layout.columns} ${layout.depth} ${layout.strideN} ${layout.strideK} ${layout.halves}`;
  return `${nameOf(declaration)} ${dtype} ${form}`;
}
