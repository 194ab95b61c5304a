// The header of a safetensors file: eight bytes of length, then JSON that places every tensor in the data behind it.
// Format: https://github.com/huggingface/safetensors
import { MmgemError } from '../errors.ts';
import { type ElementType, elementBytes, isElementType } from './element-type.ts';
import type { ByteSource } from './source.ts';

/** One tensor of a file. */
export interface TensorEntry {
  readonly name: string;
  readonly dtype: ElementType;
  readonly shape: readonly number[];
  /** First byte in the file. */
  readonly begin: number;
  /** One past the last byte in the file. */
  readonly end: number;
}

export interface SafetensorsFile {
  readonly source: ByteSource;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly metadata: ReadonlyMap<string, string>;
}

/** What the format allows, in bytes. */
export const maxHeaderBytes = 100_000_000;

/**
 * Reads and checks the header; no tensor data is read.
 * Tensors come in the order of their data. Their ranges are proved to be disjoint and to fill the file.
 * @throws MmgemError naming the file, the tensor and the field
 */
export async function readHeader(source: ByteSource): Promise<SafetensorsFile> {
  const fail = failureIn(source.name);
  if (source.size < 8) {
    throw fail(`has ${source.size} bytes, less than the 8 of a safetensors header length. Get the file again.`);
  }
  const prefix = await source.read(0, 8);
  if (new TextDecoder().decode(prefix) === 'version ') {
    throw fail('is a pointer of Git LFS, not the file itself. Run git lfs pull where it came from, or download it.');
  }
  const length = Number(new DataView(prefix.buffer, prefix.byteOffset, 8).getBigUint64(0, true));
  if (length > maxHeaderBytes) {
    throw fail(
      `says its header has ${length} bytes; the format's limit is ${maxHeaderBytes}. Is it a safetensors file?`,
    );
  }
  if (8 + length > source.size) {
    throw fail(
      `says its header has ${length} bytes, but only ${source.size - 8} follow. It is truncated; get it again.`,
    );
  }
  const header = parseHeader(await source.read(8, length), source.name);
  const metadata = parseMetadata(header, source.name);
  const start = 8 + length;
  const entries = [...header]
    .filter(([name]) => name !== '__metadata__')
    .map(([name, fields]) => parseEntry(name, fields, source, start))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkLayout(entries, source, start);
  return { source, metadata, tensors: new Map(entries.map((entry) => [entry.name, entry])) };
}

/** Elements of a tensor of this shape; 1 for a scalar. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

function failureIn(file: string): (message: string) => MmgemError {
  return (message) => new MmgemError(`${file}: ${message}`);
}

function parseHeader(bytes: Uint8Array, file: string): Map<string, unknown> {
  const fail = failureIn(file);
  let text: string;
  let json: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw fail('its header is not valid UTF-8. The file is corrupt or no safetensors file; get it again.');
  }
  try {
    json = JSON.parse(text);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw fail(`its header is not valid JSON (${detail}). The file is corrupt or no safetensors file; get it again.`);
  }
  if (!isRecord(json)) throw fail('its header is not a JSON object. The file is corrupt; get it again.');
  const repeated = repeatedKey(text);
  if (repeated !== undefined) {
    throw fail(`its header names ${JSON.stringify(repeated)} twice. Write the file again with distinct names.`);
  }
  return new Map(Object.entries(json));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The first key that an object of valid JSON has twice, which JSON.parse accepts in silence. */
function repeatedKey(json: string): string | undefined {
  const token = /"(?:[^"\\]|\\.)*"|[{}[\]:]/g;
  const open: Set<string>[] = []; // one per object or array around the token; an array's stays empty
  let last = '';
  for (let match = token.exec(json); match !== null; match = token.exec(json)) {
    const text = match[0];
    if (text === '{' || text === '[') open.push(new Set());
    else if (text === '}' || text === ']') open.pop();
    else if (text === ':') {
      const keys = open.at(-1);
      const key = last.includes('\\') ? (JSON.parse(last) as string) : last.slice(1, -1);
      if (keys?.has(key)) return key;
      keys?.add(key);
    } else last = text;
  }
  return undefined;
}

function parseMetadata(header: ReadonlyMap<string, unknown>, file: string): Map<string, string> {
  const fields = header.get('__metadata__');
  const metadata = new Map<string, string>();
  if (fields === undefined || fields === null) return metadata;
  if (!isRecord(fields)) throw new MmgemError(`${file}: __metadata__ is not an object. Write the file again.`);
  for (const [key, value] of Object.entries(fields)) {
    if (typeof value !== 'string') {
      throw new MmgemError(`${file}: __metadata__.${key} is ${JSON.stringify(value)}, not a string. Write it as text.`);
    }
    metadata.set(key, value);
  }
  return metadata;
}

function parseEntry(name: string, fields: unknown, source: ByteSource, start: number): TensorEntry {
  const fail = failureIn(`${source.name}: tensor ${JSON.stringify(name)}`);
  if (!isRecord(fields)) throw fail('is not described by an object. The header is corrupt; get the file again.');
  for (const field of Object.keys(fields)) {
    if (field !== 'dtype' && field !== 'shape' && field !== 'data_offsets') {
      throw fail(`has the unknown field ${JSON.stringify(field)}. Write the file as plain safetensors.`);
    }
  }
  const { dtype, shape, data_offsets: range } = fields;
  if (!isElementType(dtype)) {
    const known = Object.keys(elementBytes).join(', ');
    throw fail(`dtype is ${JSON.stringify(dtype)}, which is none of ${known}. Convert the file to F32, F16 or BF16.`);
  }
  if (!isSizes(shape))
    throw fail(`shape is ${JSON.stringify(shape)}, not a list of integers ≥ 0. The header is corrupt.`);
  if (!isSizes(range) || range.length !== 2) {
    throw fail(`data_offsets is ${JSON.stringify(range)}, not two integers ≥ 0. The header is corrupt.`);
  }
  const [begin, end] = range as [number, number];
  if (end < begin)
    throw fail(`data_offsets [${range}] end before they begin. The header is corrupt; get the file again.`);
  if (start + end > source.size) {
    throw fail(
      `data_offsets [${range}] reach past the end of the file, whose data has ${source.size - start} bytes. ` +
        'The file is truncated or its header lies; get it again.',
    );
  }
  const bytes = elementCount(shape) * elementBytes[dtype];
  if (bytes !== end - begin) {
    throw fail(
      `data_offsets [${range}] hold ${end - begin} bytes, but shape [${shape}] of ${dtype} takes ${bytes}. ` +
        'The header is corrupt; get the file again.',
    );
  }
  return { name, dtype, shape, begin: start + begin, end: start + end };
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function checkLayout(entries: readonly TensorEntry[], source: ByteSource, start: number): void {
  const fail = failureIn(source.name);
  let position = start;
  let before = 'the header';
  for (const { name, begin, end } of entries) {
    const where = `between ${before} and tensor ${JSON.stringify(name)}`;
    if (begin < position) {
      throw fail(
        `data_offsets overlap by ${position - begin} bytes ${where}. The header is corrupt; get the file again.`,
      );
    }
    if (begin > position) {
      throw fail(
        `data_offsets leave a hole of ${begin - position} bytes ${where}. The header is corrupt; get the file again.`,
      );
    }
    position = end;
    before = `tensor ${JSON.stringify(name)}`;
  }
  if (position !== source.size) {
    throw fail(
      `${source.size - position} bytes follow ${before} that belong to no tensor. The file is corrupt; get it again.`,
    );
  }
}
