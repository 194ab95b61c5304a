/** Compares operator cases with a golden file: values, and gradients of every input. */
import { gradients, input, mul, sum, type Tensor, trace } from '../../dsl/index.ts';
import type { SourceAttributes } from '../../dsl/ops/sources.ts';
import { buildCase } from './cases.ts';
import { casesOf, type GoldenCase, type GoldenFile } from './golden-file.ts';
import { comparedRow, failedRow, type VerifyRow } from './row.ts';
import type { GraphRunner } from './runner.ts';
import { tolerances } from './tolerances.ts';

/** The rows of all cases: its result and its gradients. A case that fails does not keep the others from running. */
export async function* verifyOperators(file: GoldenFile, runner: GraphRunner): AsyncGenerator<VerifyRow, void> {
  for (const golden of casesOf(file)) yield* await verifyCase(file, golden, runner);
}

async function verifyCase(file: GoldenFile, golden: GoldenCase, runner: GraphRunner): Promise<VerifyRow[]> {
  const place = (tensor: string) => ({ file: file.name, case: golden.name, tensor });
  if (!golden.out) return [failedRow(place('out'), `the file has no tensor ${golden.name}/out; write it again`)];
  const tolerance = tolerances[runner.kind];
  try {
    const built = buildCase(golden);
    if (!built)
      return [failedRow(place('out'), 'no such case is known to this version; update mmgem or leave the case out')];
    const names = golden.gradientOfOut ? [...golden.gradients.keys()] : [];
    const graph = trace(golden.name, { out: built.out, ...gradientsOf(built.out, names) });
    const given = {
      ...golden.inputs,
      ...built.given,
      [gradientName]: golden.gradientOfOut?.data ?? new Float32Array(),
    };
    const results = await runner.run(graph, given, {});
    return [
      comparedRow(place('out'), results.out, golden.out.data, tolerance.operatorValue),
      ...names.map((name) => {
        const tensor = `grad/${name}`;
        return comparedRow(
          place(tensor),
          results[tensor],
          golden.gradients.get(name)!.data,
          tolerance.operatorGradient,
        );
      }),
    ];
  } catch (error) {
    return [failedRow(place('out'), error)];
  }
}

const gradientName = 'grad_out';

/** The gradients of the named inputs when that of the result is the input `grad_out`, under the names `grad/NAME`. */
export function gradientsOf(out: Tensor, names: readonly string[]): Record<string, Tensor> {
  if (names.length === 0) return {};
  const weighted = mul(out, input(gradientName, out.shape));
  const total = sum(weighted, ...out.shape.map(({ name }) => name)) as unknown as Tensor<readonly []>;
  const { nodes } = trace('inputs', { out });
  const inputs = names.map(
    (name) => nodes.find((x) => x.operator.kind === 'source' && (x.attributes as SourceAttributes).name === name)!,
  );
  return Object.fromEntries(gradients(total, inputs).map((gradient, i) => [`grad/${names[i]}`, gradient]));
}
