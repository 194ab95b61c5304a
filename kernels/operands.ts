/** What a kernel computes with, whatever its kind. */
import { type Scalar, within } from '../dsl/scalar.ts';
import type { Kernel } from './ir.ts';

/** Every expression of a kernel but the writes'. A packed right operand is not read in its plain form. */
export function operandsOf(kernel: Kernel): readonly Scalar[] {
  switch (kernel.kind) {
    case 'map':
      return [];
    case 'row':
      return kernel.reductions.map(({ value }) => value);
    case 'contract':
      return kernel.packed ? [kernel.left] : [kernel.left, kernel.right];
    case 'attention':
      return [kernel.q, kernel.k, kernel.v, ...(kernel.keyLength ? [kernel.keyLength] : [])];
    case 'select': {
      const { selection, value } = kernel;
      return selection.op === 'sample'
        ? [value, selection.temperature, selection.topK, selection.topP, selection.uniform]
        : [value];
    }
  }
}

/** The buffers that a kernel reads, in order of appearance. */
export function buffersRead(kernel: Kernel): string[] {
  const expressions = [...operandsOf(kernel), ...kernel.writes.flatMap(({ value, offset }) => [value, offset])];
  const names = new Set<string>();
  for (const x of within(...expressions)) if (x.kind === 'read') names.add(x.buffer);
  if (kernel.kind === 'contract' && kernel.packed) names.add(kernel.packed.buffer);
  return [...names];
}

/** The buffers that a kernel reads or writes. */
export function buffersOf(kernel: Kernel): string[] {
  return [...new Set([...buffersRead(kernel), ...kernel.writes.map(({ buffer }) => buffer)])];
}
