// Reading tensors out of safetensors files, only the bytes that are asked for.
import { MmgemError } from '../errors.ts';
import { elementBytes, toFloat32, toInt32 } from './element-type.ts';
import { readHeader, type SafetensorsFile, type TensorEntry } from './safetensors-header.ts';
import type { ByteSource } from './source.ts';

export { type ElementType, type FloatType, fromFloat32, toFloat32, toInt32 } from './element-type.ts';
export { elementCount, readHeader, type SafetensorsFile, type TensorEntry } from './safetensors-header.ts';
export { writeSafetensors } from './safetensors-writer.ts';

/** A tensor in memory: floats as float32, integers as int32. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

/** @throws MmgemError naming the file when it has no tensor of this name */
export function entryOf(file: SafetensorsFile, name: string): TensorEntry {
  const entry = file.tensors.get(name);
  if (entry === undefined) {
    throw new MmgemError(`${file.source.name}: has no tensor ${JSON.stringify(name)}. Is it the right file?`);
  }
  return entry;
}

/** Stored bytes of one tensor. */
export function readBytes(file: SafetensorsFile, name: string): Promise<Uint8Array> {
  const { begin, end } = entryOf(file, name);
  return file.source.read(begin, end - begin);
}

/**
 * One tensor, widened: F32, F16, BF16 to float32, integers to int32.
 * @throws MmgemError when the tensor is missing, F64 or F8, or holds an integer beyond int32
 */
export async function readTensor(file: SafetensorsFile, name: string): Promise<Tensor> {
  const { shape, dtype } = entryOf(file, name);
  const bytes = await readBytes(file, name);
  const what = `${file.source.name}: tensor ${name}`;
  const isInteger = /^[IU]\d|^BOOL$/.test(dtype);
  return { shape, data: isInteger ? toInt32(bytes, dtype, what) : toFloat32(bytes, dtype, what) };
}

/**
 * Stored bytes of one tensor in pieces of at most `chunkBytes` bytes, each of whole elements.
 * Nothing comes for a tensor without elements.
 */
export async function* readChunks(
  file: SafetensorsFile,
  name: string,
  chunkBytes: number,
): AsyncGenerator<Uint8Array, void> {
  const { begin, end, dtype } = entryOf(file, name);
  const size = elementBytes[dtype];
  const step = Math.max(size, Math.floor(chunkBytes / size) * size);
  for (let at = begin; at < end; at += step) yield await file.source.read(at, Math.min(step, end - at));
}

/** Every tensor of a file that fits into memory, widened as by readTensor. */
export async function readAll(source: ByteSource): Promise<{ tensors: Map<string, Tensor>; file: SafetensorsFile }> {
  const file = await readHeader(source);
  const tensors = new Map<string, Tensor>();
  for (const name of file.tensors.keys()) tensors.set(name, await readTensor(file, name));
  return { tensors, file };
}
