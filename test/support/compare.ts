/** What the printed code computes, held against float64. */
import * as assert from 'uvu/assert';
import { evaluateExtent, type Sizes } from '../../dsl/extent.ts';
import type { AssemblyTarget, Step } from '../../kernels/ir.ts';
import { type RunOptions, rounded, runPrinted } from './assembly.ts';
import { type Buffers, evaluateStep } from './evaluate-step.ts';

/** Of the largest value in a buffer. */
const tolerance: Readonly<Record<string, number>> = { f32: 2e-6, f16: 1e-3, bf16: 8e-3, i32: 0, u32: 0 };

export const builds: readonly AssemblyTarget['simd'][] = ['baseline', 'relaxed', 'wide'];

/** Runs a step both ways and compares every buffer that is not an input or a parameter. */
export async function agrees(step: Step, contents: Buffers, sizes: Sizes, options: RunOptions = {}): Promise<void> {
  const expected: Buffers = {};
  for (const { name, dtype, size, role } of step.buffers) {
    const given = contents[name];
    if (given) expected[name] = Float64Array.from(given, (value) => rounded(value, dtype));
    else if (role === 'state') expected[name] = new Float64Array(evaluateExtent(size, sizes));
  }
  const actual = await runPrinted(step, structuredClone(expected), sizes, options);
  evaluateStep(step, expected, sizes);
  for (const { name, role, dtype } of step.buffers) {
    if (role !== 'input' && role !== 'parameter')
      same(
        `${name} (${JSON.stringify(options)}, ${JSON.stringify(sizes)})`,
        actual[name]!,
        expected[name]!,
        tolerance[dtype]!,
      );
  }
}

/** Fails at the first element that differs by more than `most` of the largest expected size. */
export function same(what: string, actual: ArrayLike<number>, expected: ArrayLike<number>, most: number): void {
  assert.is(actual.length, expected.length, `${what}: length`);
  let largest = 0;
  for (let i = 0; i < expected.length; i++)
    if (Number.isFinite(expected[i])) largest = Math.max(largest, Math.abs(expected[i]!));
  for (let i = 0; i < expected.length; i++) {
    const [a, b] = [actual[i]!, expected[i]!];
    const equal =
      Object.is(a, b) || a === b || (Number.isNaN(a) && Number.isNaN(b)) || Math.abs(a - b) <= most * largest;
    assert.ok(equal, `${what}: element ${i} is ${a}, expected ${b}; the largest is ${largest}`);
  }
}
