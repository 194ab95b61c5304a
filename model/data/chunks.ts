// Files as streams of bytes, whole or cut into lines or the elements of a JSON array: none is in memory as a whole.
import { MmgemError } from '../errors.ts';
import type { FileStore } from '../files/source.ts';

/** Bytes that are read at a time. */
const chunkBytes = 2 ** 18;
/** A line or an element that is longer is no record. */
const maxPieceBytes = 64 * 2 ** 20;

/** The bytes of a file of the store, from its start. The file is closed when the reader stops. */
export async function* readChunks(store: FileStore, path: string): AsyncGenerator<Uint8Array, void> {
  const file = await store.open(path);
  try {
    for (let at = 0; at < file.size; at += chunkBytes) {
      yield await file.read(at, Math.min(chunkBytes, file.size - at));
    }
  } finally {
    await file.close?.();
  }
}

export interface Piece {
  /** Lines and elements alike are counted from 0. */
  readonly index: number;
  readonly bytes: Uint8Array;
}

const newline = 0x0a;

/**
 * The lines of a text, without their ends. The last one needs no end.
 * @throws MmgemError when a line is longer than a record can be
 */
export async function* lines(chunks: AsyncIterable<Uint8Array>, fileName: string): AsyncGenerator<Piece, void> {
  const line = new Gathered(fileName, 'line');
  let index = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
      line.add(chunk.subarray(from, end));
      yield { index: index++, bytes: line.take() };
      from = end + 1;
    }
    line.add(chunk.subarray(from));
  }
  if (line.length > 0) yield { index, bytes: line.take() };
}

/**
 * The elements of a file that is one JSON array, each as the bytes of its JSON, which is not checked here.
 * @throws MmgemError when the file is no array or ends before it does
 */
export async function* arrayElements(chunks: AsyncIterable<Uint8Array>, fileName: string): AsyncGenerator<Piece, void> {
  const element = new Gathered(fileName, 'element');
  const scan = new ArrayScan(fileName);
  let index = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = 0; at < chunk.length; at++) {
      const event = scan.next(chunk[at]!);
      if (event === 'start') from = at + 1;
      if (event !== 'comma' && event !== 'end') continue;
      element.add(chunk.subarray(from, at));
      from = at + 1;
      const bytes = element.take();
      if (event === 'comma' || index > 0 || !isBlank(bytes)) yield { index: index++, bytes };
    }
    if (scan.isInside) element.add(chunk.subarray(from));
  }
  if (!scan.isOver) throw new MmgemError(`${fileName}: ends in the middle of element ${index}. Get the file again.`);
}

/** Where one is in the text of an array, byte by byte. */
class ArrayScan {
  readonly #fileName: string;
  /** Brackets that are open: 1 between and in the elements of the array. */
  #depth = 0;
  #inString = false;
  #isEscaped = false;
  #isOver = false;

  constructor(fileName: string) {
    this.#fileName = fileName;
  }

  get isInside(): boolean {
    return this.#depth > 0;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** What the next byte of the file does to the array. */
  next(byte: number): 'start' | 'comma' | 'end' | undefined {
    if (this.#inString) this.#readString(byte);
    else if (this.#depth === 0) return this.#readOutside(byte);
    else if (byte === ascii.quote) this.#inString = true;
    else if (byte === ascii.openBracket || byte === ascii.openBrace) this.#depth++;
    else if (byte === ascii.closeBracket || byte === ascii.closeBrace) return this.#close(byte);
    else if (byte === ascii.comma && this.#depth === 1) return 'comma';
    return undefined;
  }

  #readString(byte: number): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (byte === ascii.backslash) this.#isEscaped = true;
    else if (byte === ascii.quote) this.#inString = false;
  }

  #close(byte: number): 'end' | undefined {
    if (--this.#depth > 0) return undefined;
    if (byte !== ascii.closeBracket)
      throw new MmgemError(`${this.#fileName}: its array ends with }. Get the file again.`);
    this.#isOver = true;
    return 'end';
  }

  #readOutside(byte: number): 'start' | undefined {
    if (isSpace(byte)) return undefined;
    if (byte !== ascii.openBracket || this.#isOver) {
      const problem = this.#isOver ? 'has more behind the JSON array that it holds' : 'does not begin with [';
      throw new MmgemError(`${this.#fileName}: ${problem}. Give a file that is one JSON array, in UTF-8.`);
    }
    this.#depth = 1;
    return 'start';
  }
}

const ascii = {
  quote: 0x22,
  comma: 0x2c,
  openBracket: 0x5b,
  backslash: 0x5c,
  closeBracket: 0x5d,
  openBrace: 0x7b,
  closeBrace: 0x7d,
} as const;

function isSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every(isSpace);
}

/** What belongs to one piece, from one chunk or several. */
class Gathered {
  readonly #fileName: string;
  readonly #what: string;
  #parts: Uint8Array[] = [];
  #length = 0;

  constructor(fileName: string, what: string) {
    this.#fileName = fileName;
    this.#what = what;
  }

  get length(): number {
    return this.#length;
  }

  add(part: Uint8Array): void {
    if (part.length === 0) return;
    this.#parts.push(part);
    this.#length += part.length;
    if (this.#length <= maxPieceBytes) return;
    throw new MmgemError(
      `${this.#fileName}: has a ${this.#what} of more than ${maxPieceBytes} bytes, which is no record. Is it the right file?`,
    );
  }

  take(): Uint8Array {
    const bytes = concatenate(this.#parts, this.#length);
    this.#parts = [];
    this.#length = 0;
    return bytes;
  }
}

/** Parts one after the other, in memory of their own. */
export function concatenate(parts: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** @throws MmgemError when the bytes are no UTF-8 */
export function decodeUtf8(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new MmgemError(`${where}: is not valid UTF-8. Save it as UTF-8 or get it again.`);
  }
}
