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

function joined(header: string, data: Uint8Array): Uint8Array {
  const text = new TextEncoder().encode(header);
  const result = new Uint8Array(8 + text.length + data.length);
  new DataView(result.buffer).setBigUint64(0, BigInt(text.length), true);
  result.set(text, 8);
  result.set(data, 8 + text.length);
  return result;
}

/** The file with its header changed as text. */
export function withHeader(bytes: Uint8Array, change: (header: string) => string): Uint8Array {
  const { header, data } = parts(bytes);
  return joined(change(header), data);
}

/** The operator cases of these names alone: a file that is verified at once. */
export function withCases(bytes: Uint8Array, names: readonly string[]): Uint8Array {
  const { header, data } = parts(bytes);
  const { __metadata__, ...tensors } = JSON.parse(header) as Record<string, { data_offsets: [number, number] }>;
  const isKept = ([name]: readonly [string, unknown]): boolean => names.includes(name.split('/')[0]!);
  const pieces: Uint8Array[] = [];
  let end = 0;
  const kept = Object.entries(tensors)
    .filter(isKept)
    .map(([name, entry]) => {
      const piece = data.subarray(...entry.data_offsets);
      pieces.push(piece);
      end += piece.length;
      return [name, { ...entry, data_offsets: [end - piece.length, end] }];
    });
  const metadata = Object.fromEntries(Object.entries(__metadata__!).filter(isKept));
  return joined(
    JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(kept) }),
    Uint8Array.from(pieces.flatMap((piece) => [...piece])),
  );
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
