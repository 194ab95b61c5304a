// Work on many things of which some may be unusable: these are told with the reason, and the others go on.
import { MmgemError } from '../../errors.ts';
import { chunks } from '../../session/embedder.ts';

/** What came of one thing: a result, or why there is none. */
export type Outcome<Result> =
  | { readonly result: Result; readonly reason?: undefined }
  | { readonly result?: undefined; readonly reason: string };

/**
 * Works on a list part by part. Where a part is refused (an `MmgemError`, for instance of an image that cannot be decoded), its
 * things are tried one by one. Other errors are defects and end it.
 * @param work gives a result for each thing of a part
 */
export async function outcomesOf<Thing, Result>(
  things: readonly Thing[],
  partSize: number,
  work: (part: readonly Thing[]) => Promise<readonly Result[]>,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<Outcome<Result>[]> {
  const outcomes: Outcome<Result>[] = [];
  for (const part of chunks(things, partSize)) {
    onProgress(outcomes.length, things.length);
    outcomes.push(...(await partOutcomes(part, work)));
  }
  return outcomes;
}

async function partOutcomes<Thing, Result>(
  part: readonly Thing[],
  work: (part: readonly Thing[]) => Promise<readonly Result[]>,
): Promise<Outcome<Result>[]> {
  try {
    return (await work(part)).map((result) => ({ result }));
  } catch (error) {
    if (!(error instanceof MmgemError)) throw error;
    if (part.length === 1) return [{ reason: error.message }];
  }
  const outcomes: Outcome<Result>[] = [];
  for (const thing of part) outcomes.push(...(await partOutcomes([thing], work)));
  return outcomes;
}
