// Whatever stands in the files of a data set, reading it ends in records, in broken records or in an MmgemError.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readChunks } from '../../model/data/chunks.ts';
import { isBroken } from '../../model/data/record.ts';
import { cocoCaptions } from '../../model/data/sources/coco.ts';
import type { ImageFolder } from '../../model/data/sources/images.ts';
import { jsonLines } from '../../model/data/sources/jsonl.ts';
import { visualGenome } from '../../model/data/sources/visual-genome.ts';
import { webDataset } from '../../model/data/sources/webdataset.ts';
import { tarFiles } from '../../model/data/tar.ts';
import { MmgemError } from '../../model/errors.ts';
import { random } from '../../model/random.ts';
import { failsWith, failureOf, memoryStore } from '../files/support.ts';
import { takeAll, tarOf } from './support.ts';

const test = suite('fuzzed data');

const images: ImageFolder = { name: 'images', image: (path) => ({ kind: 'file', path }), exists: async () => true };
const content = (i: number) => `${i}:${'x'.repeat(i * 300)}`;
const entries = Array.from({ length: 6 }, (_, i) => [`${i}.jpg`, content(i)] as const);
const archive = await tarOf(entries);

/** Reads a tar as far as it goes. */
async function readTar(bytes: Uint8Array): Promise<{ files: string[]; error?: unknown }> {
  const files: string[] = [];
  try {
    const store = memoryStore('dir', { 'a.tar': bytes });
    for await (const file of tarFiles(readChunks(store, 'a.tar'), 'a.tar', () => true)) {
      files.push(new TextDecoder().decode(file.bytes));
    }
    return { files };
  } catch (error) {
    return { files, error };
  }
}

test('a truncated tar is an error that names the last file that was read', async () => {
  assert.is((await readTar(archive)).error, undefined);
  let start = 0;
  for (const [i, [, text]] of entries.entries()) {
    const end = start + 512 + Math.ceil(text.length / 512) * 512;
    for (const cut of [start + 1, start + 511, start + 513, start + 512 + text.length - 1]) {
      const { files, error } = await readTar(archive.subarray(0, cut));
      assert.instance(error, MmgemError, `cut at ${cut}: ${error}`);
      assert.ok(files.length <= i, `cut at ${cut}: ${files.length} files`);
      assert.equal(
        files,
        entries.slice(0, files.length).map(([, whole]) => whole),
      );
      const place = files.length === 0 ? 'at its start' : `behind ${files.length - 1}.jpg`;
      assert.match(String(error), `${place} (Tar archive is truncated.)`);
    }
    start = end;
  }
});

test('a file that claims to be larger than any record is refused before it is read', async () => {
  const bytes = archive.slice();
  bytes.set(new TextEncoder().encode('77777777777'), 124);
  restoreChecksum(bytes);
  const { error } = await readTar(bytes);
  assert.match(String(error), '0.jpg claims to have 8589934591 bytes');
});

test('sizes that lie do not go unnoticed', async () => {
  for (const size of [1, 100, 511, 513, 5000, 100_000]) {
    const bytes = archive.slice();
    bytes.set(new TextEncoder().encode(size.toString(8).padStart(11, '0')), 124 + 1024);
    restoreChecksum(bytes, 1024);
    const { files, error } = await readTar(bytes);
    if (Math.ceil(size / 512) === Math.ceil(content(1).length / 512)) assert.is(files[1]!.length, size);
    else assert.instance(error, MmgemError, `${size}`);
  }
});

