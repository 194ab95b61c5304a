// The folder of a run on the local disk.
import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { checkpointsFolder } from '../../../model/train/checkpoint.ts';
import type { GrowingFile, RunFolder } from '../../../model/train/folder.ts';
import { directoryStore, outputDirectory, writeAtomically, writeFailure } from '../files.ts';
import { codeOf, flushDirectory, removeAbandoned, removeAtomically } from '../partial.ts';
import { claimFolder } from './claim.ts';

/** The folder at a path; it is made when it is claimed. */
export function runFolder(path: string): RunFolder {
  return {
    name: path,
    async claim() {
      await mkdir(path, { recursive: true }).catch(async (error: unknown) => {
        throw await writeFailure(path, error);
      });
      const release = await claimFolder(path);
      for (const folder of [path, join(path, checkpointsFolder)]) await removeAbandoned(folder);
      return release;
    },
    store: (inside = '') => directoryStore(join(path, inside)),
    folders: (inside) => listFolders(join(path, inside)),
    output: (inside) => outputDirectory(join(path, inside)),
    remove: (inside) => removeAtomically(join(path, inside)),
    async write(inside, text) {
      const bytes = new TextEncoder().encode(text);
      await writeAtomically(join(path, inside), (writer) => writer.write(bytes), bytes.byteLength);
    },
    append: (inside, bytes) => growingFile(path, inside, bytes),
    digest() {
      const hash = createHash('sha256');
      return { update: (bytes) => void hash.update(bytes), hex: () => hash.digest('hex') };
    },
  };
}

async function listFolders(path: string): Promise<string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

async function growingFile(folder: string, name: string, bytes: number): Promise<GrowingFile> {
  const path = join(folder, name);
  const failure = async (error: unknown): Promise<never> => {
    throw await writeFailure(path, error);
  };
  const handle: FileHandle = await open(path, 'a').catch(failure);
  try {
    await handle.truncate(bytes);
    await flushDirectory(folder);
  } catch (error) {
    await handle.close();
    return failure(error);
  }
  return {
    append: (text) => handle.appendFile(text).catch(failure),
    flush: () => handle.datasync().catch(failure),
    close: () => handle.close(),
  };
}
