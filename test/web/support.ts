// What the tests of models over HTTP share: a model of several blocks, stores with short delays, loading in Node.
import { createHash } from 'node:crypto';
import { openModelDirectory } from '../../model/files/model-directory.ts';
import type { FileStore } from '../../model/files/source.ts';
import { loadOn } from '../../model/load.ts';
import type { Mmgem } from '../../model/mmgem.ts';
import type { RgbImage } from '../../model/preprocess/image.ts';
import { type HttpStoreOptions, type HttpStoreSettings, httpStore } from '../../targets/web/files/http-store.ts';
import { type ManifestFile, printManifest } from '../../targets/web/files/manifest.ts';
import type { Files } from '../files/support.ts';
import { interpreterEngine } from '../model/interpreter-engine.ts';
import { smallModelFiles } from '../model/small-model.ts';

/** Small enough that the small model, of some 270 kB, has several. */
export const blockBytes = 2 ** 16;

/** Nothing takes long here: the model's server is on this machine. */
export const settings: Partial<HttpStoreSettings> = { blockBytes, retryDelays: [5, 10, 20], patience: 5000 };

export const modelFiles: Files = await smallModelFiles();

const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** The same files and their manifest. */
export function withManifest(files: Files): Files {
  const entries = Object.entries(files).map(([name, content]): [string, ManifestFile] => {
    const bytes = Buffer.from(content);
    const count = Math.ceil(bytes.byteLength / blockBytes);
    const blocks = Array.from({ length: count }, (_, i) =>
      hashOf(bytes.subarray(i * blockBytes, (i + 1) * blockBytes)),
    );
    return [name, { name, bytes: bytes.byteLength, sha256: hashOf(bytes), blocks }];
  });
  return { ...files, 'files.json': printManifest({ blockBytes, files: new Map(entries) }) };
}

/** Bytes of all files, without the manifest. */
export const modelBytes: number = Object.values(modelFiles).reduce((sum, { length }) => sum + length, 0);
export const weightsBytes: number = modelFiles['model.safetensors']!.length;
export const weightsBlocks: number = Math.ceil(weightsBytes / blockBytes);

/** A store for tests, whose warnings are collected. */
export function testStore(url: string, options: HttpStoreOptions = {}, more: Partial<HttpStoreSettings> = {}) {
  const warnings: string[] = [];
  const store = httpStore(
    url,
    { onWarning: (message) => warnings.push(message), ...options },
    { ...settings, ...more },
  );
  return { store, warnings };
}

/** Loads a model from a store, on the interpreter. */
export function loadFrom(store: FileStore): Promise<Mmgem<RgbImage>> {
  const host = { openStore: () => store, decodeImage: async (image: RgbImage) => image };
  return loadOn(store.name, host, interpreterEngine(), { prepare: ['embed', 'caption'] });
}

/** A hash of every number of a model's weights. */
export async function readWeights(store: FileStore): Promise<string> {
  const { checkpoint } = await openModelDirectory(store);
  const hash = createHash('sha256');
  for (const name of checkpoint.names()) hash.update(await checkpoint.read(name));
  await checkpoint.close();
  return hash.digest('hex');
}
