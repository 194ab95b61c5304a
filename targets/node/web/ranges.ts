/** Requests for a part of a file. */

export interface ByteRange {
  readonly first: number;
  /** Included. */
  readonly last: number;
}

/**
 * What a Range header asks for, of a file of so many bytes.
 * @returns undefined for the whole file: no header, one in another unit, or several ranges, which a server may ignore;
 * `unsatisfiable` for what lies beyond the end
 */
export function parseRange(header: string | undefined, size: number): ByteRange | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '');
  if (match === null || (match[1] === '' && match[2] === '')) return undefined;
  const [, from, to] = match as unknown as [string, string, string];
  if (from === '') {
    const count = Math.min(size, Number(to));
    return count === 0 ? 'unsatisfiable' : { first: size - count, last: size - 1 };
  }
  const first = Number(from);
  const last = to === '' ? size - 1 : Math.min(size - 1, Number(to));
  if (to !== '' && Number(to) < first) return undefined;
  return first >= size ? 'unsatisfiable' : { first, last };
}
