import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Ahead } from '../../model/data/ahead.ts';
import { BrokenCount } from '../../model/data/broken.ts';
import { firstPlace, type NumberedItem, readEndlessly } from '../../model/data/dataset.ts';
import type { DataSource } from '../../model/data/record.ts';
import { orderOf, permuted, shuffled } from '../../model/data/shuffle.ts';
import { random } from '../../model/random.ts';
import { failsWith } from '../files/support.ts';
import { listSource, plainRecords, takeAll } from './support.ts';

const test = suite('order of records');

async function* upTo(count: number): AsyncGenerator<number> {
  for (let i = 0; i < count; i++) yield i;
}
const sorted = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b);
const range = (count: number) => Array.from({ length: count }, (_, i) => i);

for (const capacity of [0, 1, 2, 10, 99, 100, 1000]) {
  test(`a buffer of ${capacity} passes every item on once`, async () => {
    const items = await takeAll(shuffled(upTo(100), capacity, random(1)));
    assert.equal(sorted(items), range(100));
    assert.equal(await takeAll(shuffled(upTo(100), capacity, random(1))), items);
    if (capacity <= 1) assert.equal(items, range(100));
    else assert.not.equal(items, range(100));
    // An item leaves the buffer at the earliest when `capacity` others have come.
    for (const [place, item] of items.entries()) assert.ok(item <= place + capacity, `${item} at ${place}`);
  });
}

test('a buffer as large as the data shuffles evenly', async () => {
  const counts = range(4).map(() => range(4).map(() => 0));
  const source = random(2);
  for (let round = 0; round < 4000; round++) {
    const items = await takeAll(shuffled(upTo(4), 4, source));
    for (const [place, item] of items.entries()) counts[place]![item]!++;
  }
  for (const count of counts.flat()) assert.ok(Math.abs(count - 1000) < 120, `${counts}`);
});

