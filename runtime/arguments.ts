/** What a run is given and gives back, by name: the checks that every executor makes before it runs a step. */
import { MmgemError } from '../dsl/errors.ts';
import type { Sizes } from '../dsl/extent.ts';
import type { BufferDeclaration } from '../kernels/ir.ts';
import type { StepOutline } from '../kernels/outline.ts';
import { assertHostArray } from './elements.ts';
import type { HostArray, RunOptions } from './seam.ts';

/** Parameters, states, inputs and outputs go by their names in the program. */
export function nameOf({ source, name }: BufferDeclaration): string {
  return source ?? name;
}

/** `parameter visual.proj [W=768, E=512]`: how errors call a buffer. */
export function describeBuffer(declaration: BufferDeclaration): string {
  return `${declaration.role} ${nameOf(declaration)} ${declaration.shape}`;
}

/** @throws MmgemError when a symbol has no size, or one that is no whole number ≥ 0 or exceeds its maximum. */
export function assertSizes({ name: step, sizes: symbols }: Pick<StepOutline, 'name' | 'sizes'>, sizes: Sizes): void {
  for (const { name, max } of symbols) {
    const size = sizes[name];
    if (size === undefined) {
      const given = Object.keys(sizes).join(', ') || 'none';
      throw new MmgemError(`step ${step} needs a size for ${name}; given are: ${given}`);
    }
    if (!Number.isInteger(size) || size < 0)
      throw new MmgemError(`step ${step}: size ${name} is ${size}, which is no whole number ≥ 0`);
    if (max !== undefined && size > max)
      throw new MmgemError(
        `step ${step}: size ${name} is ${size}, more than its maximum of ${max}, for which the program was declared`,
      );
  }
}

/**
 * The step's inputs with their contents, in the order of their declarations. `elements` has sizes by buffer name.
 * @throws MmgemError when one is missing, of another kind or of another length.
 */
export function matchInputs(
  step: StepOutline,
  inputs: Readonly<Record<string, HostArray>>,
  elements: ReadonlyMap<string, number>,
): { readonly declaration: BufferDeclaration; readonly data: HostArray; readonly what: string }[] {
  return step.buffers
    .filter(({ role }) => role === 'input')
    .map((declaration) => {
      const what = `${describeBuffer(declaration)} of step ${step.name}`;
      const data = inputs[nameOf(declaration)];
      if (!data) throw new MmgemError(`${what} is missing; given are: ${Object.keys(inputs).join(', ') || 'none'}`);
      assertHostArray(declaration.dtype, data, what);
      const expected = elements.get(declaration.name)!;
      if (data.length !== expected)
        throw new MmgemError(`${what} has ${data.length} elements, but these sizes ask for ${expected}`);
      return { declaration, data, what };
    });
}

/** An output to read back: how many elements it has, and the array that it is written into, if one is given. */
export interface WantedOutput {
  readonly declaration: BufferDeclaration;
  readonly count: number;
  readonly into: HostArray | undefined;
}

/**
 * The outputs to read back: those wanted, or all. `elements` has sizes by buffer name.
 * @throws MmgemError when the step has no output of a wanted name, or an array for one is of another kind or length.
 */
export function matchOutputs(
  step: StepOutline,
  { outputs: wanted, into = {} }: Pick<RunOptions, 'outputs' | 'into'>,
  elements: ReadonlyMap<string, number>,
): WantedOutput[] {
  const outputs = step.buffers.filter(({ role }) => role === 'output');
  const names = outputs.map(nameOf);
  const unknown = [...(wanted ?? []), ...Object.keys(into)].find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new MmgemError(`step ${step.name} has no output '${unknown}'; it has ${names.join(', ') || 'none'}`);
  return outputs
    .filter((declaration) => !wanted || wanted.includes(nameOf(declaration)))
    .map((declaration) => {
      const count = elements.get(declaration.name)!;
      const array = into[nameOf(declaration)];
      if (array) assertRoom(array, declaration, count, `${describeBuffer(declaration)} of step ${step.name}`);
      return { declaration, count, into: array };
    });
}

function assertRoom(array: HostArray, { dtype }: BufferDeclaration, count: number, what: string): void {
  assertHostArray(dtype, array, what);
  if (array.length === count) return;
  throw new MmgemError(`${what} has ${count} elements for these sizes, but the array for it has ${array.length}`);
}
