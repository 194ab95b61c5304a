/** Runs steps printed as AssemblyScript beside their float64 meaning and compares. */
import * as assert from 'uvu/assert';
import { evaluateExtent, extent, type Sizes } from '../../dsl/extent.ts';
import type { AssemblyTarget, BufferDeclaration, Step } from '../../kernels/ir.ts';
import { arrangePanels, layoutSize } from '../../kernels/layout.ts';
import { type RunOptions, rounded, runPrinted } from '../support/assembly.ts';
import { type Buffers, evaluateStep } from '../support/evaluate-step.ts';

/** Largest error relative to the largest result: sums in f32 of up to thousands of terms. */
const tolerance = 2e-6;

export const builds: readonly AssemblyTarget['simd'][] = ['baseline', 'relaxed', 'wide'];

/** Contents for every buffer that the step does not write, as its storage type holds them; whole numbers are less than `wholeBelow`. */
export function randomContents(
  step: Step,
  sizes: Sizes,
  random: () => number,
  wholeBelow = 1,
): Record<string, number[]> {
  const given = step.buffers.filter(({ role }) => role !== 'output' && role !== 'temporary');
  const element = ({ dtype }: BufferDeclaration): number => {
    const isWhole = dtype === 'i32' || dtype === 'u32';
    return isWhole ? Math.floor(random() * wholeBelow) : rounded(random() * 2 - 1, dtype);
  };
  return Object.fromEntries(
    given.map((declaration) => [
      declaration.name,
      Array.from({ length: evaluateExtent(declaration.size, sizes) }, () => element(declaration)),
    ]),
  );
}

/** The step and its contents as an executor has them: buffers laid out in panels take what panels take. */
function laidOut(step: Step, contents: Buffers, sizes: Sizes): [Step, Record<string, ArrayLike<number>>] {
  const arranged: Record<string, ArrayLike<number>> = { ...contents };
  const buffers = step.buffers.map((declaration) => {
    const { name, layout, size } = declaration;
    if (layout.kind === 'plain') return declaration;
    arranged[name] = arrangePanels(layout, Float32Array.from(contents[name]!));
    return { ...declaration, size: extent(layoutSize(layout, evaluateExtent(size, sizes))) };
  });
  return [{ ...step, buffers }, arranged];
}

/** Asserts that everything written agrees with the evaluator's. Returns the largest relative error. */
export async function checkStep(
  step: Step,
  contents: Record<string, number[]>,
  sizes: Sizes,
  options: RunOptions,
): Promise<number> {
  const expected: Buffers = { ...contents };
  evaluateStep(step, expected, sizes);
  const [printedStep, arranged] = laidOut(step, contents, sizes);
  const actual = await runPrinted(printedStep, arranged as Buffers, sizes, options);
  let worst = 0;
  for (const kernel of step.kernels)
    for (const { buffer } of kernel.writes) {
      const error = relativeError(Array.from(expected[buffer]!), actual[buffer]!);
      worst = Math.max(worst, error);
      const what = `${kernel.comment[0]}, ${JSON.stringify(sizes)}, ${JSON.stringify(options)}: ${buffer}`;
      assert.ok(error <= tolerance, `${what} is off by ${error}`);
    }
  return worst;
}

function relativeError(expected: readonly number[], actual: readonly number[]): number {
  const largest = expected.reduce((most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most), 0) || 1;
  const wrong = (x: number, i: number): number => {
    const difference = x === actual[i] ? 0 : Math.abs(x - actual[i]!);
    return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
  };
  return expected.reduce((most, x, i) => Math.max(most, wrong(x, i)), 0) / largest;
}
