/** From when to when each buffer of a step is needed: what every memory plan starts from. */
import { MmgemError } from '../dsl/errors.ts';
import { type Scalar, within } from '../dsl/scalar.ts';
import type { Kernel, Step } from '../kernels/ir.ts';

/** From the first kernel that needs the buffer to the last, as indices into the step's kernels, both included. */
export interface Lifetime {
  /** −1 for inputs: they are there before the first kernel. */
  readonly first: number;
  /** The number of kernels for outputs: they are read when all kernels are through. */
  readonly last: number;
}

/** The values and offsets that a kernel is made of, writes included. */
function expressionsOf(kernel: Kernel): Scalar[] {
  const writes = kernel.writes.flatMap(({ offset, value }) => [offset, value]);
  switch (kernel.kind) {
    case 'map':
      return writes;
    case 'row':
      return [...writes, ...kernel.reductions.map(({ value }) => value)];
    case 'contract':
      return [...writes, kernel.left, kernel.right];
    case 'attention':
      return [...writes, kernel.q, kernel.k, kernel.v, ...(kernel.keyLength ? [kernel.keyLength] : [])];
    case 'select': {
      const { selection } = kernel;
      if (selection.op !== 'sample') return [...writes, kernel.value];
      return [...writes, kernel.value, selection.temperature, selection.topK, selection.topP, selection.uniform];
    }
  }
}

/** Names of the buffers that a kernel reads. */
export function buffersRead(kernel: Kernel): Set<string> {
  const names = new Set<string>();
  for (const x of within(...expressionsOf(kernel))) if (x.kind === 'read') names.add(x.buffer);
  if (kernel.kind === 'contract' && kernel.packed) names.add(kernel.packed.buffer);
  return names;
}

/** Names of the buffers that a kernel writes. */
export function buffersWritten(kernel: Kernel): Set<string> {
  return new Set(kernel.writes.map(({ buffer }) => buffer));
}

/**
 * Lifetimes of inputs, outputs and temporaries. Temporaries that no kernel uses have none.
 * @throws MmgemError when a temporary is read before a kernel has written it, or an output is never written.
 */
export function lifetimes(step: Step): ReadonlyMap<string, Lifetime> {
  const found = new Map<string, Lifetime>();
  const roles = new Map(step.buffers.map(({ name, role }) => [name, role]));
  for (const [name, role] of roles) if (role === 'input') found.set(name, { first: -1, last: -1 });
  step.kernels.forEach((kernel, index) => {
    for (const name of buffersRead(kernel)) {
      const role = roles.get(name);
      const before = found.get(name);
      if (before) found.set(name, { ...before, last: Math.max(before.last, index) });
      else if (role === 'temporary' || role === 'output')
        throw new MmgemError(`step ${step.name}: kernel ${kernel.name} reads ${name}, which nothing has written yet`);
    }
    for (const name of buffersWritten(kernel)) {
      const role = roles.get(name);
      if (role !== 'temporary' && role !== 'output') continue;
      const last = role === 'output' ? step.kernels.length : index;
      found.set(name, { first: found.get(name)?.first ?? index, last });
    }
  });
  for (const [name, role] of roles)
    if (role === 'output' && !found.has(name))
      throw new MmgemError(`step ${step.name}: no kernel writes its output ${name}`);
  return found;
}
