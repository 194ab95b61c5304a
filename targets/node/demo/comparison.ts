/** The same look at the same pictures on every other backend that runs here. */
import { MmgemError } from '../../../dsl/errors.ts';
import { type Agreement, compare } from '../../../model/agreement.ts';
import type { Probe } from '../../../runtime/backend.ts';
import type { EngineInfo } from '../../../runtime/engine.ts';
import { nodeBackends } from '../backends.ts';
import { type ModelOptions, withHostedModel } from '../cli/model-options.ts';
import type { Session } from '../cli/session.ts';
import { nodeHost } from '../host.ts';
import { type Look, look, preparation, Stopwatch } from './look.ts';
import type { Picture } from './pictures.ts';
import { sameQuestions } from './questions.ts';

export type Comparison = { readonly backend: string } & (
  | { readonly agreement: Agreement; readonly agrees: boolean; readonly milliseconds: number }
  /** Why it was not compared. */
  | { readonly skipped: string }
  | { readonly failed: string }
);

/** Backends whose numbers differ by more than this do not agree: a hundred times what float32 allows. */
const mostDifference = 2e-3;

export interface ComparisonOptions extends Pick<ModelOptions, 'model' | 'precision'> {
  /** Also with backends that are known to be slow here. */
  readonly all: boolean;
}

/** What the backend that was chosen made of the pictures, and why it was chosen. */
export interface First extends Pick<EngineInfo, 'backend' | 'passedOver'> {
  readonly look: Look;
}

export async function compareBackends(
  first: First,
  pictures: readonly Picture[],
  options: ComparisonOptions,
  session: Session,
): Promise<Comparison[]> {
  const comparisons: Comparison[] = [];
  for (const { name: backend, probe } of nodeBackends.filter(({ name }) => name !== first.backend)) {
    // What was passed over does not run here, or is slow.
    const known = first.passedOver.find((other) => other.backend === backend)?.reason;
    const skipped = known === undefined || options.all ? whyNot(await probe(), options) : known;
    comparisons.push(
      skipped === undefined ? await compareWith(backend, first.look, pictures, options, session) : { backend, skipped },
    );
  }
  return comparisons;
}

function whyNot(probed: Probe, { all }: ComparisonOptions): string | undefined {
  if (!probed.usable) return probed.reason;
  return all ? undefined : probed.drawback;
}

async function compareWith(
  backend: string,
  first: Look,
  pictures: readonly Picture[],
  { model, precision }: ComparisonOptions,
  session: Session,
): Promise<Comparison> {
  const watch = new Stopwatch();
  const options = { backend, ...(model !== undefined && { model }), ...(precision !== undefined && { precision }) };
  const loading = { prepare: preparation, onWarning: () => {} };
  try {
    const other = await withHostedModel(nodeHost, session, options, loading, (opened) =>
      look(opened, pictures, watch, sameQuestions(first)),
    );
    const agreement = compare(other, first);
    const milliseconds = watch.timings.reduce((sum, timing) => sum + timing.milliseconds, 0);
    return { backend, agreement, agrees: agreement.difference <= mostDifference, milliseconds };
  } catch (error) {
    if (!(error instanceof MmgemError)) throw error;
    return { backend, failed: error.message };
  }
}
