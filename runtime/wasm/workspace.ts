/** Memory that runs share: one at a time is in progress, so all programs of an executor use the same. */
import type { Heap } from './heap.ts';

export class Region {
  address = 0;
  #bytes = 0;
  #heap: Heap;
  #what: string;

  constructor(heap: Heap, what: string) {
    this.#heap = heap;
    this.#what = what;
  }

  /** Makes the region at least so large; its contents may be lost. @returns its address. */
  atLeast(bytes: number): number {
    if (bytes <= this.#bytes) return this.address;
    this.release();
    this.address = this.#heap.allocate(bytes, this.#what);
    this.#bytes = bytes;
    return this.address;
  }

  release(): void {
    if (this.#bytes > 0) this.#heap.free(this.address);
    this.address = this.#bytes = 0;
  }
}

export class Workspace {
  /** Inputs, outputs and temporaries of the run in progress. */
  readonly arena: Region;
  /** What it consists of, see control.ts. */
  readonly table: Region;
  /** Memory of the threads' own. */
  readonly scratch: Region;
  #users = 0;

  constructor(heap: Heap) {
    this.arena = new Region(heap, 'the memory of inputs, outputs and temporaries');
    this.table = new Region(heap, 'the table of kernels');
    this.scratch = new Region(heap, "the threads' scratch memory");
  }

  /** One more program will use the workspace. */
  enter(): void {
    this.#users++;
  }

  /** One program less; after the last the memory is free for others. */
  leave(): void {
    if (--this.#users > 0) return;
    for (const region of [this.arena, this.table, this.scratch]) region.release();
  }
}
