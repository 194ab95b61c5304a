/** A model directory on a web server, for every host that has `fetch`. */
import { MmgemError } from '../../../model/errors.ts';
import { type FileStore, readTextOf } from '../../../model/files/source.ts';
import type { BlockCache } from './block-cache.ts';
import { type Catalogue, type Described, openCatalogue } from './catalogue.ts';
import { Client } from './client.ts';
import { canHash } from './hash.ts';
import { Kept } from './kept.ts';
import { defaultBlockBytes, isInside, manifestName } from './manifest.ts';
import { RemoteFile } from './remote-file.ts';

/** Bytes of the files that were opened so far. */
export interface DownloadProgress {
  /** Bytes that are there, downloaded or kept from before. Grows only. */
  readonly done: number;
  /** Bytes of all files that were opened so far; a further one adds to it. */
  readonly total: number;
  /** Those of `done` that came over the network. */
  readonly downloaded: number;
}

export interface HttpStoreOptions {
  /** Keeps what was downloaded for the next time: `cacheStorage()`. Without it everything is downloaded each time. */
  readonly cache?: BlockCache | undefined;
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  /** Told what a user should know and did not ask for, each thing once; written to the console unless given. */
  readonly onWarning?: ((message: string) => void) | undefined;
  /** Ends every download. What was kept stays. */
  readonly signal?: AbortSignal | undefined;
}

/** How a store goes about it. The defaults suit servers of static files; tests have their own. */
export interface HttpStoreSettings {
  /** Bytes asked for at once where no manifest tells. */
  readonly blockBytes: number;
  /** Blocks to ask for before they are needed. */
  readonly ahead: number;
  /** Blocks of a file to hold in memory until they were read to the end, where nothing is kept. */
  readonly held: number;
  /** How long to wait before each further try, in milliseconds. */
  readonly retryDelays: readonly number[];
  /** How long no byte may come, in milliseconds. */
  readonly patience: number;
}

const defaults: HttpStoreSettings = {
  blockBytes: defaultBlockBytes,
  ahead: 2,
  held: 16,
  retryDelays: [500, 1000, 2000, 4000],
  patience: 30_000,
};

/**
 * The files below an address. Those of the folder's `files.json` (see `manifest.ts`) are checked by their SHA-256; without one
 * the server is asked for each file by its name, and `list` knows only those that were asked for.
 * Files are downloaded in blocks of some megabytes, by range requests where the server answers them; of a file no more than some
 * blocks are in memory.
 * @param url of the folder; a relative one is relative to the page
 * @throws MmgemError naming the address and the remedy when it is no address of http or https. Its files throw MmgemError when
 * the server does not have them, cannot be reached, or sends something else; and the signal's reason when it is aborted.
 */
export function httpStore(
  url: string | URL,
  options: HttpStoreOptions = {},
  settings: Partial<HttpStoreSettings> = {},
): FileStore {
  return new HttpStore(folderAddress(url), options, { ...defaults, ...settings });
}

class HttpStore implements FileStore {
  readonly name: string;
  readonly #base: URL;
  readonly #settings: HttpStoreSettings;
  readonly #client: Client;
  readonly #kept: Kept;
  readonly #warned = new Set<string>();
  readonly #onWarning: (message: string) => void;
  readonly #onProgress: (progress: DownloadProgress) => void;
  readonly #counted = new Set<string>();
  #catalogue: Promise<Catalogue> | undefined;
  #progress: DownloadProgress = { done: 0, total: 0, downloaded: 0 };

  constructor(base: URL, { cache, onProgress, onWarning, signal }: HttpStoreOptions, settings: HttpStoreSettings) {
    this.#base = base;
    this.name = base.href.replace(/\/$/, '');
    this.#settings = settings;
    this.#onProgress = onProgress ?? (() => {});
    this.#onWarning = onWarning ?? ((message) => console.warn(message));
    this.#client = new Client({ signal, retryDelays: settings.retryDelays, patience: settings.patience });
    this.#kept = new Kept(cache, (message) => this.#warn(message));
  }

