/** Compares operator cases with a golden file. */
import { trace } from '../../dsl/index.ts';
import { buildCase } from './cases.ts';
import { casesOf, type GoldenCase, type GoldenFile } from './golden-file.ts';
import { comparedRow, failedRow, notCoveredRow, type VerifyRow } from './row.ts';
import type { GraphRunner } from './runner.ts';
import { tolerances } from './tolerances.ts';

/** A row a case, then one for the gradients of all. A case that fails does not keep the others from running. */
export async function* verifyOperators(file: GoldenFile, runner: GraphRunner): AsyncGenerator<VerifyRow, void> {
  const cases = casesOf(file);
  for (const golden of cases) yield await verifyCase(file, golden, runner);
  const gradients = cases.reduce((count, golden) => count + golden.gradients.length, 0);
  if (gradients > 0) {
    yield notCoveredRow({ file: file.name, case: '*', tensor: 'grad/*' }, `${gradients} tensors of gradients`);
  }
}

async function verifyCase(file: GoldenFile, golden: GoldenCase, runner: GraphRunner): Promise<VerifyRow> {
  const place = { file: file.name, case: golden.name, tensor: 'out' };
  if (!golden.out) return failedRow(place, `the file has no tensor ${golden.name}/out; write it again`);
  try {
    const built = buildCase(golden);
    if (!built) return failedRow(place, 'no such case is known to this version; update mmgem or leave the case out');
    const graph = trace(golden.name, { out: built.out });
    const { out } = await runner.run(graph, { ...golden.inputs, ...built.given }, {});
    return comparedRow(place, out, golden.out.data, tolerances[runner.kind].operatorValue);
  } catch (error) {
    return failedRow(place, error);
  }
}
