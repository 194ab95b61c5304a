/** Model directories behind the seam of model/files/source.ts: over HTTP, and files that the user chose. */
import { MmgemError } from '../../dsl/errors.ts';
import { type ByteSource, checkRange, type FileStore, readTextOf } from '../../model/files/source.ts';
import { cacheStorage } from '../web/files/cache-storage.ts';
import { type HttpStoreOptions, httpStore } from '../web/files/http-store.ts';
import type { ModelPlace } from './places.ts';

/** The folder at a place. What comes over HTTP is kept for the next load where the browser has a place for it. */
export function storeAt(place: ModelPlace, options: HttpStoreOptions = {}): FileStore {
  if (typeof place !== 'string') return chosenFiles(place.folder, place.files);
  return httpStore(place, { ...options, ...(typeof caches !== 'undefined' && { cache: cacheStorage() }) });
}

/** Files of one folder, read in pieces when they are wanted. */
function chosenFiles(folder: string, files: readonly File[]): FileStore {
  const pathOf = ({ webkitRelativePath, name }: File): string =>
    webkitRelativePath.split('/').slice(1).join('/') || name;
  const find = (path: string): File => {
    const file = files.find((candidate) => pathOf(candidate) === path);
    if (file) return file;
    throw new MmgemError(`${folder}/${path}: is not among the files. Choose the whole folder of the model.`);
  };
  return {
    name: folder,
    open: async (path) => fileSource(`${folder}/${path}`, find(path)),
    exists: async (path) => files.some((file) => pathOf(file) === path),
    list: async () =>
      files
        .map(pathOf)
        .filter((path) => !path.includes('/'))
        .sort(),
    readText: async (path) => readTextOf(fileSource(`${folder}/${path}`, find(path))),
  };
}

function fileSource(name: string, file: File): ByteSource {
  return {
    name,
    size: file.size,
    async read(offset, length) {
      checkRange(name, file.size, offset, length);
      try {
        return new Uint8Array(await file.slice(offset, offset + length).arrayBuffer());
      } catch (error) {
        throw new MmgemError(`${name}: cannot be read any more (${error}). Choose the folder again.`, { cause: error });
      }
    },
  };
}