  async open(path: string): Promise<RemoteFile> {
    const address = this.#addressOf(path);
    const described = await this.#describe(path);
    if (described === undefined) {
      throw new MmgemError(`${address}: is not there. Check the name, and the address of the model folder.`);
    }
    const { expected, version, hashes, blockBytes = this.#settings.blockBytes } = described;
    if (hashes !== undefined && !canHash()) {
      this.#warn(
        `${this.name}: the files cannot be compared with the SHA-256 of ${manifestName}, as browsers allow that on pages from ` +
          'https and localhost alone; their lengths are checked.',
      );
    }
    if (version === undefined && this.#kept.isKeeping) {
      this.#warn(
        `${this.name}: nothing is kept for the next time, as the server sends neither ETag nor Last-Modified. Put a ` +
          `${manifestName} (mmgem manifest) into the folder.`,
      );
    }
    const isNew = !this.#counted.has(path);
    if (isNew) this.#advance(0, expected.size, 0);
    this.#counted.add(path);
    return new RemoteFile({
      expected,
      client: this.#client,
      blockBytes,
      hashes,
      kept: version === undefined ? undefined : await this.#kept.file(address, version),
      ahead: this.#settings.ahead,
      held: this.#settings.held,
      onBytes: (available, downloaded) => {
        if (isNew) this.#advance(available, 0, downloaded);
      },
      onWarning: (message) => this.#warn(message),
    });
  }

  async exists(path: string): Promise<boolean> {
    return (await this.#describe(path)) !== undefined;
  }

  async list(): Promise<string[]> {
    const paths = (await this.#open()).known();
    return paths.filter((path) => !path.includes('/')).sort();
  }

  async readText(path: string): Promise<string> {
    return readTextOf(await this.open(path));
  }

  async #describe(path: string): Promise<Described | undefined> {
    this.#addressOf(path);
    return (await this.#open()).describe(path);
  }

  #open(): Promise<Catalogue> {
    this.#catalogue ??= openCatalogue({
      client: this.#client,
      kept: this.#kept,
      addressOf: (path) => (path === '' ? this.#base.href : this.#addressOf(path)),
      onWarning: (message) => this.#warn(message),
    });
    this.#catalogue.catch(() => {
      this.#catalogue = undefined; // to be tried again when it is next needed
    });
    return this.#catalogue;
  }

  #addressOf(path: string): string {
    if (!isInside(path)) {
      throw new MmgemError(`${this.name}: the path ${JSON.stringify(path)} leaves the folder. Name a file inside it.`);
    }
    const address = new URL(path.split('/').map(encodeURIComponent).join('/'), this.#base);
    address.search = this.#base.search;
    return address.href;
  }

  #advance(done: number, total: number, downloaded: number): void {
    const before = this.#progress;
    this.#progress = {
      done: before.done + done,
      total: before.total + total,
      downloaded: before.downloaded + downloaded,
    };
    this.#onProgress(this.#progress);
  }

  #warn(message: string): void {
    if (this.#warned.has(message)) return;
    this.#warned.add(message);
    this.#onWarning(message);
  }
}

/** An address that ends with '/', so that files are below it. @throws MmgemError when it is none of http or https */
function folderAddress(url: string | URL): URL {
  const page = (globalThis as { readonly location?: { readonly href: string } }).location?.href;
  let address: URL;
  try {
    address = new URL(url, page);
  } catch (cause) {
    const remedy = page === undefined ? 'Give the whole address: https://…' : 'Correct it.';
    throw new MmgemError(`${url}: is no address of a folder on a server. ${remedy}`, { cause });
  }
  if (address.protocol !== 'http:' && address.protocol !== 'https:') {
    throw new MmgemError(
      `${url}: is an address of ${address.protocol}, not of http: or https:. Serve the model folder.`,
    );
  }
  address.hash = '';
  if (!address.pathname.endsWith('/')) address.pathname += '/';
  return address;
}