/** Makes the checksum of a header right again, so that the lie in it is believed. */
function restoreChecksum(bytes: Uint8Array, at = 0): void {
  bytes.fill(0x20, at + 148, at + 156);
  const sum = bytes.subarray(at, at + 512).reduce((total, byte) => total + byte, 0);
  bytes.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, '0')}\0 `), at + 148);
}

test('damaged bytes of a tar end in records or in an MmgemError', async () => {
  const { integer } = random(3);
  let refused = 0;
  for (let round = 0; round < 400; round++) {
    const bytes = archive.slice();
    for (let edits = 1 + (integer() % 8); edits > 0; edits--) {
      const at = integer() % 2 === 0 ? (integer() % (bytes.length / 512)) * 512 + (integer() % 512) : integer() % 600;
      bytes[Math.floor(at) % bytes.length] = integer() & 255;
    }
    const store = memoryStore('dir', { 'a.tar': bytes });
    try {
      await takeAll(webDataset(store, ['a.tar']).records({ epoch: 0 }));
    } catch (error) {
      assert.instance(error, MmgemError, `round ${round}: ${error}`);
      refused++;
    }
  }
  assert.ok(refused > 100, `${refused} were refused`);
});

test('an archive whose reader stops early is closed', async () => {
  let closed = 0;
  const store = memoryStore('dir', { 'a.tar': archive });
  const open: typeof store.open = async (path) => ({
    ...(await store.open(path)),
    close: async () => void closed++,
  });
  const source = webDataset({ ...store, open }, ['a.tar']);
  for await (const item of source.records({ epoch: 0 })) {
    assert.is(isBroken(item), false);
    break;
  }
  assert.is(closed, 1);
});

test('an error of the disk comes through as it is', async () => {
  const store = memoryStore('dir', { 'a.tar': archive });
  const lost = new MmgemError('a.tar: cannot be read. Plug the disk in.');
  const open: typeof store.open = async (path) => ({
    ...(await store.open(path)),
    read: async () => {
      throw lost;
    },
  });
  assert.is(await failureOf(() => takeAll(webDataset({ ...store, open }, ['a.tar']).records({ epoch: 0 }))), lost);
});

const odd: readonly unknown[] = [null, -1, 0.5, 1e308, '', 'x', '__proto__', [], [[]], {}, true, [1, 2, 3]];

/** JSON in which values are replaced, keys are lost, or characters are changed. */
function damaged(json: unknown, { integer }: ReturnType<typeof random>): string {
  const below = (n: number) => integer() % n;
  const copy = { root: structuredClone(json) };
  let at: Record<string, unknown> = copy;
  let key = 'root';
  for (let child = at[key]; typeof child === 'object' && child !== null && below(5) > 0; child = at[key]) {
    const keys = Object.keys(child);
    if (keys.length === 0) break;
    at = child as Record<string, unknown>;
    key = keys[below(keys.length)]!;
  }
  if (below(6) === 0) delete at[key];
  else at[key] = odd[below(odd.length)];
  const text = JSON.stringify(copy.root) ?? '';
  if (below(3) > 0) return text;
  const cut = below(text.length + 1);
  return text.slice(0, cut) + ['', '"', '}', ']', ',', '\u0000', '{'][below(7)] + text.slice(cut + below(2));
}

const region = { x: 1, y: 2, width: 3, height: 4, phrase: 'clock' };
const fields = { captions: ['a', 'b'], longCaption: 'c', regions: [{ box: [0, 0, 1, 1], text: 'd' }] };
const targets: readonly { what: string; json: unknown; read: (text: string) => Promise<readonly unknown[]> }[] = [
  {
    what: 'JSON of a shard',
    json: fields,
    read: async (text) => {
      const shard = await tarOf([
        ['1.jpg', 'x'],
        ['1.json', text],
      ]);
      return takeAll(webDataset(memoryStore('dir', { 'a.tar': shard }), ['a.tar']).records({ epoch: 0 }));
    },
  },
  {
    what: 'JSONL',
    json: { image: 'a.jpg', ...fields },
    read: (text) =>
      takeAll(jsonLines(memoryStore('dir', { 'a.jsonl': text }), ['a.jsonl'], images).records({ epoch: 0 })),
  },
  {
    what: 'COCO',
    json: {
      images: [
        { id: 1, file_name: 'a.jpg' },
        { id: 2, file_name: 'b.jpg' },
      ],
      annotations: [{ image_id: 1, caption: 'a' }],
    },
    read: (text) =>
      takeAll(cocoCaptions(memoryStore('dir', { 'c.json': text }), 'c.json', images).records({ epoch: 0 })),
  },
  {
    what: 'Visual Genome',
    json: [
      { id: 1, regions: [region, region] },
      { id: 2, regions: [region] },
    ],
    read: (text) =>
      takeAll(visualGenome(memoryStore('dir', { 'r.json': text }), 'r.json', [images]).records({ epoch: 0 })),
  },
];

/** A record, or a region in it, is broken. */
const hasBroken = (item: unknown): boolean =>
  isBroken(item as object) || ((item as { regions?: object[] }).regions ?? []).some(isBroken);

for (const { what, json, read } of targets) {
  test(`${what}: odd values and damaged text`, async () => {
    assert.not((await read(JSON.stringify(json))).some(hasBroken));
    const source = random(1, what);
    let noticed = 0;
    for (let round = 0; round < 1000; round++) {
      const text = damaged(json, source);
      try {
        if ((await read(text)).some(hasBroken)) noticed++;
      } catch (error) {
        assert.instance(error, MmgemError, `${error} for ${text}`);
        noticed++;
      }
    }
    assert.ok(noticed > 300, `${noticed} of 1000 were noticed`);
  });
}

test('a value as long as a book is not repeated in a message', async () => {
  const store = memoryStore('dir', { 'c.json': JSON.stringify({ images: [{ id: 'x'.repeat(1e6), file_name: 'a' }] }) });
  const { message } = await failureOf(() => takeAll(cocoCaptions(store, 'c.json', images).records({ epoch: 0 })));
  assert.ok(message.length < 400, `${message.length} characters`);
  await failsWith(() => takeAll(cocoCaptions(store, 'c.json', images).records({ epoch: 0 })), 'images.0.id is "xxx');
});

test.run();
