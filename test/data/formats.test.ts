import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { arrayElements, lines, type Piece } from '../../model/data/chunks.ts';
import { type DataItem, type DataRecord, isBroken } from '../../model/data/record.ts';
import type { ImageFolder } from '../../model/data/sources/images.ts';
import { jsonLines } from '../../model/data/sources/jsonl.ts';
import { visualGenome } from '../../model/data/sources/visual-genome.ts';
import { webDataset } from '../../model/data/sources/webdataset.ts';
import { MmgemError } from '../../model/errors.ts';
import { dataFormats, openSource } from '../../targets/node/data/sources.ts';
import { failsWith, memoryStore } from '../files/support.ts';
import { testWithShared } from '../support/skip.ts';
import { takeAll, tarOf, temporaryFolder, writeShard } from './support.ts';

const test = suite('data formats');
const folder = temporaryFolder(test);
const opened = (json: unknown) => openSource({ json, where: 'train.json: data', folder });

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
/** Text as a stream of chunks of so many bytes. */
async function* chunked(content: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(content);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
const texts = (pieces: readonly Piece[]) => pieces.map(({ bytes }) => text(bytes));
const captionsOf = (items: readonly DataItem[]) => items.map((item) => (isBroken(item) ? item.reason : item.captions));
const only = (items: readonly DataItem[]): DataRecord => {
  assert.is(items.length, 1);
  assert.not(isBroken(items[0]!), JSON.stringify(items[0]));
  return items[0] as DataRecord;
};

for (const size of [1, 2, 3, 7, 1000]) {
  test(`lines, ${size} bytes a chunk`, async () => {
    assert.equal(texts(await takeAll(lines(chunked('a\n\nbü\ncd', size), 'x'))), ['a', '', 'bü', 'cd']);
    assert.equal(texts(await takeAll(lines(chunked('a\n', size), 'x'))), ['a']);
    assert.equal(await takeAll(lines(chunked('', size), 'x')), []);
  });

  test(`elements of an array, ${size} bytes a chunk`, async () => {
    const elements = [{ a: '],[{"\\' }, [1, [2, {}]], 'x,"y\\"', 3, null, { é: ['}'] }];
    for (const space of [0, 2]) {
      const pieces = await takeAll(arrayElements(chunked(` ${JSON.stringify(elements, null, space)}\n`, size), 'x'));
      assert.equal(
        texts(pieces).map((piece) => JSON.parse(piece)),
        elements,
      );
      assert.equal(
        pieces.map(({ index }) => index),
        elements.map((_, i) => i),
      );
    }
    assert.equal(await takeAll(arrayElements(chunked(' [ ] ', size), 'x')), []);
  });
}

for (const [content, ...patterns] of [
  ['', 'vg.json: ends in the middle of element 0'],
  ['{"a": 1}', 'vg.json: does not begin with ['],
  ['[{"id": 1}', 'vg.json: ends in the middle of element 0'],
  ['[1, 2', 'ends in the middle of element 1'],
  ['[1, "', 'ends in the middle of element 1'],
  ['[1] 2', 'more behind the JSON array'],
  ['[1}', 'ends with }'],
] as const) {
  test(`refuses as an array: ${JSON.stringify(content)}`, () =>
    failsWith(() => takeAll(arrayElements(chunked(content, 4), 'vg.json')), ...patterns));
}

test('lines and elements that are too long for a record are refused', async () => {
  const endless = async function* () {
    for (;;) yield new Uint8Array(2 ** 20).fill(0x61);
  };
  await failsWith(() => takeAll(lines(endless(), 'x.jsonl')), 'x.jsonl', 'line of more than');
  const opened = async function* () {
    yield new TextEncoder().encode('[');
    yield* endless();
  };
  await failsWith(() => takeAll(arrayElements(opened(), 'x.json')), 'x.json', 'element of more than');
});

/** A record of a shard. */
const pair = (key: string, caption: string) =>
  [
    [`${key}.jpg`, jpg],
    [`${key}.txt`, caption],
  ] as const;

const jpg = new Uint8Array([255, 216, 255, 1]);
async function shardItems(...entries: [string, string | Uint8Array][]): Promise<DataItem[]> {
  const store = memoryStore('dir', { 'a.tar': await tarOf(entries) });
  return takeAll(webDataset(store, ['a.tar']).records({ epoch: 0 }));
}

test('WebDataset: files of a key are a record', async () => {
  const json = { captions: ['two ', 'one'], longCaption: 'long', regions: [{ box: [0, 0.1, 0.5, 1], text: ' cat' }] };
  const items = await shardItems(
    ['x/1.jpg', jpg],
    ['x/1.txt', ' one\n'],
    ['x/1.json', JSON.stringify(json)],
    ['x/2.PNG', jpg],
    ['x/2.txt', 'three'],
    ['x/2.seg.bin', 'passed over'],
    ['x/3.webp', jpg],
    ['x/3.json', '{"caption": "four", "url": "somewhere"}'],
  );
  assert.equal(items, [
    {
      key: 'x/1',
      origin: 'a.tar/x/1',
      image: jpg,
      captions: ['two', 'one'],
      longCaption: 'long',
      regions: [{ box: [0, 0.1, 0.5, 1], text: 'cat' }],
    },
    { key: 'x/2', origin: 'a.tar/x/2', image: jpg, captions: ['three'] },
    { key: 'x/3', origin: 'a.tar/x/3', image: jpg, captions: ['four'] },
  ]);
});

test('WebDataset: a text that the JSON does not have is one more caption', async () => {
  const items = await shardItems(['1.jpg', jpg], ['1.json', '{"captions": ["a"]}'], ['1.txt', 'b']);
  assert.equal(only(items).captions, ['a', 'b']);
});

test('WebDataset: long names, folders and hidden files', async () => {
  const long = `${'folder/'.repeat(30)}${'k'.repeat(120)}`;
  const items = await shardItems(['./._1.jpg', 'x'], ['.hidden', 'x'], [`${long}.jpg`, jpg], [`${long}.txt`, 'a']);
  assert.is(only(items).key, long);
});

for (const [what, entries, ...patterns] of [
  ['no image', [['1.txt', 'a']], 'a.tar/1: has no image'],
  [
    'two images',
    [
      ['1.jpg', jpg],
      ['1.png', jpg],
    ],
    'two files of one kind, 1.jpg and 1.png',
  ],
  [
    'bad JSON',
    [
      ['1.jpg', jpg],
      ['1.json', '{'],
    ],
    'a.tar/1.json',
    'not valid JSON',
  ],
  [
    'a JSON list',
    [
      ['1.jpg', jpg],
      ['1.json', '[]'],
    ],
    'a.tar/1.json: is no JSON object',
  ],
  [
    'a caption of another type',
    [
      ['1.jpg', jpg],
      ['1.json', '{"captions": ["a", 5]}'],
    ],
    'a.tar/1.json: captions.1 is 5',
  ],
  [
    'captions that are no list',
    [
      ['1.jpg', jpg],
      ['1.json', '{"captions": "a"}'],
    ],
    'captions is "a"',
    'a list',
  ],
  [
    'bad UTF-8',
    [
      ['1.jpg', jpg],
      ['1.txt', new Uint8Array([0xff, 0x41])],
    ],
    'a.tar/1.txt: is not valid UTF-8',
  ],
] as const) {
  test(`WebDataset: a record with ${what} is broken, and named`, async () => {
    const items = await shardItems(...(entries as unknown as [string, string][]), ['2.jpg', jpg], ['2.txt', 'good']);
    assert.is(items.length, 2);
    const [first, second] = items;
    assert.ok(isBroken(first!), JSON.stringify(first));
    assert.is(first.key, '1');
    for (const pattern of patterns) assert.ok(first.reason.includes(pattern), first.reason);
    assert.equal(captionsOf([second!]), [['good']]);
  });
}

test('a region that is unusable stands among the others with its reason', async () => {
  const regions = [
    { box: [0, 0, 1, 1], text: 'good' },
    { box: [0, 0, 1], text: 'short' },
    { box: [0.5, 0, 0.5, 1], text: 'empty' },
    { box: [0, 0, 1, 1] },
    7,
  ];
  const record = only(await shardItems(['1.jpg', jpg], ['1.json', JSON.stringify({ regions })]));
  const reasons = record.regions!.map((region) => (isBroken(region) ? `${region.key}: ${region.reason}` : region.text));
  assert.is(reasons[0], 'good');
  for (const [i, pattern] of [
    [1, 'a.tar/1.json: regions.1.box is [0,0,1]; it must be x1, y1, x2, y2'],
    [2, '1 region 2: a.tar/1.json: regions.2.box is [0.5,0,0.5,1]'],
    [3, 'regions.3.text is missing; it must be a string'],
    [4, 'regions.4.box is missing'],
  ] as const) {
    assert.ok(reasons[i]!.includes(pattern), `${pattern} is not in: ${reasons[i]}`);
  }
});

test('shards are read one after the other, in an order that the pass decides', async () => {
  const files: Record<string, Uint8Array> = {};
  const names = Array.from({ length: 8 }, (_, i) => `${i}.tar`);
  for (const [i, name] of names.entries()) files[name] = await tarOf(pair(`${i}`, `${i}`));
  const source = webDataset(memoryStore('dir', files), names);
  const order = async (epoch: number, seed?: number) =>
    captionsOf(await takeAll(source.records(seed === undefined ? { epoch } : { epoch, seed })))
      .flat()
      .join('');
  assert.is(await order(3), '01234567');
  const shuffled = await order(0, 1);
  assert.is([...shuffled].sort().join(''), '01234567');
  assert.is(await order(0, 1), shuffled);
  assert.is.not(shuffled, '01234567');
  assert.is.not(await order(1, 1), shuffled);
  assert.is.not(await order(0, 2), shuffled);
});

test('shards are streamed: what is not asked for is not read', async () => {
  const big = new Uint8Array(300_000);
  const shard = await tarOf(
    Array.from({ length: 40 }, (_, i) => pair(`${i}`, 'x')).flatMap(
      ([, text]) => [[text[0].replace('txt', 'jpg'), big], text] as const,
    ),
  );
  const store = memoryStore('dir', { 'a.tar': shard });
  let read = 0;
  const open: typeof store.open = async (path) => {
    const file = await store.open(path);
    return { ...file, read: (offset, length) => file.read(offset, length).finally(() => (read += length)) };
  };
  let records = 0;
  for await (const _ of webDataset({ ...store, open }, ['a.tar']).records({ epoch: 0 })) {
    records++;
    const behind = records * (big.length + 2048);
    assert.ok(read < behind + 3e6, `${read} bytes read for ${records} records of ${big.length}`);
  }
  assert.is(records, 40);
});

const images: ImageFolder = {
  name: 'images',
  image: (path) => ({ kind: 'file', path }),
  exists: async (path) => path !== '3.jpg',
};

test('JSONL: a line, a record; what is wrong is named by its line', async () => {
  const store = memoryStore('dir', {
    'a.jsonl': [
      '{"image": "x/1.jpg", "caption": "one", "longCaption": "and more"}',
      '',
      '{"image": "2.jpg", "captions": ["two", "zwei"], "regions": [{"box": [0, 0, 1, 1], "text": "r"}]}\r',
      '{"image": 3}',
      '{"image": "4.jpg"',
      '"5.jpg"',
    ].join('\n'),
  });
  const items = await takeAll(jsonLines(store, ['a.jsonl'], images).records({ epoch: 0 }));
  assert.equal(items.slice(0, 2), [
    { key: 'x/1.jpg', origin: 'a.jsonl:1', image: images.image('x/1.jpg'), captions: ['one'], longCaption: 'and more' },
    {
      key: '2.jpg',
      origin: 'a.jsonl:3',
      image: images.image('2.jpg'),
      captions: ['two', 'zwei'],
      regions: [{ box: [0, 0, 1, 1], text: 'r' }],
    },
  ]);
  assert.equal(
    items.slice(2).map((item) => (isBroken(item) ? item.key : 'good')),
    ['a.jsonl:4', 'a.jsonl:5', 'a.jsonl:6'],
  );
  assert.match(JSON.stringify(items[2]), 'a.jsonl:4: image is 3; it must be a string');
  assert.match(JSON.stringify(items[3]), 'a.jsonl:5: is not valid JSON');
  assert.match(JSON.stringify(items[4]), 'a.jsonl:6: image is missing');
});

const coco = {
  images: [
    { id: 9, file_name: 'a.jpg', width: 1 },
    { id: 4, file_name: 'b.jpg' },
  ],
  annotations: [
    { id: 1, image_id: 4, caption: 'b one' },
    { id: 2, image_id: 9, caption: ' a one ' },
    { id: 3, image_id: 4, caption: 'b two' },
  ],
};

async function cocoSource(json: unknown) {
  const captions = join(folder, 'captions.json');
  writeFileSync(captions, JSON.stringify(json));
  return opened({ format: 'coco', captions: 'captions.json', images: 'pictures' });
}

test('COCO: captions join their images', async () => {
  const items = await takeAll((await cocoSource(coco)).records({ epoch: 0 }));
  assert.equal(captionsOf(items), [['a one'], ['b one', 'b two']]);
  const { key, origin, image } = items[1] as DataRecord;
  assert.equal(
    { key, origin, image },
    {
      key: 'b.jpg',
      origin: 'captions.json/b.jpg',
      image: { kind: 'file', folder: join(folder, 'pictures'), path: 'b.jpg' },
    },
  );
});

for (const [what, json, ...patterns] of [
  ['no images', { annotations: [] }, 'captions.json: images is missing; it must be a list'],
  ['an image without a name', { ...coco, images: [{ id: 1 }] }, 'images.0.file_name is missing'],
  ['an id twice', { ...coco, images: [...coco.images, coco.images[0]] }, 'images.2.id is 9'],
  ['a caption of no image', { ...coco, annotations: [{ image_id: 5, caption: 'x' }] }, 'annotations.0.image_id is 5'],
  ['a caption of another type', { ...coco, annotations: [{ image_id: 4, caption: 1 }] }, 'annotations.0.caption is 1'],
  ['a fractional id', { ...coco, images: [{ id: 0.5, file_name: 'x' }] }, 'images.0.id is 0.5'],
] as const) {
  test(`COCO: refuses ${what}`, async () => {
    const source = await cocoSource(json);
    await failsWith(() => takeAll(source.records({ epoch: 0 })), ...patterns);
  });
}

test('Visual Genome: regions in pixels; unusable ones are named', async () => {
  const region = { region_id: 1, x: 2, y: 3, width: 10, height: 20, phrase: 'the clock ' };
  const json = [
    { id: 1, regions: [region, { ...region, width: 0 }, { ...region, phrase: null }, { ...region, x: '2' }] },
    { id: 'two', regions: [] },
    { id: 3, regions: [region] },
    { id: 4 },
  ];
  const store = memoryStore('vg', { 'regions.json': JSON.stringify(json) });
  const items = await takeAll(visualGenome(store, 'regions.json', [images]).records({ epoch: 0 }));
  const { regions, boxUnit, image, key } = items[0] as DataRecord;
  assert.equal([boxUnit, image, key], ['pixels', images.image('1.jpg'), '1']);
  assert.equal(regions![0], { box: [2, 3, 12, 23], text: 'the clock' });
  const reasons = regions!.slice(1).map((region) => (isBroken(region) ? region.reason : 'good'));
  assert.match(reasons[0]!, 'regions.json[0]: regions.1.width is 0; it must be above 0');
  assert.match(reasons[1]!, 'regions.2.phrase is missing');
  assert.match(reasons[2]!, 'regions.3.x is "2"; it must be a number');
  assert.match(JSON.stringify(items[1]), 'regions.json[1]: id is ');
  assert.match(JSON.stringify(items[2]), 'there is no 3.jpg in images');
  assert.equal((items[3] as DataRecord).regions, []);
});

test('descriptions open every format', async () => {
  mkdirSync(join(folder, 'all'));
  await writeShard(join(folder, 'all', 'train-1.tar'), pair('1', 'tar'));
  writeFileSync(join(folder, 'all', 'x.jsonl'), '{"image": "1.jpg", "caption": "jsonl"}\n');
  writeFileSync(join(folder, 'all', 'c.json'), JSON.stringify(coco));
  writeFileSync(join(folder, 'all', 'r.json'), JSON.stringify([{ id: 1, regions: [] }]));
  writeFileSync(join(folder, 'all', '1.jpg'), jpg);
  const descriptions: Record<string, object> = {
    webdataset: { folder: 'all', shards: 'train-*.tar' },
    jsonl: { folder: join(folder, 'all') },
    coco: { captions: 'all/c.json', images: 'all' },
    'visual-genome': { regions: 'all/r.json', images: ['none', 'all'] },
    scenes: { epoch: 1 },
  };
  assert.equal(Object.keys(descriptions), [...dataFormats]);
  for (const [format, fields] of Object.entries(descriptions)) {
    const source = await opened({ format, ...fields });
    for (const pass of [{ epoch: 0 }, { epoch: 0, seed: 1 }]) {
      const items = await takeAll(source.records(pass));
      assert.not(items.some(isBroken), JSON.stringify(items));
      assert.is(items.length, format === 'coco' ? 2 : 1);
    }
  }
});

for (const [json, ...patterns] of [
  [{}, 'train.json: data: format is missing; it must be one of webdataset, jsonl'],
  [null, 'format is missing'],
  [{ format: 'csv' }, 'format is "csv"'],
  [{ format: 'constructor' }, 'format is "constructor"'],
  [{ format: 'jsonl' }, 'folder is missing'],
  [{ format: 'jsonl', folder: 1 }, 'folder is 1'],
  [{ format: 'jsonl', folder: '.', shards: '*' }, 'shards is no field of the format jsonl; it has folder, files'],
  [{ format: 'webdataset', folder: '.', shards: 'x-*.tar' }, 'holds no file like x-*.tar'],
  [{ format: 'webdataset', folder: 'nowhere' }, 'nowhere', 'does not exist'],
  [{ format: 'visual-genome', regions: 'r.json', images: [] }, 'images is []', 'a folder or a list of folders'],
] as const) {
  test(`refuses the description ${JSON.stringify(json)}`, () => failsWith(() => opened(json), ...patterns));
}

test('errors of files are the same in every format', async () => {
  for (const description of [
    { format: 'coco', captions: 'nowhere.json', images: '.' },
    { format: 'visual-genome', regions: 'nowhere.json', images: '.' },
  ]) {
    const source = await opened(description);
    await failsWith(() => takeAll(source.records({ epoch: 0 })), 'nowhere.json: does not exist');
  }
});

testWithShared(test, 'Flickr8k and COCO shards: every record is whole', 'data', async (data) => {
  for (const [shards, count, captions, regions] of [
    ['flickr8k/dev-*.tar', 1000, 5000, 0],
    ['coco/train.tar', 208, 400, 1678],
  ] as const) {
    const [name, pattern] = shards.split('/') as [string, string];
    const source = await opened({ format: 'webdataset', folder: join(data, name), shards: pattern });
    const items = await takeAll(source.records({ epoch: 0 }));
    assert.not(items.some(isBroken));
    const records = items as DataRecord[];
    assert.is(records.length, count);
    assert.is(new Set(records.map(({ key }) => key)).size, count);
    assert.is(
      records.reduce((sum, record) => sum + record.captions.length, 0),
      captions,
    );
    assert.is(
      records.reduce((sum, record) => sum + (record.regions?.length ?? 0), 0),
      regions,
    );
  }
});

test('MmgemErrors alone come out of sources', async () => {
  const broken = memoryStore('dir', { 'a.tar': new TextEncoder().encode('x'.repeat(2000)) });
  try {
    await takeAll(webDataset(broken, ['a.tar']).records({ epoch: 0 }));
    assert.unreachable();
  } catch (error) {
    assert.instance(error, MmgemError);
    assert.match(String(error), 'dir/a.tar: is no tar archive, or damaged at its start');
  }
});

test.run();
