import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { RegionBatch } from '../../model/data/batch.ts';
import { type BatchOptions, openBatches } from '../../model/data/batches.ts';
import type { DataItem, DataRecord } from '../../model/data/record.ts';
import { openSource } from '../../targets/node/data/sources.ts';
import { imageThreads } from '../../targets/node/data/threads.ts';
import { imagesInline } from '../../targets/node/data/tools.ts';
import { failsWith } from '../files/support.ts';
import { testWithShared } from '../support/skip.ts';
import { common, listSource, plainRecords, pngOf, type Step, steps, temporaryFolder, writeShard } from './support.ts';

const test = suite('streams of batches');
const folder = temporaryFolder(test);

const resolvers = new URL('./test-resolvers.js', import.meta.url).href;
const inlineWithTests = await imagesInline(resolvers);
/** Ways to prepare images. */
const preparers = {
  inline: inlineWithTests,
  '1 thread': imageThreads({ resolvers }),
  '2 threads': imageThreads({ count: 2, resolvers }),
} as const;

type Changes = Partial<BatchOptions> & Pick<BatchOptions, 'source'>;

async function stepsOf(changes: Changes, count: number): Promise<Step[]> {
  const stream = openBatches({ ...common, ...changes });
  try {
    return await steps(stream, count);
  } finally {
    await stream.close();
  }
}

/** Three shards with 23 records, two of them broken: an image that is damaged, a caption that is missing. */
async function writeShards(): Promise<void> {
  for (const [shard, keys] of [
    [0, 1, 2, 3, 4, 5, 6, 7, 8],
    [9, 10, 11, 12, 13, 14],
    [15, 16, 17, 18, 19, 20, 21, 22],
  ].entries()) {
    const entries: [string, string | Uint8Array][] = [];
    for (const key of keys) {
      const png = await pngOf(key, 20 + key, 30);
      entries.push([`${key}.png`, key === 4 ? png.subarray(0, 60) : png]);
      const regions = [
        { box: [0, 0, 0.5, 0.5], text: `corner ${key}` },
        { box: [0.2, 0.2, 0.9, 0.8], text: `middle ${key}` },
      ];
      const texts = key === 12 ? {} : { captions: [`picture ${key}`, `number ${key}`], longCaption: `all of ${key}` };
      entries.push([`${key}.json`, JSON.stringify({ ...texts, regions })]);
    }
    await writeShard(join(folder, `s-${shard}.tar`), entries);
  }
}
await writeShards();
const shards = await openSource({ json: { format: 'webdataset', folder }, where: 'test' });

for (const kind of ['pairs', 'regions'] as const) {
  const options = {
    source: shards,
    kind,
    augmentation: { scale: [0.4, 1], flip: true },
    longCaption: 0.3,
    wholeImage: 0.2,
    lengthMultiple: 4,
    maxBroken: 4,
  } as const;

  test(`${kind}: the same batches with any number of threads, and however far ahead`, async () => {
    const expected = await stepsOf(options, 12);
    assert.is(new Set(expected.map(({ digest }) => digest)).size, 12);
    const brokenKeys = kind === 'pairs' ? ['12', '4'] : ['4'];
    assert.equal([...new Set(expected.flatMap(({ broken }) => broken))].sort(), brokenKeys);
    for (const [ahead, prepare] of Object.values(preparers).entries()) {
      assert.equal(await stepsOf({ ...options, prepare, ahead }, 12), expected);
    }
  });

  test(`${kind}: from any place on, the same as without an interruption`, async () => {
    const expected = await stepsOf(options, 14);
    for (let at = 0; at < 13; at++) {
      const place = JSON.parse(expected[at]!.place);
      const prepare = at === 6 ? preparers['2 threads'] : preparers.inline;
      const count = Math.min(3, 13 - at);
      assert.equal(await stepsOf({ ...options, place, prepare }, count), expected.slice(at + 1, at + 1 + count));
    }
  });
}

