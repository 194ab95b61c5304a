/**
 * What is being written has a hidden name beside its place until it is complete. The name says who writes it, so that
 * what a killed process has left is known for such, and removed when something is next written to the same folder.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { MmgemError } from '../../model/errors.ts';

/** Where process numbers mean what they mean here: this machine, and on Linux this container. */
function processSpace(): string {
  let namespace = '';
  try {
    namespace = readlinkSync('/proc/self/ns/pid');
  } catch {
    // Not Linux: a machine's processes are numbered together.
  }
  return createHash('sha256').update(`mmgem ${hostname()} ${namespace}`).digest('hex').slice(0, 12);
}

/** A new name for what is going to be at `path`: `.NAME.SPACE-PROCESS-RANDOM.partial` beside it. */
export function partialName(path: string): string {
  const writer = `${processSpace()}-${process.pid}-${randomBytes(4).toString('hex')}`;
  return join(dirname(path), `.${basename(path)}.${writer}.partial`);
}

/** @throws MmgemError when it is there and cannot be removed */
export async function removePartial(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return; // its folder is a file, so it was never made
    throw new MmgemError(`${path}: was written in part and cannot be removed (${error}). Remove it.`, { cause: error });
  });
}

const partial = /^\..+\.([0-9a-f]{12})-(\d+)-[0-9a-f]{8}\.partial$/;

/** Removes from a folder what processes of this machine were writing when they died. What cannot be removed stays. */
export async function removeAbandoned(folder: string): Promise<void> {
  const names = await readdir(folder).catch((): string[] => []);
  const abandoned = names.filter((name) => {
    const [, space, writer] = partial.exec(name) ?? [];
    return space === processSpace() && !isRunning(Number(writer));
  });
  await Promise.all(abandoned.map((name) => rm(join(folder, name), { recursive: true, force: true }).catch(() => {})));
}

/** True in doubt: a number may have gone to another process since. */
function isRunning(processNumber: number): boolean {
  try {
    process.kill(processNumber, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
