// Evaluates a model on images of which something is known.
import { MmgemError } from '../errors.ts';
import type { EvaluationItem } from './item.ts';
import { type EvaluatedModel, Evaluation, type EvaluationOptions } from './suites/evaluation.ts';
import type { SuiteResult } from './suites/suite.ts';
import { type SuiteName, suiteNames, suites } from './suites/suites.ts';

export type { EvaluatedModel, EvaluationOptions } from './suites/evaluation.ts';

/** What each suite found, in the order of the table. */
export type EvaluationReport = Readonly<Partial<Record<SuiteName, SuiteResult>>>;

/**
 * Runs suites one after the other. The same model and items give the same results.
 * @param names unless told, those that at least one item is of use for
 * @throws MmgemError when there are no items, none is of use for a suite that was named, or none can be used
 */
export async function evaluate<Image>(
  model: EvaluatedModel<Image>,
  items: readonly EvaluationItem<Image>[],
  names: readonly SuiteName[] | undefined,
  options: EvaluationOptions = {},
): Promise<EvaluationReport> {
  const evaluation = new Evaluation(model, options);
  const report: Partial<Record<SuiteName, SuiteResult>> = {};
  for (const name of suitesFor(items, names)) {
    const { fits, needs, run } = suites[name];
    const useful = items.filter(fits);
    const others = items.filter((item) => !fits(item));
    const result = await run(evaluation, useful);
    const unfit = others.map(({ key }) => ({ key, reason: `has no ${needs}` }));
    report[name] = { ...result, skipped: [...unfit, ...result.skipped] };
  }
  return report;
}

/**
 * The suites to run, in the order of the table.
 * @throws MmgemError for an unknown name, and when there is nothing to run a suite on
 */
export function suitesFor(
  items: readonly EvaluationItem<unknown>[],
  names: readonly SuiteName[] | undefined,
): readonly SuiteName[] {
  const unknown = names?.find((name) => !Object.hasOwn(suites, name));
  if (unknown !== undefined) {
    throw new MmgemError(`suite ${JSON.stringify(unknown)} is not known. Choose among ${suiteNames.join(', ')}.`);
  }
  const isOfUse = (name: SuiteName): boolean => items.some(suites[name].fits);
  const idle = names?.find((name) => !isOfUse(name));
  if (idle !== undefined) {
    throw new MmgemError(
      `suite ${idle}: of ${items.length} items every one has no ${suites[idle].needs}. Give other data, or leave the suite out.`,
    );
  }
  const chosen = suiteNames.filter((name) => names?.includes(name) ?? isOfUse(name));
  if (chosen.length > 0) return chosen;
  throw new MmgemError(`there is nothing to evaluate: ${items.length} items have nothing that any suite measures.`);
}
