/** A compiled step on worker threads. */
import { MmgemError } from '../../dsl/errors.ts';
import type { Sizes } from '../../dsl/extent.ts';
import type { StepOutline } from '../../kernels/outline.ts';
import type { PrintedAssembly } from '../../kernels/printed.ts';
import { assertSizes, matchInputs, matchOutputs, nameOf } from '../arguments.ts';
import { bytesOf, decodeElements, encodeElements } from '../elements.ts';
import type { Executable, HostArray, KernelTime, MemoryPlanSummary, RunOptions, Store } from '../seam.ts';
import type { CompiledStep } from './compiled-step.ts';
import { alignment } from './heap.ts';
import { type Bound, Placement } from './placement.ts';
import { type Shared, WasmStore } from './store.ts';
import { KernelTrap } from './team.ts';
import type { Workspace } from './workspace.ts';

/** Sizes whose placement is kept, per executable; the one that was not used for longest goes. */
const keptPlacements = 16;

/** What the executables of an executor share: besides memory and threads, the table that lies in memory now. */
export interface ExecutableShared extends Shared {
  readonly workspace: Workspace;
  inTable?: Bound;
}

export class WasmExecutable implements Executable {
  readonly step: StepOutline;
  #shared: ExecutableShared;
  #id: number;
  #kernels: readonly PrintedAssembly[];
  #source: string | undefined;
  #scratchStride: number;
  #placements = new Map<string, Placement>();
  #closed = false;

  constructor(shared: ExecutableShared, id: number, { outline, kernels, source }: CompiledStep) {
    this.#shared = shared;
    this.#id = id;
    this.step = outline;
    this.#kernels = kernels;
    this.#source = source;
    const scratch = kernels.reduce((most, { scratchBytes }) => Math.max(most, scratchBytes), 0);
    this.#scratchStride = Math.ceil(scratch / alignment) * alignment;
    shared.workspace.enter();
  }

  get sources(): Executable['sources'] {
    if (this.#source === undefined) return [];
    const parts = partsOf(this.#source);
    return this.#kernels.map(({ kernel, entry, variant }) => ({
      kernel,
      variant,
      source: parts.find((part) => part.includes(`export function ${entry}(`)) ?? this.#source!,
    }));
  }

  /** The threads' scratch memory counts as temporary. */
  plan(sizes: Sizes): MemoryPlanSummary {
    const { inputs, outputs, temporaries, peak, lowerBound } = this.#placement(sizes).plan.summary;
    const scratch = this.#scratchStride * this.#shared.team.size;
    return {
      inputs,
      outputs,
      temporaries: temporaries + scratch,
      peak: peak + scratch,
      lowerBound: lowerBound + scratch,
    };
  }

  /** Inputs are copied when the run's turn has come: leave them as they are until it is over. */
  async run(
    store: Store,
    inputs: Readonly<Record<string, HostArray>>,
    sizes: Sizes,
    options: RunOptions = {},
  ): Promise<Record<string, HostArray>> {
    if (!(store instanceof WasmStore && store.belongsTo(this.#shared)))
      throw new MmgemError(`step ${this.step.name} runs on a store of its own engine; create one there`);
    const placement = this.#placement(sizes);
    const given = matchInputs(this.step, inputs, placement.elements);
    const wanted = matchOutputs(this.step, options, placement.elements);
    return this.#shared.turns.alone(async () => {
      this.#assertOpen();
      const { heap, workspace } = this.#shared;
      const arena = workspace.arena.atLeast(placement.plan.bytes);
      for (const { declaration, data, what } of given) {
        const bytes = encodeElements(declaration.dtype, data, what);
        new Uint8Array(heap.memory.buffer, arena + placement.plan.offsets.get(declaration.name)!, bytes.length).set(
          bytes,
        );
      }
      await this.#execute(store, placement, arena, options.onTimes);
      return Object.fromEntries(
        wanted.map(({ declaration, count, into }) => {
          const address = arena + placement.plan.offsets.get(declaration.name)!;
          const bytes = new Uint8Array(heap.memory.buffer, address, bytesOf(declaration.dtype, count));
          return [nameOf(declaration), decodeElements(declaration.dtype, bytes, count, into)];
        }),
      );
    });
  }

  async #execute(store: WasmStore, placement: Placement, arena: number, onTimes: RunOptions['onTimes']): Promise<void> {
    const { heap, team, workspace } = this.#shared;
    const phases = onTimes ? placement.timedPhases : placement.phases;
    const timeBytes = onTimes ? 8 * phases.length : 0;
    if (phases.length === 0) return onTimes?.([]);
    // Times stand before the table, where the alignment of 8 bytes is certain.
    const times = workspace.table.atLeast(
      Math.ceil(timeBytes / alignment) * alignment + 4 * placement.tableWords(phases),
    );
    const table = times + Math.ceil(timeBytes / alignment) * alignment;
    const scratch = workspace.scratch.atLeast(this.#scratchStride * team.size);
    const bound = placement.bind(store, onTimes !== undefined, arena, table);
    if (this.#shared.inTable !== bound) new Int32Array(heap.memory.buffer, table, bound.words.length).set(bound.words);
    this.#shared.inTable = bound;
    try {
      await team.run({
        executable: this.#id,
        participants: Math.min(team.size, Math.max(...phases.map(({ tiles }) => tiles))),
        phases: phases.length,
        table,
        times: onTimes ? times : 0,
        scratch,
        scratchStride: this.#scratchStride,
      });
    } catch (error) {
      throw error instanceof KernelTrap ? this.#explain(error) : error;
    }
    if (!onTimes) return;
    const milliseconds = new Float64Array(heap.memory.buffer, times, phases.length);
    onTimes(
      phases.map(({ first }, phase): KernelTime => ({ ...this.#nameOf(first), milliseconds: milliseconds[phase]! })),
    );
  }

  #nameOf(index: number): { readonly kernel: string; readonly variant: string } {
    const { kernel, variant } = this.#kernels[index]!;
    return { kernel, variant };
  }

  #explain(trap: KernelTrap): MmgemError {
    const { kernel, variant } = this.#nameOf(trap.kernel);
    return new MmgemError(
      `kernel ${kernel} (${variant}) of step ${this.step.name} stopped: ${trap.message}. ` +
        'Outputs and states of this run are lost; the engine can be used on. Please report this with the step and its sizes',
      { cause: trap },
    );
  }

  #placement(sizes: Sizes): Placement {
    this.#assertOpen();
    assertSizes(this.step, sizes);
    const key = this.step.sizes.map(({ name }) => sizes[name]).join(' ');
    const placement = this.#placements.get(key) ?? new Placement(this.step, this.#kernels, sizes);
    this.#placements.delete(key);
    this.#placements.set(key, placement);
    if (this.#placements.size > keptPlacements) this.#placements.delete(this.#placements.keys().next().value!);
    return placement;
  }

  #assertOpen(): void {
    this.#shared.team.assertOpen();
    if (this.#closed) throw new MmgemError(`step ${this.step.name} was closed; compile it again`);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#shared.turns.alone(async () => {
      this.#placements.clear();
      this.#shared.team.unload(this.#id);
      this.#shared.workspace.leave();
      delete this.#shared.inTable;
    });
  }
}

/** The module's functions, each with the comment above it. They begin after a blank line, without indent. */
const partsOf = (source: string): string[] => source.trimEnd().split(/\n\n(?=\S)/);
