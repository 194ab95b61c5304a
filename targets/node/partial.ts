/**
 * What is being written or removed has a hidden name beside its place, so that no reader takes it for the whole. The name says who is
 * at it, so that what a killed process has left is known for such, and removed when something is next written to the same folder.
 */
import { createHash, randomBytes } from 'node:crypto';
import { constants, readlinkSync } from 'node:fs';
import { open, readdir, rename, rm } from 'node:fs/promises';
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
    if (codeOf(error) === 'ENOTDIR') return; // its folder is a file, so it was never made
    throw new MmgemError(`${path}: was written in part and cannot be removed (${error}). Remove it.`, { cause: error });
  });
}

/** Without it a crash of the machine could forget the rename. Windows cannot open folders, and needs it not. */
export async function flushDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(path, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Removes a file or folder: it is gone from its place at once, whatever happens to the process then. */
export async function removeAtomically(path: string): Promise<void> {
  const partial = partialName(path);
  await rename(path, partial);
  await removePartial(partial);
}

/** What is or was being written: whose it is stands in its name. */
const partialPattern = /^\..+\.([0-9a-f]{12})-(\d+)-[0-9a-f]{8}\.partial$/;

/** Removes from a folder what processes of this machine were writing when they died. What cannot be removed stays. */
export async function removeAbandoned(folder: string): Promise<void> {
  const names = await readdir(folder).catch((): string[] => []);
  const abandoned = names.filter((name) => {
    const [, space, writer] = partialPattern.exec(name) ?? [];
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
    return codeOf(error) !== 'ESRCH';
  }
}

/** The code of an error of the operating system, such as `ENOENT`; empty for any other. */
export function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | null)?.code ?? '');
}
