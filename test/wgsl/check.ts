/** Runs a step of hand-made kernels on the device and in float64, and compares. */
import * as assert from 'uvu/assert';
import { evaluateExtent, type Sizes } from '../../dsl/extent.ts';
import type { Step, WgslTarget } from '../../kernels/ir.ts';
import { printWgslStep } from '../../kernels/wgsl/print.ts';
import { wgslVariants } from '../../kernels/wgsl/variants.ts';
import { currentTarget } from '../support/backends.ts';
import { evaluateStep } from '../support/evaluate-step.ts';
import { richTarget } from './build.ts';
import { type Contents, TestDevice } from './device.ts';
import { rounded } from './elements.ts';

/** Numbers between −1 and 1 that look random and are the same every time. */
export function randomNumbers(count: number, seed: number): Float64Array {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return Float64Array.from({ length: count }, () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 31 - 1;
  });
}

export interface Case {
  readonly step: Step;
  readonly sizes?: Sizes;
  /** Contents of inputs, parameters and states; random numbers where there are none. */
  readonly contents?: Contents;
  readonly force?: Readonly<Record<string, string>>;
  /** Of the largest expected number; 1e-5 unless told. */
  readonly tolerance?: number;
  /** The variant that has to come out. */
  readonly variant?: string;
}

let opened: Promise<TestDevice> | undefined;

/** The device of this process. */
export function device(): Promise<TestDevice> {
  opened ??= TestDevice.open();
  return opened;
}

export async function closeDevice(): Promise<void> {
  await (await opened)?.close();
}

/** Whether this process has a device. On other targets cases are only printed. */
export const onDevice: boolean = currentTarget().backend === 'dawn';

export async function target(): Promise<WgslTarget> {
  return onDevice ? (await device()).target : richTarget;
}

/** Prints, runs and compares a step; returns the outputs of the device. */
export async function check(one: Case): Promise<Record<string, Float64Array>> {
  return compare(one, expectedOf(one));
}

/**
 * The same with each of these variants of the first kernel's kind, at each of these sizes. Drivers take up to seconds to
 * compile a kernel: symbolic sizes let many shapes share it.
 */
export async function checkVariants(
  one: Omit<Case, 'sizes' | 'force' | 'variant'>,
  variants: readonly string[],
  sizes: readonly Sizes[] = [{}],
  toleranceOf: (variant: string) => number = () => one.tolerance ?? 1e-5,
): Promise<void> {
  const { kind } = one.step.kernels[0]!;
  for (const at of sizes) {
    const expected = expectedOf({ ...one, sizes: at });
    for (const variant of variants) {
      await compare(
        { ...one, sizes: at, force: { [kind]: variant }, variant, tolerance: toleranceOf(variant) },
        expected,
      );
    }
  }
}

/** Names of the variants that can carry out the first kernel here. */
export async function variantsOf(step: Step): Promise<string[]> {
  const kernel = step.kernels[0]!;
  const context = { ...(await target()), sizes: step.sizes };
  return wgslVariants
    .filter((variant) => variant.kind === kernel.kind && variant.unable(kernel, context) === undefined)
    .map(({ name }) => name);
}

type Buffers = Record<string, Float64Array>;

function expectedOf({ step, contents = {}, sizes = {} }: Case): Buffers {
  if (!onDevice) return {};
  const given = contentsOf(step, contents, sizes);
  const expected: Buffers = Object.fromEntries(
    Object.entries(given).map(([name, values]) => [name, Float64Array.from(values)]),
  );
  evaluateStep(step, expected, sizes);
  return expected;
}

async function compare(one: Case, expected: Buffers): Promise<Buffers> {
  const { step, sizes = {}, contents = {}, force, tolerance = 1e-5, variant } = one;
  const printed = printWgslStep(step, await target(), force ? { force } : {});
  if (variant) assert.is(printed[0]!.variant, variant);
  if (!onDevice) return {};
  const actual = await (await device()).run(step, printed, contentsOf(step, contents, sizes), sizes);
  const written = step.buffers.filter(({ name }) =>
    step.kernels.some(({ writes }) => writes.some(({ buffer }) => buffer === name)),
  );
  for (const { name, dtype } of written) {
    const allowed =
      dtype === 'f32' ? tolerance : dtype === 'bf16' ? 5e-3 + tolerance : dtype === 'f16' ? 1e-3 + tolerance : 0;
    const what = `${name} (${printed.map((kernel) => kernel.variant)}, sizes ${JSON.stringify(sizes)})`;
    assertClose(actual[name]!, expected[name]!, allowed, what, printed.map((kernel) => kernel.source).join('\n'));
  }
  return actual;
}

function contentsOf(step: Step, contents: Contents, sizes: Sizes): Record<string, ArrayLike<number>> {
  const given = step.buffers.filter(({ role }) => role === 'input' || role === 'parameter' || role === 'state');
  return Object.fromEntries(
    given.map(({ name, dtype, size }, index) => [
      name,
      rounded(dtype, contents[name] ?? randomNumbers(evaluateExtent(size, sizes), index + 1)),
    ]),
  );
}

/** Every element within `tolerance` times the largest finite one; infinities and NaN exactly. */
export function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what: string,
  source = '',
): void {
  assert.is(actual.length, expected.length, `${what}: lengths differ`);
  const largest = Array.from(expected).reduce((max, x) => (Number.isFinite(x) ? Math.max(max, Math.abs(x)) : max), 0);
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i]!, expected[i]!];
    const same = Object.is(a, e) || a === e;
    if (same || Math.abs(a - e) <= tolerance * largest) continue;
    throw new Error(`${what}[${i}] is ${a}, not ${e} (largest ${largest}, tolerance ${tolerance})\n${source}`);
  }
}
