/**
 * A step without its expressions: its buffers, and which of them each kernel reads and writes. Memory is planned and
 * steps are run from this alone. It is plain data, so that it can be kept and read again.
 */
import { productOfExtents } from '../dsl/extent.ts';
import { type Axis, apply, type Scalar, whole, within } from '../dsl/scalar.ts';
import type { BufferDeclaration, Kernel, SizeSymbol, Step } from './ir.ts';
import { buffersRead } from './operands.ts';

/** What a kernel does with buffers, by their names. */
export interface KernelOutline {
  readonly name: string;
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** Of those read: what the kernel's one result may be written over, element by element. */
  readonly overwrites: readonly string[];
}

export interface StepOutline {
  readonly name: string;
  readonly sizes: readonly SizeSymbol[];
  readonly buffers: readonly BufferDeclaration[];
  readonly kernels: readonly KernelOutline[];
}

export function outlineOf({ name, sizes, buffers, kernels }: Step): StepOutline {
  const outlines = kernels.map((kernel) => ({
    name: kernel.name,
    reads: buffersRead(kernel),
    writes: [...new Set(kernel.writes.map(({ buffer }) => buffer))],
    overwrites: readWhereWritten(kernel),
  }));
  return { name, sizes, buffers, kernels: outlines };
}

/** Buffers of which every point reads no other element than the one that it writes, for kernels that write one buffer. */
function readWhereWritten(kernel: Kernel): string[] {
  const [write, ...others] = kernel.writes;
  if (kernel.kind !== 'map' || !write || others.length > 0 || write.offset.key !== rowMajor(kernel.axes).key) return [];
  const offsets = new Map<string, Set<string>>();
  for (const x of within(write.value)) {
    if (x.kind === 'read') offsets.set(x.buffer, (offsets.get(x.buffer) ?? new Set()).add(x.offset.key));
  }
  return [...offsets].filter(([, keys]) => keys.size === 1 && keys.has(write.offset.key)).map(([name]) => name);
}

/** The offset of an axes' point in a row-major buffer: every point has an element of its own. */
function rowMajor(axes: readonly Axis[]): Scalar {
  return axes.reduce<Scalar>((sum, axis, index) => {
    const stride = productOfExtents(axes.slice(index + 1).map(({ extent }) => extent));
    return apply('add', sum, apply('mul', axis, whole(stride)));
  }, whole(0));
}
