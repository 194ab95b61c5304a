// What the tests of model files share: a store in memory, an output directory in memory, made-up checkpoints.
import * as assert from 'uvu/assert';
import { MmgemError } from '../../model/errors.ts';
import { safetensorsSize, type TensorToWrite, writeSafetensors } from '../../model/files/safetensors-writer.ts';
import { type FileStore, memorySource, type OutputDirectory } from '../../model/files/source.ts';
import { random } from '../../model/random.ts';

export type Files = Record<string, Uint8Array | string>;

const bytesOf = (content: Uint8Array | string) =>
  typeof content === 'string' ? new TextEncoder().encode(content) : content;

export function memoryStore(name: string, files: Files): FileStore {
  const get = (path: string) => {
    const content = files[path];
    if (content === undefined) throw new MmgemError(`${name}/${path}: does not exist.`);
    return bytesOf(content);
  };
  return {
    name,
    open: async (path) => memorySource(`${name}/${path}`, get(path)),
    exists: async (path) => path in files,
    list: async () => Object.keys(files).sort(),
    readText: async (path) => new TextDecoder().decode(get(path)),
  };
}

/** `files` is filled when a directory has been written without an error. */
export function memoryOutput(): OutputDirectory & { readonly files: Files } {
  const files: Files = {};
  return {
    name: 'out',
    files,
    async create(fill) {
      const made: Files = {};
      const result = await fill({
        file: async (path, write, bytes) => {
          const written = await collectBytes(path, write);
          if (bytes !== undefined) assert.is(written.byteLength, bytes);
          made[path] = written;
        },
      });
      Object.assign(files, made);
      return result;
    },
  };
}

type Write = Parameters<Parameters<Parameters<OutputDirectory['create']>[0]>[0]['file']>[1];

export async function collectBytes(name: string, write: Write): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  await write({ name, write: async (bytes) => void pieces.push(bytes.slice()) });
  return new Uint8Array(Buffer.concat(pieces));
}

export async function fileOf(
  tensors: readonly TensorToWrite[],
  metadata?: Record<string, string>,
): Promise<Uint8Array> {
  const options = metadata === undefined ? {} : { metadata };
  const bytes = await collectBytes('file', (writer) => writeSafetensors(writer, tensors, options));
  assert.is(bytes.byteLength, safetensorsSize(tensors, metadata));
  return bytes;
}

/** A file from a header given as text or bytes, whether it is a good one or not. */
export function rawFile(header: string | Uint8Array, dataBytes: number, length?: number | bigint): Uint8Array {
  const text = bytesOf(header);
  const bytes = new Uint8Array(8 + text.byteLength + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length ?? text.byteLength), true);
  bytes.set(text, 8);
  return bytes;
}

/** Float tensors with random values, of the given shapes. */
export function randomTensors(
  shapes: Iterable<readonly [string, readonly number[]]>,
  seed = 1,
): Map<string, NamedTensor> {
  return new Map(
    [...shapes].map(([name, shape]) => {
      const { normal } = random(seed, name);
      const count = shape.reduce((product, extent) => product * extent, 1);
      return [name, { name, shape, values: Float32Array.from({ length: count }, normal) }];
    }),
  );
}

export interface NamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

export function toWrite({ name, shape, values }: NamedTensor, dtype: 'F32' | 'F16' | 'BF16' = 'F32'): TensorToWrite {
  return { name, shape, dtype, data: () => values };
}

/** The MmgemError that the action ends in; any other outcome fails the test. */
export async function failureOf(action: () => unknown): Promise<MmgemError> {
  try {
    await action();
  } catch (error) {
    if (error instanceof MmgemError) return error;
    throw error;
  }
  throw new Error('an MmgemError was due, but there was no error');
}

export async function failsWith(action: () => unknown, ...patterns: (RegExp | string)[]): Promise<void> {
  const { message } = await failureOf(action);
  for (const pattern of patterns) {
    const found = typeof pattern === 'string' ? message.includes(pattern) : pattern.test(message);
    assert.ok(found, `${pattern} is not in: ${message}`);
  }
}
