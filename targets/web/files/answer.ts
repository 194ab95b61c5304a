/** What a server's answer says about a file, and whether that is what was expected. */
import { MmgemError } from '../../../model/errors.ts';
import { statusOf } from './client.ts';

/** A file as it is known before its content is asked for. */
export interface Expected {
  readonly url: string;
  /** Bytes. */
  readonly size: number;
  /** Where the size is known from. */
  readonly from: 'files.json' | 'the server';
  /** What told this content from others when the server was first asked. */
  readonly validator?: string | undefined;
}

/** The answer belongs to another content than the expected one, or is damaged. Asking again, past caches, may help. */
export class Mismatch extends MmgemError {}

/** What to do about it, by where the expectation comes from. */
export const mismatchRemedies: Readonly<Record<Expected['from'], string>> = {
  'files.json':
    'The upload is incomplete, a cache between serves an old file, or files.json is not of this folder. Make files.json again ' +
    'with mmgem manifest and upload the whole folder.',
  'the server': 'It was changed while it was downloaded, or its upload is incomplete. Load again.',
};

/** `ETag`, or else `Last-Modified`, with the name of which it is. */
export function validatorOf({ headers }: Response): string | undefined {
  const [etag, modified] = [headers.get('etag'), headers.get('last-modified')];
  if (etag !== null) return `etag ${etag}`;
  return modified === null ? undefined : `modified ${modified}`;
}

/** Bytes of the whole file, as far as the answer tells. */
export function sizeOf({ status, headers }: Response): number | undefined {
  if (status === 206 || status === 416) return contentRange(headers)?.size;
  // The length of a compressed body is not the file's.
  const [length, encoding] = [headers.get('content-length'), headers.get('content-encoding')];
  return length === null || (encoding ?? 'identity') !== 'identity' ? undefined : Number(length);
}

/** True when the server sends a part of the file, false when it sends all of it from the start. */
export function isPartial({ status }: Response): boolean {
  return status === 206;
}

export const isAbsent = ({ status }: Response): boolean => status === 404 || status === 410;

/** Whether the answer is a page for people, where a file was asked for. */
export function isPage({ headers }: Response, url: string): boolean {
  return /^\s*text\/html\b/i.test(headers.get('content-type') ?? '') && !/\.html?$/.test(new URL(url).pathname);
}

/** @throws MmgemError naming the address, what came instead of the file, and the remedy */
export function checkIsFile(response: Response, url: string): void {
  const place = response.redirected && response.url !== url ? ` (redirected to ${response.url})` : '';
  if (isAbsent(response)) {
    throw new MmgemError(
      `${url}: is not there (${statusOf(response)})${place}. Check the address of the model folder.`,
    );
  }
  if (response.status === 401 || response.status === 403) {
    throw new MmgemError(
      `${url}: the server refuses it (${statusOf(response)})${place}. Make the file public; some servers also answer so for ` +
        'files that are not there, which a files.json (mmgem manifest) makes up for.',
    );
  }
  if (!response.ok && response.status !== 416) {
    throw new MmgemError(
      `${url}: the server answered ${statusOf(response)}${place}. Check the address and the server.`,
    );
  }
  if (isPage(response, url)) {
    throw new MmgemError(
      `${url}: an HTML page came instead of the file${place}. Check the address: it may need a login, or the server answers ` +
        'with a page for what it does not have.',
    );
  }
}

/**
 * @param begin first byte that was asked for
 * @throws MmgemError when no file came, Mismatch when it is not the expected one
 */
export function checkAnswer(response: Response, expected: Expected, begin: number): void {
  const { url, size, from, validator } = expected;
  checkIsFile(response, url);
  const fail = (problem: string) => new Mismatch(`${url}: ${problem}. ${mismatchRemedies[from]}`);
  const actual = sizeOf(response);
  if (actual !== undefined && actual !== size) {
    throw fail(`has ${actual} bytes on the server now, but ${size} according to ${from}`);
  }
  if (response.status === 416) throw fail(`the server has no bytes from ${begin} on, though ${size} are due`);
  const now = validatorOf(response);
  if (validator !== undefined && now !== undefined && now !== validator) {
    throw fail(`is not the file it was before (${validator}, now ${now})`);
  }
  const range = isPartial(response) ? contentRange(response.headers) : undefined;
  if (range?.begin !== undefined && range.begin !== begin) {
    throw fail(`bytes from ${range.begin} came where those from ${begin} were asked for`);
  }
}

// `bytes 0-99/1000` or `bytes */1000`; servers of other origins may hide it.
function contentRange(headers: Headers): { readonly begin?: number; readonly size?: number } | undefined {
  const match = /^bytes (?:(\d+)-\d+|\*)\/(?:(\d+)|\*)$/.exec(headers.get('content-range') ?? '');
  if (match === null) return undefined;
  const [, begin, size] = match;
  return { ...(begin !== undefined && { begin: Number(begin) }), ...(size !== undefined && { size: Number(size) }) };
}
