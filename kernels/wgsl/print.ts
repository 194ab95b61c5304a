/** The WGSL printer: kernels as data to shader modules. */

import { MmgemError } from '../../dsl/errors.ts';
import type { Kernel, Step, WgslTarget } from '../ir.ts';
import type { PrintedWgsl } from '../printed.ts';
import { chooseVariant } from './choose.ts';
import { Shader } from './shader.ts';
import type { WgslContext } from './variant.ts';
import { wgslVariants } from './variants.ts';

export { uniformLayout } from './bindings.ts';

export interface PrintOptions {
  /** Names of variants to use, by kernel kind. */
  readonly force?: Readonly<Record<string, string>>;
}

/**
 * One kernel of a step as WGSL, in the variant that suits it best on the target, or in the one that is forced for its kind.
 * @throws MmgemError when a forced variant cannot carry out the kernel, the kernel has more buffers than the device binds, or
 * it writes a storage type that the device cannot.
 */
export function printWgsl(step: Step, kernel: Kernel, target: WgslTarget, options: PrintOptions = {}): PrintedWgsl {
  const context: WgslContext = { ...target, sizes: step.sizes };
  const { name, parameters, print } = chooseVariant(kernel, context, options.force?.[kernel.kind]);
  // Which buffers are declared as arrays of four elements shows only when every access has been printed: hence twice.
  const draft = new Shader(step, kernel, target, undefined);
  print(draft, kernel, parameters);
  const { fours, singleWrites } = draft.needs;
  const shader = new Shader(step, kernel, target, new Set([...fours].filter((buffer) => !singleWrites.has(buffer))));
  const workgroups = print(shader, kernel, parameters);
  return { kernel: kernel.name, variant: name, source: shader.text(name), bindings: shader.bindings, workgroups };
}

/**
 * All kernels of a step, in order. A forced variant is used for every kernel of its kind that it can carry out; the others keep
 * the one that suits them, as `variant` of each result tells.
 * @throws MmgemError when a forced variant does not exist, or as `printWgsl` does.
 */
export function printWgslStep(step: Step, target: WgslTarget, options: PrintOptions = {}): PrintedWgsl[] {
  const context: WgslContext = { ...target, sizes: step.sizes };
  const forced = Object.entries(options.force ?? {}).map(([kind, name]) => {
    const variant = wgslVariants.find((candidate) => candidate.kind === kind && candidate.name === name);
    if (variant) return variant;
    const known = wgslVariants.map((candidate) => `${candidate.kind} ${candidate.name}`).join(', ');
    throw new MmgemError(`there is no variant ${name} of ${kind} kernels; there are ${known}`);
  });
  return step.kernels.map((kernel) => {
    const usable = forced.find(({ kind, unable }) => kind === kernel.kind && unable(kernel, context) === undefined);
    return printWgsl(step, kernel, target, usable ? { force: { [kernel.kind]: usable.name } } : {});
  });
}
