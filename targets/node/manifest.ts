/** Makes the `files.json` of a model directory that is to be served: its format is `targets/web/files/manifest.ts`. */
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MmgemError } from '../../model/errors.ts';
import type { ByteSource } from '../../model/files/source.ts';
import {
  defaultBlockBytes,
  type Manifest,
  type ManifestFile,
  manifestName,
  printManifest,
} from '../web/files/manifest.ts';
import { directoryStore, openFile, writeAtomically } from './files.ts';

export interface ManifestOptions {
  /** Called with the bytes read so far and those of all files. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Writes `files.json` into a folder, with every file that lies in it and in its folders, but hidden ones.
 * @throws MmgemError when the folder holds no files, or cannot be read or written
 */
export async function writeManifest(directory: string, options: ManifestOptions = {}): Promise<Manifest> {
  const manifest = await makeManifest(directory, options);
  const text = new TextEncoder().encode(printManifest(manifest));
  await writeAtomically(join(directory, manifestName), (writer) => writer.write(text), text.byteLength);
  return manifest;
}

async function makeManifest(directory: string, { onProgress }: ManifestOptions): Promise<Manifest> {
  const names = (await filesBelow(directory)).filter((name) => name !== manifestName && !/(^|\/)\./.test(name));
  if (names.length === 0) throw new MmgemError(`${directory}: holds no files. Name a model directory.`);
  const sources: ByteSource[] = [];
  try {
    for (const name of names) sources.push(await openFile(join(directory, name)));
    const total = sources.reduce((sum, { size }) => sum + size, 0);
    const files = new Map<string, ManifestFile>();
    let before = 0;
    for (const [i, name] of names.entries()) {
      files.set(name, await describe(name, sources[i]!, (done) => onProgress?.(before + done, total)));
      before += sources[i]!.size;
    }
    return { blockBytes: defaultBlockBytes, files };
  } finally {
    for (const source of sources) await source.close?.();
  }
}

/** Names of the files in a folder and its folders, sorted, with '/' between their parts. */
async function filesBelow(directory: string): Promise<string[]> {
  const folders = (await readdir(directory, { withFileTypes: true }).catch(() => [])).filter((one) =>
    one.isDirectory(),
  );
  const inner = folders.map(async ({ name }) =>
    (await filesBelow(join(directory, name))).map((file) => `${name}/${file}`),
  );
  return [...(await directoryStore(directory).list()), ...(await Promise.all(inner)).flat()].sort();
}

async function describe(name: string, source: ByteSource, onBytes: (done: number) => void): Promise<ManifestFile> {
  const whole = createHash('sha256');
  const blocks: string[] = [];
  for (let at = 0; at < source.size; at += defaultBlockBytes) {
    const bytes = await source.read(at, Math.min(defaultBlockBytes, source.size - at));
    whole.update(bytes);
    blocks.push(createHash('sha256').update(bytes).digest('hex'));
    onBytes(at + bytes.byteLength);
  }
  return { name, bytes: source.size, sha256: whole.digest('hex'), blocks };
}