test('another seed gives other batches, and so does every epoch', async () => {
  const options = { source: listSource(plainRecords(8)), batchSize: 8 };
  const first = await stepsOf(options, 3);
  const others = await stepsOf({ ...options, seed: 8 }, 3);
  assert.is(new Set([...first, ...others].map(({ digest }) => digest)).size, 6);
});

test('images of one batch may end later ones first; order is kept', async () => {
  const records = plainRecords(24).map((record, seed) => ({ ...record, image: { kind: 'slow', seed } }));
  const fast = records.map((record) => ({ ...record, image: { kind: 'noise', seed: record.image.seed } }));
  const expected = await stepsOf({ source: listSource(fast), prepare: preparers.inline }, 6);
  for (const prepare of Object.values(preparers)) {
    assert.equal(await stepsOf({ source: listSource(records), prepare }, 6), expected);
  }
});

test('a batch holds what its records say', async () => {
  const stream = openBatches({ ...common, source: shards, kind: 'regions', shuffle: 0 });
  const { batch, place, broken } = await stream.next();
  await stream.close();
  const regions: RegionBatch = batch;
  assert.equal(regions.keys, ['0', '1', '2', '3']);
  assert.equal(regions.sizes.B, 4);
  assert.is(regions.images.length, 4 * 3 * 16 * 16);
  assert.equal(
    [0, 1, 2, 3].map((i) => regions.boxes[i * 5]),
    [0, 1, 2, 3],
  );
  assert.equal(place, { epoch: 0, taken: 4, broken: 0 });
  assert.equal(broken, []);
});

test('broken records are skipped, named with their batch, and counted in the place', async () => {
  const records: DataItem[] = plainRecords(6);
  records.splice(2, 0, { key: 'bad', reason: 'list:2 is bad' });
  const taken = await stepsOf({ source: listSource(records), shuffle: 0, batchSize: 3, maxBroken: 1 }, 3);
  assert.equal(
    taken.map(({ broken }) => broken),
    [['bad'], [], ['bad']],
  );
  assert.equal(
    taken.map(({ place }) => JSON.parse(place)),
    [
      { epoch: 0, taken: 4, broken: 1 },
      { epoch: 0, taken: 7, broken: 1 },
      { epoch: 1, taken: 4, broken: 1 },
    ],
  );
});

test('too many broken records are an error that lists some, the same at every later call', async () => {
  const records = plainRecords(9).map((record, i): DataRecord => {
    if (i < 2) return { ...record, image: new Uint8Array([1, 2, 3]) };
    return i === 3 ? { ...record, captions: [] } : record;
  });
  for (const prepare of Object.values(preparers)) {
    const stream = openBatches({ ...common, source: listSource(records), shuffle: 0, maxBroken: 2, prepare });
    const due = [
      '3 of 4 records are broken',
      '2 that maxBroken allows',
      'r0: list:0: is no image',
      'r3: list:3: has no caption',
    ];
    await failsWith(() => stream.next(), ...due);
    await failsWith(() => stream.next(), ...due);
    await stream.close();
  }
  assert.is((await stepsOf({ source: listSource(records), shuffle: 0, maxBroken: 3 }, 3)).length, 3);
});

test('a resumed run bears no more broken records than an uninterrupted one', async () => {
  const records: DataItem[] = plainRecords(8);
  records.splice(1, 0, { key: 'b0', reason: 'x' });
  records.splice(6, 0, { key: 'b1', reason: 'y' });
  const options = { source: listSource(records), shuffle: 0, maxBroken: 1 };
  const [first] = await stepsOf(options, 1);
  assert.equal(JSON.parse(first!.place), { epoch: 0, taken: 5, broken: 1 });
  await failsWith(() => stepsOf({ ...options, place: JSON.parse(first!.place) }, 1), '2 of 7 records', 'b1: y');
});

