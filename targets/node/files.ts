// Files of the local disk behind the seam of model/files/source.ts.
import { constants } from 'node:fs';
import { access, type FileHandle, mkdir, open, readdir, rename, rmdir, stat, statfs } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { MmgemError } from '../../model/errors.ts';
import type { WeightsLocation } from '../../model/files/import.ts';
import {
  type ByteSource,
  type ByteWriter,
  checkRange,
  type FileStore,
  type OutputDirectory,
  readTextOf,
} from '../../model/files/source.ts';
import { codeOf, flushDirectory, partialName, removeAbandoned, removePartial } from './partial.ts';

/** One read call takes at most this many bytes. */
const maxReadBytes = 2 ** 30;

/**
 * Opens a file for reading.
 * @throws MmgemError naming the path when it is missing, unreadable or no regular file
 */
export async function openFile(path: string): Promise<ByteSource> {
  const handle = await open(path, constants.O_RDONLY).catch((error: unknown) => {
    throw readFailure(path, error);
  });
  try {
    const info = await handle.stat();
    if (!info.isFile()) throw new MmgemError(`${path}: is not a regular file. Name a file.`);
    return { name: path, size: info.size, read: reader(path, handle, info.size), close: () => handle.close() };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** The files below a folder. Nothing outside of it can be reached through the store. */
export function directoryStore(directory: string): FileStore {
  const at = (path: string): string => {
    if (isAbsolute(path) || path.split(/[/\\]/).includes('..')) {
      throw new MmgemError(`${directory}: the path ${JSON.stringify(path)} leaves the folder. Name a file inside it.`);
    }
    return join(directory, path);
  };
  return {
    name: directory,
    open: async (path) => openFile(at(path)),
    exists: async (path) =>
      access(at(path)).then(
        () => true,
        () => false,
      ),
    list: async () => listFiles(directory),
    readText: async (path) => readTextOf(await openFile(at(path))),
  };
}

/**
 * Weights as a user names them: a folder, or one safetensors file or index in it.
 * @throws MmgemError when there is nothing at the path
 */
export async function weightsAt(path: string): Promise<WeightsLocation> {
  const info = await stat(path).catch((error: unknown) => {
    throw readFailure(path, error);
  });
  return info.isDirectory()
    ? { store: directoryStore(path) }
    : { store: directoryStore(dirname(path)), base: basename(path) };
}

/**
 * Writes a file that appears complete or not at all: a temporary file in the same folder, flushed to the disk, renamed.
 * @param bytes size of the finished file where known, for the message when the disk is full
 * @throws MmgemError when the disk is full or the folder cannot be written; whatever `write` throws
 */
export async function writeAtomically(
  path: string,
  write: (writer: ByteWriter) => Promise<void>,
  bytes?: number,
): Promise<void> {
  const partial = partialName(path);
  await removeAbandoned(dirname(path));
  try {
    await writeFlushed(partial, path, write, bytes);
    await rename(partial, path);
    await flushDirectory(dirname(path));
  } catch (error) {
    await removePartial(partial);
    throw await writeFailure(path, error, bytes);
  }
}

/** A folder that appears at `path` complete or not at all. What is at `path` already is never touched. */
export function outputDirectory(path: string): OutputDirectory {
  return {
    name: path,
    async create(fill) {
      await checkFree(path);
      const target = resolve(path);
      const partial = partialName(target);
      await removeAbandoned(dirname(target));
      try {
        await mkdir(dirname(target), { recursive: true });
        await mkdir(partial);
        const result = await fill({
          file: async (name, write, bytes) => {
            const shown = join(path, name);
            await writeFlushed(join(partial, name), shown, write, bytes).catch(async (error: unknown) => {
              await removePartial(join(partial, name)); // so that the free space told is what there is to use
              throw await writeFailure(join(partial, name), error, bytes, shown);
            });
          },
        });
        await flushDirectory(partial);
        await checkFree(path);
        await rmdir(target).catch(() => undefined); // an empty folder; were it not empty, rename would refuse
        await rename(partial, target);
        await flushDirectory(dirname(target));
        return result;
      } catch (error) {
        await removePartial(partial);
        throw await writeFailure(partial, error, undefined, path);
      }
    },
  };
}

function reader(path: string, handle: FileHandle, size: number): ByteSource['read'] {
  return async (offset, length) => {
    checkRange(path, size, offset, length);
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const { bytesRead } = await handle
        .read(bytes, done, Math.min(length - done, maxReadBytes), offset + done)
        .catch((error: unknown) => {
          throw readFailure(path, error);
        });
      if (bytesRead === 0) checkRange(path, offset + done, offset, length);
      done += bytesRead;
    }
    return bytes;
  };
}

async function listFiles(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((error: unknown) => {
    throw readFailure(directory, error);
  });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

async function writeFlushed(
  path: string,
  shown: string,
  write: (writer: ByteWriter) => Promise<void>,
  bytes: number | undefined,
): Promise<void> {
  const handle = await open(path, 'wx');
  let position = 0;
  try {
    await write({
      name: shown,
      async write(chunk) {
        for (let done = 0; done < chunk.byteLength; ) {
          const { bytesWritten } = await handle.write(
            chunk,
            done,
            Math.min(chunk.byteLength - done, maxReadBytes),
            position,
          );
          done += bytesWritten;
          position += bytesWritten;
        }
      },
    });
    await handle.sync();
  } finally {
    await handle.close();
  }
  if (bytes !== undefined && position !== bytes) {
    throw new MmgemError(`${shown}: ${position} bytes were written where ${bytes} were announced. Please report this.`);
  }
}

async function checkFree(path: string): Promise<void> {
  const info = await stat(path).catch(() => undefined);
  if (info === undefined) return;
  if (!info.isDirectory()) throw new MmgemError(`${path}: is a file. Name a folder that does not exist yet.`);
  if ((await readdir(path)).length > 0) {
    throw new MmgemError(`${path}: is there already and not empty. Name another folder, or remove it first.`);
  }
}

const readRemedies: Record<string, string> = {
  ENOENT: 'does not exist. Check the path',
  EACCES: 'may not be read. Check its permissions',
  EISDIR: 'is a folder. Name a file',
  ENOTDIR: 'is not a folder, or lies under something that is not. Check the path',
  EMFILE: 'cannot be opened, because too many files are open. Close some',
};

function readFailure(path: string, error: unknown): unknown {
  const remedy = readRemedies[codeOf(error)];
  return remedy === undefined ? error : new MmgemError(`${path}: ${remedy}.`, { cause: error });
}

/**
 * What a failure to write means to a user.
 * @param at where the disk is looked at for free space
 * @param bytes of the file, where known
 * @param shown what the user calls the place
 */
export async function writeFailure(at: string, error: unknown, bytes?: number, shown = at): Promise<unknown> {
  const code = codeOf(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    const free = await statfs(dirname(at)).then(
      ({ bavail, bsize }) => `${bavail * bsize} bytes`,
      () => 'an unknown number',
    );
    const needed = bytes === undefined ? 'the file does not fit' : `the file needs ${bytes} bytes`;
    return new MmgemError(
      `${shown}: no space left on the disk: ${needed}, and ${free} are free in its folder. ` +
        'Nothing was left behind; free some space or choose another disk.',
      { cause: error },
    );
  }
  const remedies: Record<string, string> = {
    ENOENT: 'cannot be written, because its folder does not exist. Create the folder',
    EACCES: 'may not be written. Check the permissions of its folder',
    EEXIST: 'cannot be written, because a part of its path is a file. Choose another place',
    EFBIG:
      'cannot be written, because it is larger than the file system or a limit (ulimit -f) allows. Choose another place or raise the limit',
    EROFS: 'cannot be written, because the disk is read-only. Choose another place',
    ENOTDIR: 'cannot be written, because its folder is a file. Choose another place',
    EISDIR: 'cannot be written, because a folder of this name is there. Choose another name',
  };
  return remedies[code] === undefined ? error : new MmgemError(`${shown}: ${remedies[code]}.`, { cause: error });
}
