/** The Deno that npm's package `deno` brings, for tests that run mmgem in it. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from './repository.ts';

/** What to do where `findDeno` finds nothing. */
export const denoMissing = 'Deno is not here: run `npm ci`, or name one in MMGEM_DENO';

/**
 * The program, or undefined. It is looked for where npm unpacks it, since its package puts it into `node_modules/.bin` only
 * when install scripts run.
 */
export function findDeno(): string | undefined {
  const named = process.env.MMGEM_DENO;
  if (named !== undefined) {
    if (existsSync(named)) return named;
    throw new Error(`MMGEM_DENO names ${named}, which does not exist.`);
  }
  const builds = join(repositoryRoot, 'node_modules', '@deno');
  if (!existsSync(builds)) return undefined;
  const program = process.platform === 'win32' ? 'deno.exe' : 'deno';
  return readdirSync(builds)
    .map((build) => join(builds, build, program))
    .find((path) => existsSync(path));
}

/** What makes Deno run as a test wants it: no colours, no look for a newer version. */
export const denoEnvironment: Readonly<Record<string, string>> = { NO_COLOR: '1', DENO_NO_UPDATE_CHECK: '1' };
