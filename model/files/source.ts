// The seam between file formats and hosts: the parsers read and write through these interfaces alone.
import { MmgemError } from '../errors.ts';

/** Random access to the bytes of one file. */
export interface ByteSource {
  /** What errors call it, usually the path. */
  readonly name: string;
  /** Length in bytes. */
  readonly size: number;
  /**
   * Exactly `length` bytes from `offset`, in memory that the caller may keep.
   * @throws MmgemError when the range is not inside the file or the bytes cannot be had.
   */
  read(offset: number, length: number): Promise<Uint8Array>;
  close?(): Promise<void>;
}

/** A folder of files, read only. Paths are relative to the folder, with '/' between their parts. */
export interface FileStore {
  /** What errors call it, usually the folder's path. */
  readonly name: string;
  open(path: string): Promise<ByteSource>;
  exists(path: string): Promise<boolean>;
  /** Names of the files that lie in the folder itself, sorted. */
  list(): Promise<string[]>;
  /** A whole UTF-8 file. */
  readText(path: string): Promise<string>;
}

/** Takes the bytes of one file, in order. */
export interface ByteWriter {
  readonly name: string;
  write(bytes: Uint8Array): Promise<void>;
}

/** Creates files in a folder that becomes visible as a whole. */
export interface DirectoryWriter {
  /** @param bytes the size of the finished file where it is known, for the message when the disk is full */
  file(path: string, write: (writer: ByteWriter) => Promise<void>, bytes?: number): Promise<void>;
}

/** A folder that does not exist yet: it appears complete when `fill` has finished, or not at all. */
export interface OutputDirectory {
  readonly name: string;
  create<T>(fill: (directory: DirectoryWriter) => Promise<T>): Promise<T>;
}

/** A file that is in memory already. */
export function memorySource(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    size: bytes.byteLength,
    async read(offset, length) {
      checkRange(name, bytes.byteLength, offset, length);
      return bytes.slice(offset, offset + length);
    },
  };
}

/** Texts (configurations, tokenizers) beyond this are not what they say they are. */
const maxTextBytes = 256 * 2 ** 20;

/**
 * The whole of a UTF-8 file, which is closed.
 * @throws MmgemError when it is too large for a text, or no UTF-8
 */
export async function readTextOf(source: ByteSource): Promise<string> {
  try {
    if (source.size > maxTextBytes) {
      throw new MmgemError(
        `${source.name}: has ${source.size} bytes, beyond the ${maxTextBytes} of a text file. Is it the right file?`,
      );
    }
    return decodeUtf8(await source.read(0, source.size), source.name);
  } finally {
    await source.close?.();
  }
}

function decodeUtf8(bytes: Uint8Array, fileName: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new MmgemError(`${fileName}: is not valid UTF-8. Save it as UTF-8 or get it again.`);
  }
}

/** @throws MmgemError unless `length` bytes from `offset` lie inside a file of `size` bytes */
export function checkRange(name: string, size: number, offset: number, length: number): void {
  if (Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0) {
    if (offset + length <= size) return;
  }
  throw new MmgemError(
    `${name}: ${length} bytes at offset ${offset} were asked for, but the file has ${size} bytes. ` +
      'It is truncated or was changed while it was read; get it again.',
  );
}

/** Parses the JSON of a file of the store; a syntax error names the file. */
export async function readJson(store: FileStore, path: string): Promise<unknown> {
  return parseJson(await store.readText(path), `${store.name}/${path}`);
}

/** @throws MmgemError naming the file when the text is not JSON */
export function parseJson(text: string, fileName: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new MmgemError(`${fileName}: is not valid JSON (${detail}). Repair the file or get it again.`);
  }
}
