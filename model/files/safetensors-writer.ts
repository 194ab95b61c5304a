// Writing safetensors as a stream: the header first, then one tensor after the other, each made only when it is due.
import { MmgemError } from '../errors.ts';
import { elementBytes, type FloatType, fromFloat32 } from './element-type.ts';
import { elementCount } from './safetensors-header.ts';
import type { ByteWriter } from './source.ts';

/** Elements of one tensor in row-major order, whole or in pieces. */
export type Pieces<T> = T | Promise<T> | Iterable<T> | AsyncIterable<T>;

interface Described<Type extends string, Data> {
  readonly name: string;
  readonly dtype: Type;
  readonly shape: readonly number[];
  /** Called once, when the tensor's turn has come. */
  readonly data: () => Pieces<Data>;
}

export type FloatTensorToWrite = Described<FloatType, Float32Array>;

/** A tensor to write: its place in the file follows from dtype and shape, its data may come later. */
export type TensorToWrite = FloatTensorToWrite | Described<'I32', Int32Array> | Described<'U8', Uint8Array>;

export interface WriteOptions {
  readonly metadata?: Readonly<Record<string, string>>;
  /** Called after each piece with the bytes written so far and those of the whole file. */
  readonly onProgress?: (written: number, total: number, tensor: string) => void;
}

/** Size in bytes of the file that writeSafetensors makes. */
export function safetensorsSize(
  tensors: readonly TensorToWrite[],
  metadata?: Readonly<Record<string, string>>,
): number {
  return headerBytes(inFileOrder(tensors), metadata).byteLength + dataSize(tensors);
}

/**
 * Writes a file. Wider types come first so that every tensor is aligned to its element; otherwise the order is kept.
 * @throws MmgemError for a repeated name, or data that does not fit its shape or type
 */
export async function writeSafetensors(
  writer: ByteWriter,
  tensors: readonly TensorToWrite[],
  { metadata, onProgress }: WriteOptions = {},
): Promise<void> {
  const ordered = inFileOrder(tensors);
  const header = headerBytes(ordered, metadata);
  const total = header.byteLength + dataSize(ordered);
  let written = header.byteLength;
  await writer.write(header);
  for (const tensor of ordered) {
    const what = `${writer.name}: tensor ${tensor.name}`;
    const due = elementCount(tensor.shape) * elementBytes[tensor.dtype];
    let got = 0;
    for await (const bytes of encoded(tensor, what)) {
      got += bytes.byteLength;
      if (got > due) break;
      await writer.write(bytes);
      written += bytes.byteLength;
      onProgress?.(written, total, tensor.name);
    }
    if (got !== due) {
      const problem = got > due ? `more than the ${due}` : `${got} of the ${due}`;
      throw new MmgemError(`${what}: its data gave ${problem} bytes of shape [${tensor.shape}] ${tensor.dtype}.`);
    }
  }
}

function inFileOrder(tensors: readonly TensorToWrite[]): TensorToWrite[] {
  return [...tensors].sort((a, b) => elementBytes[b.dtype] - elementBytes[a.dtype]);
}

function dataSize(tensors: readonly TensorToWrite[]): number {
  return tensors.reduce((sum, { dtype, shape }) => sum + elementCount(shape) * elementBytes[dtype], 0);
}

function headerBytes(ordered: readonly TensorToWrite[], metadata?: Readonly<Record<string, string>>): Uint8Array {
  const entries: [string, unknown][] = metadata === undefined ? [] : [['__metadata__', metadata]];
  const seen = new Set(['__metadata__']);
  let begin = 0;
  for (const { name, dtype, shape } of ordered) {
    if (seen.has(name)) throw new MmgemError(`tensor ${JSON.stringify(name)} is to be written twice, or is reserved.`);
    seen.add(name);
    const end = begin + elementCount(shape) * elementBytes[dtype];
    entries.push([name, { dtype, shape, data_offsets: [begin, end] }]);
    begin = end;
  }
  // Joined by hand: an object would move names that look like integers to the front.
  const json = `{${entries.map(([name, entry]) => `${JSON.stringify(name)}:${JSON.stringify(entry)}`).join(',')}}`;
  const text = new TextEncoder().encode(json);
  const length = Math.ceil(text.byteLength / 8) * 8;
  const bytes = new Uint8Array(8 + length).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(text, 8);
  return bytes;
}

async function* encoded(tensor: TensorToWrite, what: string): AsyncGenerator<Uint8Array, void> {
  if (tensor.dtype === 'I32' || tensor.dtype === 'U8') {
    for await (const piece of pieces<Int32Array | Uint8Array>(tensor.data())) {
      yield new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength);
    }
  } else {
    for await (const piece of pieces<Float32Array>(tensor.data())) yield fromFloat32(piece, tensor.dtype, what);
  }
}

async function* pieces<T extends ArrayBufferView>(data: Pieces<T>): AsyncGenerator<T, void> {
  const given = await data;
  if (ArrayBuffer.isView(given)) yield given as T;
  else yield* given as Iterable<T> | AsyncIterable<T>;
}
