/** What a kernel computes with, whatever its kind. */
import { type Axis, type Scalar, within } from '../dsl/scalar.ts';
import type { Kernel } from './ir.ts';

/** The axes that a kernel's expressions may use. */
export function axesOf(kernel: Kernel): readonly Axis[] {
  switch (kernel.kind) {
    case 'map':
      return kernel.axes;
    case 'row':
      return [kernel.row, kernel.along];
    case 'contract':
      return [kernel.batch, kernel.m, kernel.n, kernel.k];
    case 'attention':
      return [kernel.batch, kernel.head, kernel.query, kernel.key, kernel.width, kernel.valueWidth];
    case 'stream': {
      const { batch, row, member, column, scores, width } = kernel;
      return [...batch, row, member, column, ...scores.map(({ depth }) => depth), ...(width ? [width] : [])];
    }
    case 'select':
      return [kernel.row, kernel.along, ...(kernel.selection.op === 'topK' ? [kernel.selection.slot] : [])];
  }
}

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
    case 'stream':
      return [
        ...kernel.scores.flatMap(({ left, right }) => [left, right]),
        kernel.weight,
        kernel.first,
        kernel.end,
        ...(kernel.value ? [kernel.value] : []),
      ];
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
