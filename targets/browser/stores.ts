/** Model directories behind the seam of model/files/source.ts: over HTTP, and files that the user chose. */
import { MmgemError } from '../../dsl/errors.ts';
import { type ByteSource, checkRange, type FileStore, memorySource } from '../../model/files/source.ts';
import type { ModelPlace } from './places.ts';

/** The folder at a place. */
export function storeAt(place: ModelPlace): FileStore {
  return typeof place === 'string' ? fetchStore(place) : chosenFiles(place.folder, place.files);
}

function fetchStore(url: string): FileStore {
  const base = url.endsWith('/') ? url : `${url}/`;
  const get = async (path: string): Promise<Response> => {
    const at = new URL(path, base).href;
    const answer = await fetch(at).catch((error: unknown) => {
      throw new MmgemError(`${at}: cannot be fetched (${error}). Check the address.`, { cause: error });
    });
    if (!answer.ok) throw new MmgemError(`${at}: the server answers ${answer.status}. Check the address.`);
    return answer;
  };
  return {
    name: url,
    open: async (path) => memorySource(`${base}${path}`, new Uint8Array(await (await get(path)).arrayBuffer())),
    exists: async (path) => (await fetch(new URL(path, base), { method: 'HEAD' })).ok,
    list: async () => [],
    readText: async (path) => (await get(path)).text(),
  };
}

/** Files of one folder, read in pieces when they are wanted. */
function chosenFiles(folder: string, files: readonly File[]): FileStore {
  const pathOf = ({ webkitRelativePath, name }: File): string => webkitRelativePath.split('/').slice(1).join('/') || name;
  const find = (path: string): File => {
    const file = files.find((candidate) => pathOf(candidate) === path);
    if (file) return file;
    throw new MmgemError(`${folder}/${path}: is not among the files. Choose the whole folder of the model.`);
  };
  return {
    name: folder,
    open: async (path) => fileSource(`${folder}/${path}`, find(path)),
    exists: async (path) => files.some((file) => pathOf(file) === path),
    list: async () => files.map(pathOf).filter((path) => !path.includes('/')).sort(),
    readText: async (path) => find(path).text(),
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
