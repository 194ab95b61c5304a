// What is being written or removed stands under a hidden name of its own, so that no reader takes it for the whole.
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { MmgemError } from '../../model/errors.ts';

/** A name beside `path` for what is written in part. */
export function partialName(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(4).toString('hex')}.partial`);
}

/** Removes what was written in part, if it is there. */
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

/** Removes what processes left in a folder that were killed while they wrote or removed. None may be at work there. */
export async function removeLeftovers(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  });
  for (const name of names) if (/^\..+\.[0-9a-f]{8}\.partial$/.test(name)) await removePartial(join(folder, name));
}

/** The code of an error of the operating system, such as `ENOENT`; empty for any other. */
export function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | null)?.code ?? '');
}
