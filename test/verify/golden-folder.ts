// Golden folders in memory, with something changed.
import { readFileSync } from 'node:fs';
import { MmgemError } from '../../model/errors.ts';
import { type FileStore, memorySource } from '../../model/files/source.ts';
import { goldenPath } from '../support/repository.ts';

export const goldenBytes = (name: string): Uint8Array => new Uint8Array(readFileSync(goldenPath(name)));

/** A folder of files in memory. */
export function memoryStore(files: Readonly<Record<string, Uint8Array>>): FileStore {
  const bytesOf = (path: string): Uint8Array => {
    const bytes = files[path];
    if (!bytes) throw new MmgemError(`memory/${path}: there is no such file. Name one that is there.`);
    return bytes;
  };
  return {
    name: 'memory',
    open: async (path) => memorySource(`memory/${path}`, bytesOf(path)),
    exists: async (path) => path in files,
    list: async () => Object.keys(files).sort(),
    readText: async (path) => new TextDecoder().decode(bytesOf(path)),
  };
}

interface Header {
  readonly __metadata__: Readonly<Record<string, string>>;
  readonly [tensor: string]: unknown;
}

/** A safetensors file in parts: the header as text, and the data behind it. */
function parts(bytes: Uint8Array): { readonly header: string; readonly data: Uint8Array } {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  return { header: new TextDecoder().decode(bytes.subarray(8, 8 + length)), data: bytes.subarray(8 + length) };
}

/** The file with its header changed as text. */
export function withHeader(bytes: Uint8Array, change: (header: string) => string): Uint8Array {
  const { header, data } = parts(bytes);
  const changed = new TextEncoder().encode(change(header));
  const result = new Uint8Array(8 + changed.length + data.length);
  new DataView(result.buffer).setBigUint64(0, BigInt(changed.length), true);
  result.set(changed, 8);
  result.set(data, 8 + changed.length);
  return result;
}

/** The file with one element of one tensor, four bytes wide, changed. */
export function withElement(
  bytes: Uint8Array,
  tensor: string,
  index: number,
  change: (old: number) => number,
): Uint8Array {
  const { header, data } = parts(bytes);
  const entry = (JSON.parse(header) as Header)[tensor] as { dtype: string; data_offsets: [number, number] };
  const result = bytes.slice();
  const view = new DataView(result.buffer, result.length - data.length + entry.data_offsets[0] + 4 * index);
  if (entry.dtype === 'I32') view.setInt32(0, change(view.getInt32(0, true)), true);
  else view.setFloat32(0, change(view.getFloat32(0, true)), true);
  return result;
}
