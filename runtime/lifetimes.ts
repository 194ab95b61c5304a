/** From when to when each buffer of a step is needed: what every memory plan starts from. */
import { MmgemError } from '../dsl/errors.ts';
import type { StepOutline } from '../kernels/outline.ts';

/** From the first kernel that needs the buffer to the last, as indices into the step's kernels, both included. */
export interface Lifetime {
  /** −1 for inputs: they are there before the first kernel. */
  readonly first: number;
  /** The number of kernels for outputs: they are read when all kernels are through. */
  readonly last: number;
}

/**
 * Lifetimes of inputs, outputs and temporaries. Temporaries that no kernel uses have none.
 * @throws MmgemError when a temporary is read before a kernel has written it, or an output is never written.
 */
export function lifetimes(step: StepOutline): ReadonlyMap<string, Lifetime> {
  const found = new Map<string, Lifetime>();
  const roles = new Map(step.buffers.map(({ name, role }) => [name, role]));
  for (const [name, role] of roles) if (role === 'input') found.set(name, { first: -1, last: -1 });
  step.kernels.forEach((kernel, index) => {
    for (const name of kernel.reads) {
      const role = roles.get(name);
      const before = found.get(name);
      if (before) found.set(name, { ...before, last: Math.max(before.last, index) });
      else if (role === 'temporary' || role === 'output')
        throw new MmgemError(`step ${step.name}: kernel ${kernel.name} reads ${name}, which nothing has written yet`);
    }
    for (const name of kernel.writes) {
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
