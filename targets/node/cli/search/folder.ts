/** The images of a folder. */
import { readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { MmgemError } from '../../../../dsl/errors.ts';
import type { FileState } from './index-file.ts';

/** Endings of the formats that are decoded. */
const imageEnding = /\.(jpe?g|png|webp)$/i;

/**
 * Every image file of a folder and of the folders below it, but for hidden ones, sorted by name.
 * @throws MmgemError when there is no such folder, or it holds no image
 */
export async function findImages(folder: string): Promise<FileState[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(
    (error: NodeJS.ErrnoException) => {
      const problems: Record<string, string> = {
        ENOENT: 'there is no such folder. Check the path',
        ENOTDIR: 'is a file. Name a folder of images',
        EACCES: 'may not be read. Check its permissions',
      };
      throw new MmgemError(`${folder}: ${problems[error.code ?? ''] ?? error.message}.`, { cause: error });
    },
  );
  const names = entries
    .filter((entry) => entry.isFile() && imageEnding.test(entry.name))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((name) => !name.split('/').some((part) => part.startsWith('.')))
    .sort();
  if (names.length === 0) throw new MmgemError(`${folder}: holds no JPEG, PNG or WebP files. Name a folder of images.`);
  const states: FileState[] = [];
  for (const name of names) {
    const { size, mtimeMs } = await stat(join(folder, name));
    states.push({ name, size, modified: mtimeMs });
  }
  return states;
}
