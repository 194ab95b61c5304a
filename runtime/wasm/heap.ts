/** The shared WebAssembly memory and what of it is in use: a growing block with a list of its gaps. */
import { MmgemError } from '../../dsl/errors.ts';
import { BackendError } from '../backend.ts';
import { formatBytes } from '../webgpu/format.ts';

export const pageBytes = 65_536;
const maximumPages = 65_536;

/** Addresses are multiples of this: a cache line, and more than any vector. */
export const alignment = 64;

/** Vector loads may read so far past the end of a buffer. */
const guardBytes = 64;

/** The memory grows by at least so much, since every step of growth is told to all threads. */
const growthPages = 64;

interface Gap {
  address: number;
  bytes: number;
}

export class Heap {
  readonly memory: WebAssembly.Memory;
  /** Bytes in use, and the most ever in use. */
  current = 0;
  peak = 0;
  #blocks = new Map<number, number>();
  /** By address; neighbours are joined. */
  #gaps: Gap[] = [];
  /** Where what was never in use begins. The first page is left to the modules' own data, and 0 is no address. */
  #end = pageBytes;

  /** @throws BackendError when the host does not give the address space. */
  constructor() {
    try {
      this.memory = new WebAssembly.Memory({ initial: 2, maximum: maximumPages, shared: true });
    } catch (error) {
      throw new BackendError(
        `4 GiB of address space for WebAssembly cannot be reserved (${error instanceof Error ? error.message : error})`,
        'Raise the limit on address space (ulimit -v) of this process',
        { cause: error },
      );
    }
  }

  /**
   * Free memory of at least `bytes` bytes; contents are whatever was there before, zeros in fresh memory.
   * @throws MmgemError when the 4 GiB that WebAssembly can address, or the machine's memory, do not suffice; `what` names what for.
   */
  allocate(bytes: number, what: string): number {
    const rounded = Math.max(alignment, Math.ceil(bytes / alignment) * alignment);
    const address = this.#takeGap(rounded) ?? this.#extend(rounded, what);
    this.#blocks.set(address, rounded);
    this.current += rounded;
    this.peak = Math.max(this.peak, this.current);
    return address;
  }

  /** Gives back what `allocate` returned. */
  free(address: number): void {
    const bytes = this.#blocks.get(address);
    if (bytes === undefined) throw new RangeError(`nothing was allocated at ${address}`);
    this.#blocks.delete(address);
    this.current -= bytes;
    let at = this.#gaps.findIndex((gap) => gap.address > address);
    if (at < 0) at = this.#gaps.length;
    this.#gaps.splice(at, 0, { address, bytes });
    this.#join(at);
    this.#join(at - 1);
    const last = this.#gaps.at(-1)!;
    if (last.address + last.bytes === this.#end) this.#end = this.#gaps.pop()!.address;
  }

  #join(at: number): void {
    const [gap, next] = [this.#gaps[at], this.#gaps[at + 1]];
    if (!gap || !next || gap.address + gap.bytes !== next.address) return;
    gap.bytes += next.bytes;
    this.#gaps.splice(at + 1, 1);
  }

  #takeGap(bytes: number): number | undefined {
    let tightest: Gap | undefined;
    for (const gap of this.#gaps) if (gap.bytes >= bytes && (!tightest || gap.bytes < tightest.bytes)) tightest = gap;
    if (!tightest) return undefined;
    const { address } = tightest;
    tightest.address += bytes;
    tightest.bytes -= bytes;
    if (tightest.bytes === 0) this.#gaps.splice(this.#gaps.indexOf(tightest), 1);
    return address;
  }

  #extend(bytes: number, what: string): number {
    const address = this.#end;
    const pages = Math.ceil((address + bytes + guardBytes) / pageBytes);
    const present = this.memory.buffer.byteLength / pageBytes;
    if (pages > maximumPages) throw this.#outOfMemory(bytes, what, 'WebAssembly addresses 4 GiB in all');
    if (pages > present) {
      const wanted = Math.min(maximumPages, Math.max(pages, present + growthPages));
      try {
        this.memory.grow(wanted - present);
      } catch (error) {
        throw this.#outOfMemory(bytes, what, 'the machine gives no more memory', error);
      }
    }
    this.#end = address + bytes;
    return address;
  }

  #outOfMemory(bytes: number, what: string, reason: string, cause?: unknown): MmgemError {
    return new MmgemError(
      `${what} needs ${formatBytes(bytes)} (${bytes} bytes); ${formatBytes(this.current)} are in use and ${reason}. ` +
        'Keep weights in two bytes (bf16, f16), use smaller batches, close other models, or use a GPU backend',
      { cause },
    );
  }
}