test('data of which nothing can be used is an error, whatever is allowed', async () => {
  const records = plainRecords(5).map((record) => ({ ...record, captions: [] }));
  await failsWith(
    () => stepsOf({ source: listSource(records, 'silent'), maxBroken: 1e6 }, 1),
    'silent: none of its records',
  );
});

test('an image that cannot be made is broken; a resolver that fails is an error with the record', async () => {
  const withImage = (kind: string) =>
    plainRecords(8).map((record, i) => (i === 5 ? { ...record, image: { kind, seed: i } } : record));
  for (const [name, prepare] of Object.entries(preparers)) {
    const options = { shuffle: 0, maxBroken: 1, prepare };
    const [, second] = await stepsOf({ ...options, source: listSource(withImage('unusable')) }, 2);
    assert.equal(second!.broken, ['r5'], name);
    const failing = openBatches({ ...common, ...options, source: listSource(withImage('bug')) });
    await failing.next();
    await failsWith(() => failing.next(), 'list:5: preparing its image failed (x is not a function)');
    await failing.close();
    const unknown = openBatches({ ...common, ...options, source: listSource(withImage('nothing')) });
    await unknown.next();
    await failsWith(() => unknown.next(), 'list:5', 'images of the kind "nothing"');
    await unknown.close();
  }
});

test('a thread that ends is an error with the first record that was under way', async () => {
  const records = plainRecords(8).map((record, i) => (i === 6 ? { ...record, image: { kind: 'exit' } } : record));
  for (const prepare of [preparers['1 thread'], preparers['2 threads']]) {
    const stream = openBatches({ ...common, source: listSource(records), shuffle: 0, ahead: 0, prepare });
    await stream.next();
    // Records before the sixth may be under way, too, when its thread ends.
    await failsWith(() => stream.next(), /list:[1-6]: preparing its image failed/, 'ended with exit code 3');
    await stream.close();
  }
});

test('an error of the source comes in its turn', async () => {
  const source = {
    name: 'failing',
    async *records() {
      yield* plainRecords(5);
      throw new Error('the disk is gone');
    },
  };
  const stream = openBatches({ ...common, source, shuffle: 0 });
  assert.is((await stream.next()).batch.sizes.B, 4);
  try {
    await stream.next();
    assert.unreachable();
  } catch (error) {
    assert.match(String(error), 'the disk is gone');
  }
  await stream.close();
});

test('closing ends what waits, and says so', async () => {
  const records = plainRecords(8).map((record) => ({ ...record, image: { kind: 'never' } }));
  const stream = openBatches({ ...common, source: listSource(records), prepare: preparers['2 threads'] });
  const waiting = failsWith(() => stream.next(), 'the stream of batches is closed; open another');
  await new Promise((resolve) => setTimeout(resolve, 100));
  await stream.close();
  await stream.close();
  await waiting;
  await failsWith(() => stream.next(), 'is closed');
});

test('what lies before the place is read again, but no image of it is prepared', async () => {
  const prepared: string[] = [];
  const counting: BatchOptions['prepare'] = (preparation) => {
    const preparer = preparers.inline(preparation);
    return {
      ...preparer,
      prepare: (task) => {
        prepared.push(task.name);
        return preparer.prepare(task);
      },
    };
  };
  const place = { epoch: 3, taken: 30, broken: 0 };
  const source = listSource(plainRecords(40));
  await stepsOf({ source, place, ahead: 0, prepare: counting }, 1);
  assert.is(source.passes[0]!.epoch, 3);
  assert.ok(prepared.length >= 4 && prepared.length <= 6, `${prepared}`);
});

test('at most `ahead` batches are read and prepared before they are asked for', async () => {
  let read = 0;
  const source = {
    name: 'counting',
    async *records() {
      for (const record of plainRecords(200)) {
        read++;
        yield record;
      }
    },
  };
  for (const ahead of [0, 1, 3]) {
    read = 0;
    const stream = openBatches({ ...common, source, shuffle: 0, ahead });
    await stream.next();
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.is(read, 4 + Math.max(1, ahead * 4));
    await stream.close();
  }
});

