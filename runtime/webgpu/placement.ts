/**
 * A step for given sizes: where every buffer lies, how many workgroups every kernel runs, what is bound. Made once for
 * the sizes and kept, so that a run costs little more than its dispatches.
 */

import { MmgemError } from '../../dsl/errors.ts';
import { evaluateExtent, type Sizes } from '../../dsl/extent.ts';
import type { BufferDeclaration } from '../../kernels/ir.ts';
import type { StepOutline } from '../../kernels/outline.ts';
import { describeBuffer } from '../arguments.ts';
import { bytesOf } from '../elements.ts';
import { type BufferPlan, planBuffers } from '../memory.ts';
import { alignTo, lengthAlignment, usage } from './buffers.ts';
import type { Device } from './device.ts';
import { countWorkgroups, foldGrid, type Grid } from './dispatch.ts';
import type { KernelPipeline } from './pipelines.ts';
import type { Scratch, ScratchRequest } from './scratch.ts';
import type { WebGpuStore } from './store.ts';

/** A buffer of a step, in the GPU's memory. */
export interface Range {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly size: number;
}

export interface Dispatch {
  readonly kernel: KernelPipeline;
  readonly grid: Grid;
}

/** Ranges by buffer name and a bind group for each dispatch: valid until the store or the scratch memory changes. */
interface Bound {
  readonly version: number;
  readonly generation: number;
  readonly ranges: ReadonlyMap<string, Range>;
  readonly groups: readonly GPUBindGroup[];
}

export class Placement {
  readonly plan: BufferPlan;
  readonly elements: ReadonlyMap<string, number>;
  /** Kernels that have something to do, in order. */
  readonly dispatches: readonly Dispatch[];
  #device: Device;
  #step: StepOutline;
  #slots: readonly ScratchRequest[];
  #uniform: GPUBuffer;
  #bound = new WeakMap<WebGpuStore, Bound>();

  constructor(device: Device, step: StepOutline, kernels: readonly KernelPipeline[], sizes: Sizes) {
    this.#device = device;
    this.#step = step;
    this.plan = planBuffers(step, sizes);
    this.#slots = slotsOf(step, this.plan);
    this.elements = new Map(step.buffers.map(({ name, size }) => [name, evaluateExtent(size, sizes)]));
    this.dispatches = kernels
      .map((kernel) => ({ kernel, grid: gridOf(device, kernel, sizes) }))
      .filter(({ grid: [x, y] }) => x * y > 0);
    this.#uniform = this.#writeSizes(sizes);
  }

  /** The sizes as the kernels' uniform has them: whole numbers in the step's order. */
  #writeSizes(sizes: Sizes): GPUBuffer {
    const values = Int32Array.from(this.#step.sizes, ({ name }) => sizes[name]!);
    const uniform = this.#device.buffers.create({
      label: `sizes of ${this.#step.name}`,
      bytes: values.byteLength,
      usage: usage.uniform | usage.copyDestination,
    });
    this.#device.buffers.write(uniform, 0, values);
    return uniform;
  }

  /** @throws MmgemError when the store lacks a parameter or state, or a buffer is larger than the device allows. */
  bind(store: WebGpuStore, scratch: Scratch): Bound {
    const slots = scratch.buffers(this.#slots);
    const before = this.#bound.get(store);
    if (before && before.version === store.version && before.generation === scratch.generation) return before;
    const ranges = new Map(this.#step.buffers.map((buffer) => [buffer.name, this.#range(buffer, store, slots)]));
    const groups = this.dispatches.map(({ kernel }) => this.#group(kernel, ranges));
    const bound = { version: store.version, generation: scratch.generation, ranges, groups };
    this.#bound.set(store, bound);
    return bound;
  }

  #range(declaration: BufferDeclaration, store: WebGpuStore, slots: readonly GPUBuffer[]): Range {
    const elements = this.elements.get(declaration.name)!;
    const size = Math.max(lengthAlignment, alignTo(bytesOf(declaration.dtype, elements), lengthAlignment));
    if (declaration.role === 'parameter' || declaration.role === 'state') {
      return { buffer: store.buffer(declaration, elements), offset: 0, size };
    }
    const place = this.plan.placements.get(declaration.name);
    if (!place)
      throw new MmgemError(`${describeBuffer(declaration)} of step ${this.#step.name} has no place in the memory plan`);
    return { buffer: slots[place.slot]!, offset: place.offset, size };
  }

  #group({ printed, layout }: KernelPipeline, ranges: ReadonlyMap<string, Range>): GPUBindGroup {
    const storage = printed.bindings.map(({ buffer }) => {
      const range = ranges.get(buffer);
      if (!range)
        throw new MmgemError(
          `kernel ${printed.kernel} uses buffer ${buffer}, which step ${this.#step.name} does not declare`,
        );
      return range;
    });
    const resources = [...storage, { buffer: this.#uniform }];
    return this.#device.gpu.createBindGroup({
      label: printed.kernel,
      layout,
      entries: resources.map((resource, binding) => ({ binding, resource })),
    });
  }

  close(): void {
    this.#device.buffers.destroy(this.#uniform);
  }
}

/** What the plan's slots take, with the buffers in them by name, for errors. */
function slotsOf(step: StepOutline, { slots, placements }: BufferPlan): ScratchRequest[] {
  return slots.map(({ bytes }, index) => {
    const buffers = step.buffers.filter(({ name }) => placements.get(name)?.slot === index);
    return { bytes, label: `memory of step ${step.name} (${buffers.map(describeBuffer).join(', ')})` };
  });
}

function gridOf(device: Device, { printed }: KernelPipeline, sizes: Sizes): Grid {
  const count = countWorkgroups(printed.workgroups, sizes);
  return foldGrid(count, device.gpu.limits.maxComputeWorkgroupsPerDimension, `kernel ${printed.kernel}`);
}