test('permutations are even', () => {
  const counts = new Map<string, number>();
  const source = random(4);
  for (let round = 0; round < 6000; round++) {
    const key = permuted([0, 1, 2], source).join('');
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  assert.is(counts.size, 6);
  for (const count of counts.values()) assert.ok(Math.abs(count - 1000) < 120, `${[...counts]}`);
});

test('without a seed the order is that of the files', () => {
  assert.equal(orderOf(5, { epoch: 3 }), range(5));
  assert.equal(sorted(orderOf(50, { epoch: 3, seed: 1 })), range(50));
  assert.not.equal(orderOf(50, { epoch: 3, seed: 1 }), orderOf(50, { epoch: 4, seed: 1 }));
});

/** Keys of so many records from a place on, as `epoch/index key`. */
async function keysFrom(source: DataSource, shuffle: number, count: number, place = firstPlace): Promise<string[]> {
  const keys: string[] = [];
  for await (const { epoch, index, item } of readEndlessly(source, { seed: 9, shuffle }, place)) {
    keys.push(`${epoch}/${index} ${item.key}`);
    if (keys.length === count) break;
  }
  return keys;
}

test('epochs follow each other, each in an order of its own, each with every record', async () => {
  const source = listSource(plainRecords(20));
  const keys = await keysFrom(source, 6, 60);
  const epochs = [0, 1, 2].map((epoch) => keys.slice(epoch * 20, epoch * 20 + 20));
  for (const [epoch, part] of epochs.entries()) {
    assert.equal(
      part.map((key) => key.split(' ')[0]),
      range(20).map((index) => `${epoch}/${index}`),
    );
    assert.is(new Set(part.map((key) => key.split(' ')[1])).size, 20);
  }
  assert.not.equal(
    epochs[0]!.map((key) => key.split(' ')[1]),
    epochs[1]!.map((key) => key.split(' ')[1]),
  );
  assert.equal(source.passes, [
    { epoch: 0, seed: 9 },
    { epoch: 1, seed: 9 },
    { epoch: 2, seed: 9 },
  ]);
});

test('without a buffer nothing is shuffled', async () => {
  const source = listSource(plainRecords(3));
  assert.equal(await keysFrom(source, 0, 4), ['0/0 r0', '0/1 r1', '0/2 r2', '1/0 r0']);
  assert.equal(source.passes[0], { epoch: 0 });
});

for (const shuffle of [0, 1, 4, 50]) {
  test(`from any place on, the same as without an interruption; buffer of ${shuffle}`, async () => {
    const source = listSource(plainRecords(11));
    const whole = await keysFrom(source, shuffle, 40);
    for (let at = 0; at < 30; at++) {
      const place = { epoch: Math.floor(at / 11), taken: at % 11, broken: 0 };
      assert.equal(await keysFrom(source, shuffle, 10, place), whole.slice(at, at + 10));
    }
    assert.equal(await keysFrom(source, shuffle, 10, { epoch: 0, taken: 11, broken: 0 }), whole.slice(11, 21));
  });
}

test('a source without records, or with fewer than before, is an error', async () => {
  await failsWith(() => keysFrom(listSource([], 'nothing'), 3, 1), 'nothing: has no records');
  const place = { epoch: 2, taken: 5, broken: 0 };
  await failsWith(
    () => keysFrom(listSource(plainRecords(4), 'less'), 3, 1, place),
    'less: has 4 records',
    'interrupted after 5',
    'begin the run anew',
  );
});

const broken = (i: number) => ({ key: `b${i}`, reason: `file:${i}: is broken` });

test('a number of broken records an epoch', () => {
  const count = new BrokenCount(2, firstPlace);
  count.pass(0, 0, [broken(0)]);
  count.pass(0, 1, []);
  count.pass(0, 2, [broken(2)]);
  assert.equal(count.place, { epoch: 0, taken: 3, broken: 2 });
  count.pass(1, 0, [broken(0), broken(1)]);
  assert.equal(count.place, { epoch: 1, taken: 1, broken: 2 });
  assert.throws(
    () => count.pass(1, 1, [broken(3)]),
    /^3 of 2 records are broken, more than the 2 that maxBroken allows\. .*raise maxBroken/s,
  );
});

test('none is allowed where the limit is 0', () => {
  const count = new BrokenCount(0, firstPlace);
  count.pass(0, 0, []);
  assert.throws(() => count.pass(0, 1, [broken(1)]), /b1: file:1: is broken/);
});

test('a share of the records, of 1,000 at least; some are listed', () => {
  const count = new BrokenCount(0.01, firstPlace);
  for (let i = 0; i < 10; i++) count.pass(0, i, [broken(i)]);
  assert.throws(
    () => count.pass(0, 10, [broken(10)]),
    /11 of 11 records .* the 10 that maxBroken allows \(a share of 0\.01\).*\n {2}b0: .*\n {2}b4: [^\n]*$/s,
  );
  const later = new BrokenCount(0.01, { epoch: 0, taken: 5000, broken: 49 });
  later.pass(0, 5000, [broken(0)]);
  assert.throws(() => later.pass(0, 5001, [broken(1)]), /51 of 5002/);
});

for (const limit of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
  test(`refuses the limit ${limit}`, () =>
    failsWith(() => new BrokenCount(limit, firstPlace), `maxBroken is ${limit}`));
}

test('work begins ahead, never on more than the capacity, and keeps the order', async () => {
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const ahead = new Ahead(upTo(100), 3, (item) => {
    begun.push(item);
    return new Promise<string>((resolve) => ends.push(() => resolve(`done ${item}`)));
  });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  await settle();
  assert.equal(begun, [0, 1, 2]);
  ends[2]!();
  ends[1]!();
  const first = ahead.next();
  await settle();
  assert.equal(begun, [0, 1, 2, 3]);
  ends[0]!();
  assert.is(await first, 'done 0');
  assert.is(await ahead.next(), 'done 1');
  assert.is(await ahead.next(), 'done 2');
  await ahead.close();
  await settle();
  assert.equal(begun, [0, 1, 2, 3, 4, 5]);
});

test('errors of the items and of the work come in their turn', async () => {
  async function* failing(): AsyncGenerator<number> {
    yield* [0, 1];
    throw new Error('no more');
  }
  const ahead = new Ahead(failing(), 10, async (item) => {
    if (item === 0) throw new Error('no work');
    return item;
  });
  await new Promise((resolve) => setImmediate(resolve));
  const outcome = () => ahead.next().catch((error: Error) => error.message);
  assert.equal(
    [await outcome(), await outcome(), await outcome(), await outcome()],
    ['no work', 1, 'no more', 'no more'],
  );
});

test('numbers of items are part of what is read', async () => {
  const items: NumberedItem[] = [];
  for await (const item of readEndlessly(listSource(plainRecords(1)), { seed: 0, shuffle: 2 }, firstPlace)) {
    items.push(item);
    if (items.length === 2) break;
  }
  assert.equal(
    items.map(({ epoch, index }) => [epoch, index]),
    [
      [0, 0],
      [1, 0],
    ],
  );
});

test.run();
