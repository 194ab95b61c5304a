import type { Test } from 'uvu';
import { sharedPath } from './repository.ts';
import { isRequired } from './requirement.ts';

/**
 * Registers a test as skipped and says why; the runner repeats every reason at the end of its report.
 * For a missing backend call `skipBackend`, for absent `../shared` data `testWithShared`.
 */
export function skip<T>(suite: Test<T>, name: string, reason: string): void {
  console.log(`SKIP ${name}: ${reason}`);
  suite.skip(name);
}

/** Skips a test whose backend is missing here, or fails it where `MMGEM_REQUIRE` names that test target. */
export function skipBackend<T>(suite: Test<T>, name: string, target: string, reason: string): void {
  if (isRequired(target)) {
    suite(name, () => {
      throw new Error(`MMGEM_REQUIRE requires ${target}, but ${reason}`);
    });
  } else {
    skip(suite, name, reason);
  }
}

/** A test that needs `../shared/PATH`: runs with the absolute path when it is there, is skipped by name when not. */
export function testWithShared<T>(
  suite: Test<T>,
  name: string,
  path: string,
  run: (absolutePath: string) => Promise<void> | void,
): void {
  const found = sharedPath(path);
  if (found === undefined) skip(suite, name, `../shared/${path} is not here`);
  else suite(name, () => run(found));
}
