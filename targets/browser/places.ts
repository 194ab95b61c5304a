/** Where a model directory lies, as users name it and as the worker is told. */
import { MmgemError } from '../../dsl/errors.ts';

/** A URL, relative to the page, or files that the user chose. */
export type ModelSource = string | URL | FileList | readonly File[];

/** What the worker is told: an absolute URL, or the files with the folder's name. */
export type ModelPlace = string | { readonly folder: string; readonly files: readonly File[] };

/** @throws MmgemError for a URL that is none, and for an empty list of files */
export function placeOf(source: ModelSource): ModelPlace {
  if (typeof source === 'string' || source instanceof URL) return absoluteUrl(source);
  const files = [...source];
  const [first] = files;
  if (!first) throw new MmgemError('the model directory has no files. Choose the folder that holds config.json.');
  return { folder: first.webkitRelativePath.split('/')[0] || 'the chosen files', files };
}

/** A URL as it is meant on this page: the worker's own is another. */
export function absoluteUrl(url: string | URL): string {
  const base = typeof document === 'undefined' ? globalThis.location?.href : document.baseURI;
  try {
    return new URL(url, base).href;
  } catch {
    throw new MmgemError(`${JSON.stringify(String(url))}: is no URL. Give one, absolute or relative to the page.`);
  }
}
