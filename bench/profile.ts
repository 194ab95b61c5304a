/** Where the time of a run goes: kernels that are alike, added up. */
import type { Sizes } from '../dsl/extent.ts';
import type { Step } from '../kernels/ir.ts';
import type { KernelTime } from '../runtime/seam.ts';
import { kernelWork } from './work.ts';

export interface KernelProfile {
  /** `linear (contract, blocked)` */
  readonly kernel: string;
  readonly kind: string;
  readonly variant: string;
  readonly count: number;
  readonly milliseconds: number;
  /** Of the time of all kernels. */
  readonly share: number;
  readonly flops: number;
  readonly bytes: number;
}

/** Slowest first. Names without their number tell what a kernel does. */
export function profileOf(times: readonly KernelTime[], step: Step, sizes: Sizes): KernelProfile[] {
  const total = times.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const kernels = new Map(step.kernels.map((kernel) => [kernel.name, kernel]));
  const rows = new Map<string, KernelProfile>();
  for (const { kernel: name, variant, milliseconds } of times) {
    const kernel = kernels.get(name);
    if (kernel === undefined) continue; // a part that a variant adds has its time in no kernel of the step
    const work = kernelWork(kernel, step, sizes);
    const title = name.replace(/_\d+$/, '');
    const key = `${title} ${kernel.kind} ${variant}`;
    const before = rows.get(key) ?? { count: 0, milliseconds: 0, flops: 0, bytes: 0 };
    const sum = before.milliseconds + milliseconds;
    rows.set(key, {
      kernel: title,
      kind: kernel.kind,
      variant,
      count: before.count + 1,
      milliseconds: sum,
      share: sum / total,
      flops: before.flops + work.flops,
      bytes: before.bytes + work.bytes,
    });
  }
  return [...rows.values()].sort((a, b) => b.milliseconds - a.milliseconds);
}
