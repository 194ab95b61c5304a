// What makes the images that a source only names: one row a kind. They run in the threads that prepare images.

import type { ImageResolver, ImageResolvers } from '../../../model/data/prepare.ts';
import type { LazyImage } from '../../../model/data/record.ts';
import type { ImageFolder } from '../../../model/data/sources/images.ts';
import { drawScene } from '../../../model/data/sources/scenes.ts';
import { MmgemError } from '../../../model/errors.ts';
import { directoryStore } from '../files.ts';

export const imageResolvers: ImageResolvers = {
  file: readFile as ImageResolver,
  scene: drawScene as ImageResolver,
};

interface FileImage extends LazyImage {
  readonly kind: 'file';
  readonly folder: string;
  /** Below the folder. */
  readonly path: string;
}

/** A folder whose images are read by the thread that prepares them. */
export function imageFolder(folder: string): ImageFolder {
  const store = directoryStore(folder);
  return {
    name: folder,
    image: (path): FileImage => ({ kind: 'file', folder, path }),
    exists: (path) => store.exists(path),
  };
}

/** @throws MmgemError when the path leaves the folder or cannot be read */
async function readFile({ folder, path }: FileImage): Promise<Uint8Array> {
  const file = await directoryStore(folder).open(path);
  try {
    if (file.size > maxImageBytes) {
      throw new MmgemError(`${file.name}: has ${file.size} bytes, beyond the ${maxImageBytes} of an image. Is it one?`);
    }
    return await file.read(0, file.size);
  } finally {
    await file.close?.();
  }
}

const maxImageBytes = 256 * 2 ** 20;
