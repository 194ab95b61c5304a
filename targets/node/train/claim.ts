// One process at a time works in the folder of a run.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MmgemError } from '../../../model/errors.ts';
import { codeOf } from '../partial.ts';

const claimFile = '.running';

/**
 * Takes a folder. A claim whose process is gone, as it was killed, counts for nothing.
 * @returns what gives it back
 * @throws MmgemError naming the process that has it
 */
export async function claimFolder(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, claimFile);
  const release = (): Promise<void> => rm(path, { force: true });
  if (await tryToClaim(path)) return release;
  const owner = Number(await readFile(path, 'utf8').catch(() => ''));
  if (isAlive(owner)) {
    throw new MmgemError(
      `${folder}: process ${owner} is training here. Wait for it or stop it; if that process is something else, remove ${path}.`,
    );
  }
  await release();
  if (await tryToClaim(path)) return release;
  throw new MmgemError(`${folder}: another process has begun to train here at this moment. Wait for it or stop it.`);
}

async function tryToClaim(path: string): Promise<boolean> {
  try {
    await writeFile(path, `${process.pid}\n`, { flag: 'wx' });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Whether another process has this id. */
function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid < 1 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) !== 'ESRCH';
  }
}
