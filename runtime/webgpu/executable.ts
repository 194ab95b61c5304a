/** A compiled step on a GPU: one command encoder, one submission and one readback a run. */
import { MmgemError } from '../../dsl/errors.ts';
import type { Sizes } from '../../dsl/extent.ts';
import type { StepOutline } from '../../kernels/outline.ts';
import { assertSizes, matchInputs } from '../arguments.ts';
import { encodeElements } from '../elements.ts';
import { planBuffers } from '../memory.ts';
import type { Executable, HostArray, KernelTime, MemoryPlanSummary, RunOptions, Store } from '../seam.ts';
import { wholeWords } from './buffers.ts';
import type { Device } from './device.ts';
import { Outputs } from './outputs.ts';
import type { KernelPipeline } from './pipelines.ts';
import { Placement } from './placement.ts';
import type { Readback } from './readback.ts';
import type { Scratch } from './scratch.ts';
import { WebGpuStore } from './store.ts';
import { Timer } from './timer.ts';

/** Sizes whose placement is kept, per executable; the one that was not used for longest goes. */
const keptPlacements = 16;

/** What the executables of an executor share. */
export interface Shared {
  readonly device: Device;
  readonly scratch: Scratch;
  readonly readback: Readback;
}

/** A run that the GPU has been given and whose results are awaited. */
interface Submitted {
  readonly placement: Placement;
  readonly outputs: Outputs;
  readonly timer: Timer | undefined;
  /** Where outputs and, after them, timestamps land; undefined when there are neither. */
  readonly staging: GPUBuffer | undefined;
}

interface Results {
  readonly outputs: Record<string, HostArray>;
  readonly times: readonly KernelTime[] | undefined;
}

export class WebGpuExecutable implements Executable {
  readonly step: StepOutline;
  readonly sources: Executable['sources'];
  #shared: Shared;
  #kernels: readonly KernelPipeline[];
  #placements = new Map<string, Placement>();
  #onClose: () => void;
  #closed = false;

  constructor(shared: Shared, step: StepOutline, kernels: readonly KernelPipeline[], onClose: () => void) {
    this.#shared = shared;
    this.step = step;
    this.sources = kernels.map(({ printed: { kernel, variant, source } }) => ({ kernel, variant, source }));
    this.#kernels = kernels;
    this.#onClose = onClose;
  }

  plan(sizes: Sizes): MemoryPlanSummary {
    assertSizes(this.step, sizes);
    return planBuffers(this.step, sizes).summary;
  }

  async run(
    store: Store,
    inputs: Readonly<Record<string, HostArray>>,
    sizes: Sizes,
    options: RunOptions = {},
  ): Promise<Record<string, HostArray>> {
    const { device } = this.#shared;
    device.assertUsable();
    if (this.#closed) throw new MmgemError(`step ${this.step.name} was closed; compile it again`);
    if (!(store instanceof WebGpuStore && store.belongsTo(device))) {
      throw new MmgemError(`step ${this.step.name} runs on a store of its own engine; create one there`);
    }
    assertSizes(this.step, sizes);
    const { result: submitted, error } = device.checked(this.#what, () => this.#submit(store, inputs, sizes, options));
    const [rejected, outcome] = await Promise.all([error, this.#results(submitted).catch((reason) => ({ reason }))]);
    // What the device rejected is the cause; that the results never came is only its consequence.
    if (rejected) throw rejected;
    if ('reason' in outcome) throw outcome.reason;
    if (outcome.times) options.onTimes?.(outcome.times);
    return outcome.outputs;
  }

  get #what(): string {
    return `step ${this.step.name}`;
  }

  /** Records and submits a whole run without waiting: what other runs submit comes before or after, never between. */
  #submit(
    store: WebGpuStore,
    inputs: Readonly<Record<string, HostArray>>,
    sizes: Sizes,
    options: RunOptions,
  ): Submitted {
    const { device, readback, scratch } = this.#shared;
    const placement = this.#placement(sizes);
    const uploads = matchInputs(this.step, inputs, placement.elements).map(({ declaration, data, what }) => ({
      name: declaration.name,
      bytes: wholeWords(encodeElements(declaration.dtype, data, what)),
    }));
    const outputs = new Outputs(this.step, placement.elements, options);
    const { ranges, groups } = placement.bind(store, scratch);
    const timer = options.onTimes && new Timer(device, placement.dispatches.length);
    const bytes = outputs.bytes + (timer?.bytes ?? 0);
    const staging = bytes > 0 ? readback.acquire(bytes) : undefined;
    for (const { name, bytes: data } of uploads) {
      const { buffer, offset } = ranges.get(name)!;
      device.buffers.write(buffer, offset, data);
    }
    const encoder = device.gpu.createCommandEncoder({ label: this.step.name });
    encodeDispatches(encoder, placement, groups, timer);
    if (staging) {
      outputs.copyTo(encoder, ranges, staging);
      timer?.copyTo(encoder, staging, outputs.bytes);
    }
    device.gpu.queue.submit([encoder.finish()]);
    return { placement, outputs, timer, staging };
  }

  async #results({ placement, outputs, timer, staging }: Submitted): Promise<Results> {
    const { device, readback } = this.#shared;
    const decode = (staged: Uint8Array<ArrayBuffer>): Results => ({
      outputs: outputs.decode(staged),
      times: timer && timesOf(placement, staged.subarray(outputs.bytes, outputs.bytes + timer.bytes)),
    });
    try {
      if (staging) return await readback.take(staging, outputs.bytes + (timer?.bytes ?? 0), this.#what, decode);
      await device.finished(this.#what);
      return decode(new Uint8Array(0));
    } finally {
      timer?.close();
    }
  }

  #placement(sizes: Sizes): Placement {
    const key = this.step.sizes.map(({ name }) => sizes[name]).join(' ');
    const placement = this.#placements.get(key) ?? new Placement(this.#shared.device, this.step, this.#kernels, sizes);
    // A map keeps the order of insertion: the first is the one that was not used for longest.
    this.#placements.delete(key);
    this.#placements.set(key, placement);
    if (this.#placements.size > keptPlacements) {
      const [oldest, unused] = this.#placements.entries().next().value!;
      this.#placements.delete(oldest);
      unused.close();
    }
    return placement;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const placement of this.#placements.values()) placement.close();
    this.#placements.clear();
    this.#onClose();
  }
}

/** One pass for all kernels; when they are timed, one each, as timestamps stand at the ends of passes. */
function encodeDispatches(
  encoder: GPUCommandEncoder,
  placement: Placement,
  groups: readonly GPUBindGroup[],
  timer: Timer | undefined,
): void {
  const shared = timer ? undefined : encoder.beginComputePass();
  placement.dispatches.forEach(({ kernel, grid: [x, y] }, index) => {
    const pass = shared ?? encoder.beginComputePass({ timestampWrites: timer!.pass(index) });
    pass.setPipeline(kernel.pipeline);
    pass.setBindGroup(0, groups[index]!);
    pass.dispatchWorkgroups(x, y);
    if (!shared) pass.end();
  });
  shared?.end();
}

function timesOf({ dispatches }: Placement, bytes: Uint8Array<ArrayBuffer>): KernelTime[] {
  const milliseconds = Timer.milliseconds(bytes);
  return dispatches.map(({ kernel: { printed } }, index) => ({
    kernel: printed.kernel,
    variant: printed.variant,
    milliseconds: milliseconds[index]!,
  }));
}
