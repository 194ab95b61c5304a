import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root: the nearest folder above this file, compiled or not, that holds package.json. */
export const repositoryRoot: string = findRoot(dirname(fileURLToPath(import.meta.url)));

function findRoot(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder;
  const above = dirname(folder);
  if (above === folder)
    throw new Error('No package.json in any folder above the tests: run them inside the repository.');
  return findRoot(above);
}

/** The path of a golden file, or of the golden folder itself. They belong to the repository: a missing one is an error. */
export function goldenPath(...names: readonly string[]): string {
  const path = join(repositoryRoot, 'test', 'golden', ...names);
  if (!existsSync(path)) throw new Error(`Golden file ${path} is missing: restore it from version control.`);
  return path;
}

/**
 * The path of real data that stands beside the repository in `../shared`, or undefined where it is absent
 * (then say so with `skip`).
 */
export function sharedPath(...names: readonly string[]): string | undefined {
  const path = join(repositoryRoot, '..', 'shared', ...names);
  return existsSync(path) ? path : undefined;
}
