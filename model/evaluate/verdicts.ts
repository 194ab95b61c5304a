// How much of what a model says is true, where that is known.
import type { Verdict } from './item.ts';
import { type Measure, mean, share } from './measure.ts';

export interface Truth {
  /** The share of texts that are right: understood, and true in every claim. */
  readonly accuracy: Measure;
  /** Of all claims, the share of those that are true. */
  readonly trueClaims: Measure | undefined;
  /** How much a text claims on average. */
  readonly claimsPerText: Measure;
}

/** @param verdicts at least one */
export function truth(verdicts: readonly Verdict[]): Truth {
  const claims = verdicts.reduce((sum, verdict) => sum + verdict.claims, 0);
  const wrong = verdicts.reduce((sum, verdict) => sum + verdict.wrong.length, 0);
  return {
    accuracy: share(verdicts.map(({ right }) => right)),
    trueClaims: claims === 0 ? undefined : { value: 1 - wrong / claims, kind: 'share', cases: claims },
    claimsPerText: { value: mean(verdicts.map((verdict) => verdict.claims)), kind: 'score', cases: verdicts.length },
  };
}
