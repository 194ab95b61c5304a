/** Which code makes kernels of graphs: the folders `dsl/` and `kernels/` as they run, by their contents. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Above `targets/`: `dist/`, in the package as in a clone. */
const code = new URL('../../../', import.meta.url);

/** Beside the code that it is of, in the package alone. */
const recordFile = new URL('code-identity', code);

/** What a clone has and the package has not. */
const cloneFile = new URL('../tsconfig.json', code);

/**
 * Contents rather than a version, so that whoever changes the code never gets kernels of what it was before. Installed code does
 * not change, so that its identity is written down when it is packed; in a clone the record counts for nothing.
 */
export function codeIdentity(): string {
  if (existsSync(cloneFile) || !existsSync(recordFile)) return identityOf(code);
  return readFileSync(recordFile, 'utf8');
}

export function recordCodeIdentity(): void {
  writeFileSync(recordFile, identityOf(code));
}

const codeFile = /\.[jt]s$/;
const declarationFile = /\.d\.ts$/;

/** The identity of the code in a folder that holds `dsl/` and `kernels/`. */
export function identityOf(root: URL): string {
  const hash = createHash('sha256');
  for (const folder of ['dsl', 'kernels']) {
    const at = fileURLToPath(new URL(folder, root));
    const files = readdirSync(at, { recursive: true, encoding: 'utf8' })
      .filter((name) => codeFile.test(name) && !declarationFile.test(name))
      .map((name) => name.replaceAll('\\', '/'))
      .sort();
    for (const name of files) hash.update(`${folder}/${name}\n`).update(readFileSync(`${at}/${name}`));
  }
  return hash.digest('hex');
}
