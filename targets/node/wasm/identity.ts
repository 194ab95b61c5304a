/** Which code makes kernels of graphs: the folders `dsl/` and `kernels/` as they run, by their contents. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const codeFile = /\.[jt]s$/;
const declarationFile = /\.d\.ts$/;

/** Contents rather than a version, so that whoever changes the code never gets kernels of what it was before. */
export function readCodeIdentity(root = new URL('../../../', import.meta.url)): string {
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
