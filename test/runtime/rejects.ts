import * as assert from 'uvu/assert';
import { MmgemError } from '../../dsl/errors.ts';

/** Waits for the promise to reject with an error meant for users, whose message matches every pattern. */
export async function rejects(promise: Promise<unknown>, ...patterns: readonly RegExp[]): Promise<void> {
  const failure = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(failure !== undefined, 'it resolved');
  assert.instance(failure, MmgemError, failure instanceof Error ? failure.stack : String(failure));
  for (const pattern of patterns) assert.match((failure as MmgemError).message, pattern);
}
