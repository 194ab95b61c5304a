/** What tells one model from another without reading all of it. */
import { createHash } from 'node:crypto';
import type { ByteSource, FileStore } from '../../../../model/files/source.ts';

/** Pieces of each weights file that are read, and bytes of each piece. */
const [pieces, pieceBytes] = [64, 4096];

/** Texts that decide what an image's embedding is. */
const texts = ['config.json', 'preprocessor_config.json'];

/**
 * A hash of a model directory's configuration and of evenly spaced pieces of its weights, headers included. Training changes
 * every tensor, so that pieces are enough; copying a directory changes nothing.
 */
export async function fingerprint(store: FileStore): Promise<string> {
  const hash = createHash('sha256');
  for (const name of texts) hash.update(await store.readText(name));
  for (const name of (await store.list()).filter((file) => file.endsWith('.safetensors'))) {
    const source = await store.open(name);
    try {
      hash.update(`${name} ${source.size}`);
      for (const [offset, length] of spread(source)) hash.update(await source.read(offset, length));
    } finally {
      await source.close?.();
    }
  }
  return hash.digest('hex');
}

function spread({ size }: ByteSource): (readonly [offset: number, length: number])[] {
  if (size <= pieces * pieceBytes) return [[0, size]];
  const step = (size - pieceBytes) / (pieces - 1);
  return Array.from({ length: pieces }, (_, i) => [Math.floor(i * step), pieceBytes] as const);
}
