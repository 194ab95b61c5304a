/** What is known of the files of a folder on a server: from its manifest, or by asking for one file after the other. */
import { parseJson } from '../../../model/files/source.ts';
import { checkIsFile, type Expected, isAbsent, isPage } from './answer.ts';
import { type Client, Unreachable } from './client.ts';
import type { Kept } from './kept.ts';
import { type Manifest, manifestName, parseManifest } from './manifest.ts';
import { type Probed, probe } from './probe.ts';

/** A file that is there. */
export interface Described {
  readonly expected: Expected;
  /** Tells this content from others under the same address; undefined where nothing does. */
  readonly version?: string | undefined;
  /** SHA-256 of each block. */
  readonly hashes?: readonly string[];
  readonly blockBytes?: number;
}

export interface Catalogue {
  /** @returns undefined when the file is not there */
  describe(path: string): Promise<Described | undefined>;
  /** Paths of the files that are known to be there. */
  known(): readonly string[];
}

export interface CatalogueOptions {
  readonly client: Client;
  readonly kept: Kept;
  /** The address of a file, or of the folder itself for ''. */
  readonly addressOf: (path: string) => string;
  readonly onWarning: (message: string) => void;
}

/**
 * Reads a folder's manifest; where there is none, files are asked for by their names. When the server cannot be reached, what
 * was kept of the last time counts.
 * @throws MmgemError when the manifest is faulty, Unreachable when the server is and nothing was kept
 */
export async function openCatalogue(options: CatalogueOptions): Promise<Catalogue> {
  const { client, kept, addressOf, onWarning } = options;
  const address = addressOf(manifestName);
  const before = await kept.readText(address);
  try {
    const text = await downloadManifest(client, address, before !== undefined);
    const manifest = text === undefined ? undefined : parseManifest(text, address);
    await kept.expect(manifest && totalBytes(manifest));
    if (text !== before) await kept.writeText(address, text);
    if (manifest !== undefined) return fromManifest(manifest, addressOf);
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    if (before !== undefined) {
      onWarning(offlineWarning(addressOf('')));
      return fromManifest(parseManifest(before, address), addressOf);
    }
    if ((await kept.readText(addressOf(''))) === undefined) throw error;
  }
  return ProbedCatalogue.open(options);
}

const offlineWarning = (folder: string): string =>
  `${folder}: the server cannot be reached; the files that were kept of it are used as they are.`;

/** @returns undefined when there is no manifest */
async function downloadManifest(client: Client, address: string, once: boolean): Promise<string | undefined> {
  const text = await client.retry(
    address,
    async () => {
      const answer = await client.send(address, { cache: 'no-cache' });
      const { response } = answer;
      // Some servers refuse what they do not have, or answer with a page.
      if (isAbsent(response) || response.status === 403 || isPage(response, address)) {
        answer.cancel();
        return undefined;
      }
      checkIsFile(response, address);
      const decoder = new TextDecoder();
      let text = '';
      for await (const chunk of answer.chunks()) text += decoder.decode(chunk, { stream: true });
      return text + decoder.decode();
    },
    once,
  );
  return text;
}

const totalBytes = ({ files }: Manifest): number => [...files.values()].reduce((sum, { bytes }) => sum + bytes, 0);

function fromManifest({ blockBytes, files }: Manifest, addressOf: (path: string) => string): Catalogue {
  return {
    async describe(path) {
      const file = files.get(path);
      if (file === undefined) return undefined;
      const { bytes, sha256, blocks } = file;
      const expected: Expected = { url: addressOf(path), size: bytes, from: manifestName };
      return { expected, version: `sha256 ${sha256}`, hashes: blocks, blockBytes };
    },
    known: () => [...files.keys()],
  };
}

/** Files by name, null for those that are not there. */
type Listing = Record<string, Probed | null>;

/** Asks for each file once. What it learns is kept, for loads without a network. */
class ProbedCatalogue implements Catalogue {
  readonly #options: CatalogueOptions;
  readonly #before: Listing;
  readonly #now = new Map<string, Promise<Probed | undefined>>();
  readonly #listing: Listing = {};
  #isOffline = false;

  static async open(options: CatalogueOptions): Promise<ProbedCatalogue> {
    const text = await options.kept.readText(options.addressOf(''));
    return new ProbedCatalogue(options, text === undefined ? {} : (parseJson(text, 'the kept listing') as Listing));
  }

  private constructor(options: CatalogueOptions, before: Listing) {
    this.#options = options;
    this.#before = before;
  }

  async describe(path: string): Promise<Described | undefined> {
    const probing = this.#now.get(path) ?? this.#probe(path);
    this.#now.set(path, probing);
    probing.catch(() => this.#now.delete(path));
    const probed = await probing;
    if (probed === undefined) return undefined;
    const { size, validator } = probed;
    const expected: Expected = { url: this.#options.addressOf(path), size, from: 'the server', validator };
    return { expected, version: validator && `${validator} ${size}` };
  }

  known(): readonly string[] {
    return Object.keys(this.#listing).filter((path) => this.#listing[path] !== null);
  }

  async #probe(path: string): Promise<Probed | undefined> {
    const before = Object.hasOwn(this.#before, path) ? this.#before[path] : undefined;
    const probed = await this.#ask(path, before);
    this.#listing[path] = probed ?? null;
    const { kept, addressOf } = this.#options;
    if (!this.#isOffline) await kept.writeText(addressOf(''), JSON.stringify({ ...this.#before, ...this.#listing }));
    return probed;
  }

  async #ask(path: string, before: Probed | null | undefined): Promise<Probed | undefined> {
    const { client, addressOf, onWarning } = this.#options;
    if (this.#isOffline && before !== undefined) return before ?? undefined;
    try {
      return await probe(client, addressOf(path), before !== undefined);
    } catch (error) {
      if (!(error instanceof Unreachable) || before === undefined) throw error;
      onWarning(offlineWarning(addressOf('')));
      this.#isOffline = true;
      return before ?? undefined;
    }
  }
}