for (const [changes, ...patterns] of [
  [{ batchSize: 0 }, 'batchSize is 0; it must be an integer of at least 1'],
  [{ shuffle: -1 }, 'shuffle is -1'],
  [{ lengthMultiple: 0 }, 'lengthMultiple is 0'],
  [{ ahead: 0.5 }, 'ahead is 0.5'],
  [{ seed: Number.NaN }, 'seed is null'],
  [{ longCaption: 2 }, 'longCaption is 2', 'from 0 to 1'],
  [{ maxBroken: -1 }, 'maxBroken is -1'],
  [{ place: { epoch: 0, taken: -1, broken: 0 } }, 'place.taken is -1'],
  [{ augmentation: { scale: [2, 3] } }, 'augmentation.scale'],
  [{ settings: { ...common.settings, crop: { width: 32, height: 32 } } }, '32×32 pixels', 'the model takes 16×16'],
] as const) {
  test(`refuses ${JSON.stringify(changes)}`, () =>
    failsWith(() => openBatches({ ...common, source: shards, ...changes } as BatchOptions), ...patterns));
}

test('refuses a number of threads that is none', () =>
  failsWith(() => imageThreads({ count: 0 }), 'threads for images'));

/** Runs the program to its end, which must come by itself. */
function outcome(ending: string): Promise<{ readonly code: number; readonly output: string }> {
  const program = fileURLToPath(new URL('./threads-exit.js', import.meta.url));
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ending], { timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? -1) : 0, output: `${stdout}${stderr}`.trim() });
    });
  });
}

for (const ending of ['closed', 'closedWhileRunning', 'forgotten']) {
  test(`a process whose stream is ${ending} ends by itself`, async () => {
    assert.equal(await outcome(ending), { code: 0, output: 'end' });
  });
}

test('images in a folder are read by the threads', async () => {
  const lines: string[] = [];
  for (let i = 0; i < 6; i++) {
    writeFileSync(join(folder, `${i}.png`), await pngOf(i));
    lines.push(JSON.stringify({ image: `${i}.png`, caption: `picture ${i}` }));
  }
  lines.push(
    JSON.stringify({ image: 'missing.png', caption: 'none' }),
    JSON.stringify({ image: '../x.png', caption: 'out' }),
  );
  writeFileSync(join(folder, 'list.jsonl'), lines.join('\n'));
  const source = await openSource({ json: { format: 'jsonl', folder }, where: 'test' });
  const options = { source, shuffle: 0, batchSize: 6, maxBroken: 2 };
  const expected = await stepsOf(options, 2);
  assert.equal(expected[1]!.broken, ['missing.png', '../x.png']);
  assert.equal(await stepsOf({ ...options, prepare: preparers['1 thread'] }, 2), expected);
  await failsWith(
    () => stepsOf({ ...options, maxBroken: 1 }, 2),
    'missing.png: does not exist',
    'the path "../x.png" leaves the folder',
  );
});

testWithShared(test, 'Flickr8k and COCO: threads and interruptions change nothing', 'data', async (data) => {
  for (const [kind, name, pattern] of [
    ['pairs', 'flickr8k', 'dev-*.tar'],
    ['regions', 'coco', 'train.tar'],
  ] as const) {
    const source = await openSource({
      json: { format: 'webdataset', folder: join(data, name), shards: pattern },
      where: 'test',
    });
    const options = { source, kind, batchSize: 16, augmentation: {}, shuffle: 100, truncate: true, maxBroken: 0.5 };
    const expected = await stepsOf({ ...options, prepare: preparers['1 thread'] }, 6);
    assert.equal(await stepsOf({ ...options, prepare: preparers['2 threads'] }, 6), expected);
    const place = JSON.parse(expected[2]!.place);
    assert.equal(await stepsOf({ ...options, place }, 3), expected.slice(3));
  }
});

test.run();
