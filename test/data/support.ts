// What the tests of data share: folders that go away, shards, images, a tokenizer, sources in memory.
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packTar } from 'modern-tar';
import type { Test } from 'uvu';
import type { MmgemConfig } from '../../model/config.ts';
import { namedConfigs } from '../../model/configs.ts';
import type { Batch } from '../../model/data/batch.ts';
import type { BatchOptions, BatchStream } from '../../model/data/batches.ts';
import type { DataItem, DataRecord, DataSource, Pass } from '../../model/data/record.ts';
import { clipSettings } from '../../model/preprocess/settings.ts';
import { loadTokenizer } from '../../model/tokenizer.ts';
import { imagesInline } from '../../targets/node/data/tools.ts';
import { encodePng } from '../../targets/node/images.ts';
import { repositoryRoot } from '../support/repository.ts';
import { noise } from './noise.ts';

/** A folder that is removed after the suite. */
export function temporaryFolder<T>(test: Test<T>): string {
  const folder = mkdtempSync(join(tmpdir(), 'mmgem-data-'));
  test.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

export type Entries = readonly (readonly [path: string, content: string | Uint8Array])[];

export function tarOf(entries: Entries): Promise<Uint8Array> {
  const encoder = new TextEncoder();
  return packTar(
    entries.map(([name, content]) => {
      const body = typeof content === 'string' ? encoder.encode(content) : content;
      return { header: { name, size: body.length, mtime: new Date(0) }, body };
    }),
  );
}

export async function writeShard(path: string, entries: Entries): Promise<void> {
  writeFileSync(path, await tarOf(entries));
}

export function pngOf(seed: number, width?: number, height?: number): Promise<Uint8Array> {
  return encodePng(noise(seed, width, height));
}

export const tokenizer = loadTokenizer(
  readFileSync(join(repositoryRoot, 'model', 'tokenizers', 'english-4k.json'), 'utf8'),
  'english-4k.json',
);

/** Images of 16 × 16 pixels and texts of at most 12 tokens. */
export const config: MmgemConfig = {
  ...namedConfigs.nano,
  vision: { ...namedConfigs.nano.vision, image_size: 16, patch_size: 4 },
  max_text_length: 12,
};

export const settings = clipSettings(16);

/** Records in memory, in the same order in every epoch. */
export function listSource(items: readonly DataItem[], name = 'list'): DataSource & { readonly passes: Pass[] } {
  const passes: Pass[] = [];
  return {
    name,
    passes,
    async *records(pass) {
      passes.push(pass);
      yield* items;
    },
  };
}

/** Records r0, r1, … with images of noise and one caption each. */
export function plainRecords(count: number): DataRecord[] {
  return Array.from({ length: count }, (_, i) => ({
    key: `r${i}`,
    origin: `list:${i}`,
    image: noise(i),
    captions: [`a red circle and ${i} blue squares`],
  }));
}

export async function takeAll<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const inlineHere = await imagesInline();

/** What tests of batches leave as it is. */
export const common = {
  config,
  tokenizer,
  settings,
  seed: 7,
  batchSize: 4,
  shuffle: 5,
  kind: 'pairs',
  prepare: inlineHere,
} as const satisfies Partial<BatchOptions>;

/** All that a batch holds, in few characters. */
export function digestOf(batch: Batch): string {
  const hash = createHash('sha256').update(JSON.stringify([batch.kind, batch.sizes, batch.keys]));
  for (const value of Object.values(batch)) if (ArrayBuffer.isView(value)) hash.update(value as Uint8Array);
  return hash.digest('hex').slice(0, 16);
}

export interface Step {
  readonly digest: string;
  readonly place: string;
  readonly broken: readonly string[];
}

/** The next batches of a stream. */
export async function steps(stream: BatchStream, count: number): Promise<Step[]> {
  const taken: Step[] = [];
  for (let i = 0; i < count; i++) {
    const { batch, place, broken } = await stream.next();
    taken.push({ digest: digestOf(batch), place: JSON.stringify(place), broken: broken.map(({ key }) => key) });
  }
  return taken;
}
