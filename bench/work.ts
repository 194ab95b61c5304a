/** What kernels compute and move, out of their description: the numbers that times are set against. */
import { storageTypes } from '../dsl/dtype.ts';
import { evaluateExtent, type Sizes } from '../dsl/extent.ts';
import type { Axis } from '../dsl/scalar.ts';
import type { Kernel, Step } from '../kernels/ir.ts';
import { buffersOf } from '../kernels/operands.ts';

export interface Work {
  /** Floating-point operations of products and attention; what is elementwise is not counted. */
  readonly flops: number;
  /** Bytes of every operand and result of every kernel, each read or written once. */
  readonly bytes: number;
}

/** The work of one kernel for given sizes. */
export function kernelWork(kernel: Kernel, step: Step, sizes: Sizes): Work {
  const of = (...axes: readonly Axis[]): number =>
    axes.reduce((product, axis) => product * evaluateExtent(axis.extent, sizes), 1);
  const reach = reachOf(kernel, of);
  let bytes = 0;
  for (const name of buffersOf(kernel)) {
    const { dtype, size } = step.buffers.find((buffer) => buffer.name === name)!;
    // A gather reads a few rows of its table, attention a part of the cache.
    bytes += Math.min(evaluateExtent(size, sizes), reach) * storageTypes[dtype].bytes;
  }
  return { flops: flopsOf(kernel, of), bytes };
}

export function stepWork(step: Step, sizes: Sizes): Work {
  let [flops, bytes] = [0, 0];
  for (const kernel of step.kernels) {
    const work = kernelWork(kernel, step, sizes);
    flops += work.flops;
    bytes += work.bytes;
  }
  return { flops, bytes };
}

type Product = (...axes: readonly Axis[]) => number;

/** The most elements of one buffer that a kernel can touch. */
function reachOf(kernel: Kernel, of: Product): number {
  switch (kernel.kind) {
    case 'map':
      return of(...kernel.axes);
    case 'row':
    case 'select':
      return of(kernel.row, kernel.along);
    case 'contract': {
      const { batch, m, n, k } = kernel;
      return of(batch) * Math.max(of(m, k), of(n, k), of(m, n));
    }
    case 'attention': {
      const { batch, head, query, key, width, valueWidth } = kernel;
      return of(batch, head) * Math.max(of(query), of(key)) * Math.max(of(width), of(valueWidth));
    }
    case 'stream':
      return Number.POSITIVE_INFINITY;
  }
}

function flopsOf(kernel: Kernel, of: Product): number {
  switch (kernel.kind) {
    case 'contract':
      return 2 * of(kernel.batch, kernel.m, kernel.n, kernel.k);
    case 'attention': {
      const { batch, head, query, key, width, valueWidth } = kernel;
      const [queries, keys] = [of(query), of(key)];
      // Causal: query i sees keys − queries + i + 1 keys.
      const pairs = kernel.causal ? queries * keys - (queries * (queries - 1)) / 2 : queries * keys;
      return 2 * of(batch, head) * pairs * (of(width) + of(valueWidth));
    }
    case 'stream': {
      const { batch, row, member, column, scores, width } = kernel;
      const depths = scores.reduce((sum, { depth }) => sum + of(depth), 0) + (width ? of(width) : 0);
      return 2 * of(...batch, row, member, column) * depths;
    }
    default:
      return 0;
  }
}
