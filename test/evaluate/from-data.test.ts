// Items from records of data: what is taken over, what is broken, boxes in pixels.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { DataItem, DataSource } from '../../model/data/record.ts';
import { recordFields } from '../../model/data/record-fields.ts';
import { MmgemError } from '../../model/errors.ts';
import { itemsOfData } from '../../model/evaluate/from-data.ts';
import { failsWith } from '../files/support.ts';

const test = suite('items of data');

const image = new Uint8Array(3);

function sourceOf(...records: readonly DataItem[]): DataSource & { readonly read: () => number } {
  let read = 0;
  return {
    name: 'data.jsonl',
    read: () => read,
    async *records() {
      for (const record of records) {
        read++;
        yield record;
      }
    },
  };
}

const plain = { key: 'a.jpg', origin: 'data.jsonl:1', image, captions: ['a dog'] };
const options = { sizeOf: async () => ({ width: 200, height: 100 }) };

test('a record becomes an item with everything that is known', async () => {
  const json = {
    captions: ['a dog'],
    longCaption: 'a dog on grass',
    label: 'dog',
    regions: [{ box: [0, 0, 1, 1], text: 'all' }],
  };
  const source = sourceOf({
    key: 'a.jpg',
    origin: 'data.jsonl:1',
    image,
    ...recordFields(json, 'a.jpg', 'data.jsonl:1'),
  });
  const { items, broken } = await itemsOfData(source, options);
  assert.equal(items, [{ key: 'a.jpg', image: { name: 'data.jsonl:1', image }, ...json }]);
  assert.equal(broken, []);
  assert.equal((await itemsOfData(sourceOf(plain), options)).items, [
    { key: 'a.jpg', image: { name: 'data.jsonl:1', image }, captions: ['a dog'] },
  ]);
});

test('boxes in pixels become fractions, and what reaches beyond the edge is cut off', async () => {
  const regions = [
    { box: [50, 20, 100, 100], text: 'a dog' },
    { box: [150, 0, 210, 110], text: 'a tree' },
  ] as const;
  const { items } = await itemsOfData(sourceOf({ ...plain, regions, boxUnit: 'pixels' }), options);
  assert.equal(items[0]!.regions, [
    { box: [0.25, 0.2, 0.5, 1], text: 'a dog' },
    { box: [0.75, 0, 1, 1], text: 'a tree' },
  ]);
});

test('broken records and regions are told, the others stay', async () => {
  const regions = [
    { key: 'a.jpg region 0', reason: 'has no text' },
    { box: [0, 0, 0.5, 0.5], text: 'a dog' },
    { box: [2, 2, 3, 3], text: 'a cat' },
  ] as const;
  const source = sourceOf({ key: 'data.jsonl:1', reason: 'is not valid JSON' }, { ...plain, regions }, plain);
  const { items, broken } = await itemsOfData(source, options);
  assert.equal(
    items.map((item) => item.regions),
    [[{ box: [0, 0, 0.5, 0.5], text: 'a dog' }], undefined],
  );
  assert.equal(
    broken.map(({ key }) => key),
    ['data.jsonl:1', 'a.jpg region 0', 'a.jpg region 2'],
  );
  assert.match(broken[2]!.reason, 'data.jsonl:1: box 2, 2, 3, 3 (fractions): most of it lies outside of the image');
});

test('an image whose size cannot be told loses its regions alone', async () => {
  const regions = [{ box: [0, 0, 10, 10], text: 'a dog' }] as const;
  const sizeOf = () => Promise.reject(new MmgemError('a.jpg: is truncated'));
  const { items, broken } = await itemsOfData(sourceOf({ ...plain, regions, boxUnit: 'pixels' }), { sizeOf });
  assert.equal(Object.keys(items[0]!), ['key', 'image', 'captions']);
  assert.equal(broken, [{ key: 'a.jpg', reason: 'a.jpg: is truncated' }]);
});

test('no more is read than asked for; a source without items is an error', async () => {
  const source = sourceOf(plain, plain, plain, plain);
  assert.is((await itemsOfData(source, { ...options, limit: 2 })).items.length, 2);
  assert.ok(source.read() <= 3);
  await failsWith(() => itemsOfData(sourceOf(), options), 'data.jsonl: has no records that can be used.');
  const broken = sourceOf({ key: 'line 1', reason: 'is not valid JSON' });
  await failsWith(() => itemsOfData(broken, options), 'line 1: is not valid JSON');
});

test.run();
