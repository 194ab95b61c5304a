/** A folder on a web server whose names are known, as `verify` reads it. */
import { MmgemError } from '../../../model/errors.ts';
import { type FileStore, memorySource } from '../../../model/files/source.ts';

/** @param names the files that it holds */
export function fetchedStore(folder: string, names: readonly string[]): FileStore {
  const fetched = async (path: string): Promise<Response> => {
    const response = await fetch(new URL(path, new URL(folder, location.href)));
    if (!response.ok) throw new MmgemError(`${folder}${path}: the server answers ${response.status}`);
    return response;
  };
  return {
    name: folder,
    open: async (path) => memorySource(path, new Uint8Array(await (await fetched(path)).arrayBuffer())),
    exists: async (path) => names.includes(path),
    list: async () => [...names],
    readText: async (path) => (await fetched(path)).text(),
  };
}
