/** A step for given sizes: where every buffer lies, how many tiles every kernel has, and the table that tells the threads. */

import { MmgemError } from '../../dsl/errors.ts';
import { evaluateExtent, type Sizes } from '../../dsl/extent.ts';
import type { BufferDeclaration } from '../../kernels/ir.ts';
import type { StepOutline } from '../../kernels/outline.ts';
import type { PrintedAssembly } from '../../kernels/printed.ts';
import { type ArenaPlan, planArena } from '../memory.ts';
import { table } from './control.ts';
import { alignment } from './heap.ts';
import type { WasmStore } from './store.ts';

/** Words from one 16-byte boundary to the next. */
const blockWords = 4;

/** Kernels that run between two barriers: one, or several of one tile each. */
interface Phase {
  readonly first: number;
  readonly count: number;
  readonly tiles: number;
}

/** A table with all addresses, for one store and one place of the workspace. */
export interface Bound {
  readonly words: Int32Array;
  readonly storeVersion: number;
  readonly arena: number;
  readonly table: number;
}

export class Placement {
  readonly plan: ArenaPlan;
  /** Elements by buffer name. */
  readonly elements: ReadonlyMap<string, number>;
  /** Whether each kernel is timed: then it has a phase of its own. */
  readonly phases: readonly Phase[];
  readonly timedPhases: readonly Phase[];
  #step: StepOutline;
  #kernels: readonly PrintedAssembly[];
  #sizes: readonly number[];
  #bound = new WeakMap<WasmStore, { timed?: Bound; untimed?: Bound }>();

  constructor(step: StepOutline, kernels: readonly PrintedAssembly[], sizes: Sizes) {
    this.#step = step;
    this.#kernels = kernels;
    this.#sizes = step.sizes.map(({ name }) => sizes[name]!);
    // Map kernels read all that they need of a point before they write it, see printWrites in kernels/assembly/span.ts.
    this.plan = planArena(step, sizes, alignment, { inPlace: true });
    this.elements = new Map(step.buffers.map(({ name, size }) => [name, evaluateExtent(size, sizes)]));
    const tiles = kernels.map((kernel) => countTiles(kernel, sizes));
    this.timedPhases = tiles.flatMap((count, first) => (count > 0 ? [{ first, count: 1, tiles: count }] : []));
    this.phases = joinSingleTiles(this.timedPhases);
  }

  /** Words of the table with its argument blocks. */
  tableWords(phases: readonly Phase[]): number {
    const blocks = this.#kernels.reduce((sum, kernel) => sum + this.#blockSize(kernel), 0);
    return this.#blocksAt(phases) + blocks;
  }

  /** @throws MmgemError when the store lacks a parameter or state, or has too small a one. */
  bind(store: WasmStore, timed: boolean, arena: number, tableAddress: number): Bound {
    const known = this.#bound.get(store) ?? {};
    const before = known[timed ? 'timed' : 'untimed'];
    if (before?.storeVersion === store.version && before.arena === arena && before.table === tableAddress)
      return before;
    const words = this.#table(timed ? this.timedPhases : this.phases, this.#addresses(store, arena), tableAddress);
    const bound = { words, storeVersion: store.version, arena, table: tableAddress };
    this.#bound.set(store, { ...known, [timed ? 'timed' : 'untimed']: bound });
    return bound;
  }

  #addresses(store: WasmStore, arena: number): ReadonlyMap<string, number> {
    const isStored = ({ role }: BufferDeclaration): boolean => role === 'parameter' || role === 'state';
    return new Map(
      this.#step.buffers.map((declaration) => {
        const { name } = declaration;
        const offset = this.plan.offsets.get(name);
        const address = isStored(declaration)
          ? store.address(declaration, this.elements.get(name)!)
          : arena + (offset ?? 0);
        return [name, address];
      }),
    );
  }

  #table(phases: readonly Phase[], addresses: ReadonlyMap<string, number>, tableAddress: number): Int32Array {
    const words = new Int32Array(this.tableWords(phases));
    phases.forEach(({ first, count, tiles }, index) => {
      const at = index * table.phaseWords;
      words[at + table.firstKernel] = first;
      words[at + table.kernels] = count;
      words[at + table.tiles] = tiles;
    });
    let block = this.#blocksAt(phases);
    this.#kernels.forEach((kernel, index) => {
      words[phases.length * table.phaseWords + index] = tableAddress + 4 * block;
      const buffers = kernel.buffers.map((name) => addresses.get(name) ?? this.#undeclared(kernel, name));
      words.set([...buffers, ...this.#sizes], block);
      block += this.#blockSize(kernel);
    });
    return words;
  }

  /** Where the argument blocks begin, in words. */
  #blocksAt(phases: readonly Phase[]): number {
    return roundUp(phases.length * table.phaseWords + this.#kernels.length, blockWords);
  }

  #blockSize({ buffers }: PrintedAssembly): number {
    return roundUp(buffers.length + this.#sizes.length, blockWords);
  }

  #undeclared({ kernel }: PrintedAssembly, buffer: string): never {
    throw new MmgemError(`kernel ${kernel} uses buffer ${buffer}, which step ${this.#step.name} does not declare`);
  }
}

const roundUp = (value: number, multiple: number): number => Math.ceil(value / multiple) * multiple;

function countTiles({ tiles }: PrintedAssembly, sizes: Sizes): number {
  return tiles.reduce((product, { extent, per }) => product * Math.ceil(evaluateExtent(extent, sizes) / per), 1);
}

/** Neighbours of one tile each become one phase: a thread runs them in a row, without a barrier between. */
function joinSingleTiles(phases: readonly Phase[]): Phase[] {
  const joined: Phase[] = [];
  for (const phase of phases) {
    const last = joined.at(-1);
    if (last?.tiles === 1 && phase.tiles === 1 && last.first + last.count === phase.first)
      joined[joined.length - 1] = { ...last, count: last.count + 1 };
    else joined.push(phase);
  }
  return joined;
}
