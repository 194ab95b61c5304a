/** One line of what `verify` finds out. */
import { relativeError } from './tolerances.ts';

export interface VerifyRow {
  readonly file: string;
  /** The operator case, or the part of the model. */
  readonly case: string;
  readonly tensor: string;
  /** `relativeError`; absent where there was nothing to compare. */
  readonly error?: number;
  readonly tolerance?: number;
  /** False when the error exceeds the tolerance or the case could not run. */
  readonly ok: boolean;
  /** What went wrong. */
  readonly note?: string;
}

export type RowPlace = Pick<VerifyRow, 'file' | 'case' | 'tensor'>;

/** A tensor beside the golden one. */
export function comparedRow(
  place: RowPlace,
  result: ArrayLike<number> | undefined,
  golden: ArrayLike<number>,
  tolerance: number,
): VerifyRow {
  if (!result) return failedRow(place, 'the graph has no such output');
  if (result.length !== golden.length) {
    return failedRow(place, `the result has ${result.length} elements, the golden tensor ${golden.length}`);
  }
  const error = relativeError(result, golden);
  const ok = error <= tolerance;
  const note = Number.isNaN(error) ? { note: 'the result or the golden tensor holds NaN' } : {};
  return { ...place, error, tolerance, ok, ...note };
}

/** Token ids, which must be the same. */
export function equalIdsRow(place: RowPlace, result: ArrayLike<number>, golden: ArrayLike<number>): VerifyRow {
  const ids = [result, golden].map((list) => Array.from(list).join(' '));
  const ok = ids[0] === ids[1];
  return {
    ...place,
    error: ok ? 0 : Number.POSITIVE_INFINITY,
    tolerance: 0,
    ok,
    ...(!ok && { note: `ids ${ids[0]} where ${ids[1]} is due` }),
  };
}

export function failedRow(place: RowPlace, problem: unknown): VerifyRow {
  const note = problem instanceof Error ? problem.message : String(problem);
  return { ...place, ok: false, note };
}

/** How bad a row is: its error as a part of its tolerance; what could not run comes last. */
function badness({ error, tolerance }: VerifyRow): number {
  if (error === undefined || tolerance === undefined || Number.isNaN(error)) return Number.POSITIVE_INFINITY;
  return error === 0 ? 0 : error / tolerance;
}

/** The rows with the worst last; equally bad ones keep their order. */
export function worstLast(rows: readonly VerifyRow[]): VerifyRow[] {
  return [...rows].sort((a, b) => {
    const [x, y] = [badness(a), badness(b)];
    return x === y ? 0 : x - y;
  });
}
