import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** A test file, known by its source: what was deleted there is not run from a stale build. */
export interface TestFile {
  /** The source's path below the test folder without `.test.ts`, with `/` between folders. */
  readonly name: string;
  /** The absolute path of the compiled file. */
  readonly compiled: string;
  /** `NAME.device.test.ts`: runs once on every test target. */
  readonly device: boolean;
  /** `NAME.heavy.test.ts`, `NAME.heavy.device.test.ts`: runs alone, with more time. */
  readonly heavy: boolean;
}

const ending = '.test.ts';

/**
 * All test files below a folder of sources, by name.
 * Throws when one has no counterpart in the folder of compiled files.
 */
export function discover(sources: string, compiled: string): TestFile[] {
  const files = readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith(ending));
  return files.sort().map((path) => {
    const stem = path.slice(0, -ending.length);
    const file = join(compiled, `${stem}.test.js`);
    if (!existsSync(file)) throw new Error(`${join(sources, path)} is not compiled: run \`npm run build\` first.`);
    const marks = stem.split(/[\\/]/).at(-1)!.split('.').slice(1);
    return {
      name: stem.replaceAll('\\', '/'),
      compiled: file,
      device: marks.includes('device'),
      heavy: marks.includes('heavy'),
    };
  });
}
