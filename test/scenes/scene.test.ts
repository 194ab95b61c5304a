import { createHash } from 'node:crypto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { outlines, reach } from '../../model/scenes/outlines.ts';
import { type Scene, scene } from '../../model/scenes/scene.ts';
import { attributeKinds, valuesOf } from '../../model/scenes/vocabulary.ts';
import { failsWith } from '../files/support.ts';

const test = suite('scenes');

const texts = ({ captions, longCaption, regions }: Scene) => [captions, longCaption, regions];
/** What describes a scene without its picture. */
const described = (drawn: Scene) => [drawn.objects.map(({ mask, ...object }) => object), drawn.ground, ...texts(drawn)];

const sha256 = (...parts: readonly (string | Uint8Array)[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex').slice(0, 16);
};

/** Whatever changes these changes what every model so far was trained and evaluated on. */
const golden: readonly (readonly [seed: Parameters<typeof scene>[0], side: number, digest: string])[] = [
  [1, 96, '83b41405c821fdf1'],
  [{ seed: 1, index: 1 }, 64, 'f16d0223ebd06786'],
  [{ seed: -20240505, index: 123456789 }, 160, '93afeafd8d580499'],
  [Number.MAX_SAFE_INTEGER, 1, '2de04cda9854049d'],
];

test('a seed gives the same scene on every machine', () => {
  for (const [seed, side, digest] of golden) {
    const drawn = scene(seed, { side });
    assert.is(sha256(drawn.image.data, JSON.stringify(described(drawn))), digest, `${JSON.stringify(seed)}, ${side}`);
  }
});

test('a number alone is the first scene of its seed; other seeds and numbers give others', () => {
  assert.equal(described(scene(7)), described(scene({ seed: 7, index: 0 })));
  const seen = new Set([7, 8].flatMap((seed) => [0, 1].map((index) => scene({ seed, index }).longCaption)));
  assert.is(seen.size, 4);
});

test('the side changes the picture alone, and so does nothing that is asked for earlier', () => {
  for (let seed = 0; seed < 20; seed++) {
    const [small, large] = [scene(seed, { side: 32 }), scene(seed, { side: 100 })];
    assert.is(small.image.data.length, 3 * 32 * 32);
    assert.equal([large.image.width, large.image.height, large.image.data.length], [100, 100, 3e4]);
    assert.is(large.longCaption, small.longCaption);
    assert.equal(described(large), described(small));
    const { image } = small;
    assert.is(small.image, image, 'the picture is drawn once');
  }
});

test('counts decide how many objects there are', () => {
  for (const count of [1, 2, 3, 4]) {
    const counts = [0, 0, 0, 0].map((_, i) => (i === count - 1 ? 1 : 0)) as [number, number, number, number];
    for (let seed = 0; seed < 30; seed++) assert.is(scene(seed, { counts }).objects.length, count);
  }
  const drawn = Array.from({ length: 400 }, (_, index) => scene({ seed: 1, index }).objects.length);
  for (const [count, share] of [
    [1, 0.25],
    [2, 0.45],
    [3, 0.3],
    [4, 0],
  ]) {
    // biome-ignore format: a table
    const found = drawn.filter((number) => number === count).length / drawn.length;
    assert.ok(Math.abs(found - share!) < 0.07, `${found} of the scenes have ${count} objects`);
  }
});

test('objects lie in the picture, apart from each other, and can be told apart', () => {
  const values = new Set<string>();
  for (let index = 0; index < 500; index++) {
    const { objects } = scene({ seed: 2, index });
    objects.forEach((object, i) => {
      for (const kind of attributeKinds) values.add(object[kind]);
      const circle = object.radius * reach(outlines[object.shape]);
      assert.ok(object.box.every((value) => value > 0 && value < 1));
      for (const other of objects.slice(0, i)) {
        const distance = Math.hypot(object.x - other.x, object.y - other.y);
        assert.ok(distance >= circle + other.radius * reach(outlines[other.shape]), `${index}`);
        assert.ok(object.colour !== other.colour || object.shape !== other.shape);
        assert.not.equal(object.cell, other.cell);
      }
    });
    const sides = objects.map(({ size, box: [x1, y1, x2, y2] }) => ({ size, side: Math.max(x2 - x1, y2 - y1) }));
    assert.ok(
      sides.every(({ size, side }) => (size === 'small' ? side > 0.16 && side < 0.25 : side > 0.28)),
      `${index}`,
    );
  }
  for (const kind of attributeKinds) for (const value of valuesOf(kind)) assert.ok(values.has(value), value);
});

test('no content is both for training and for evaluation', () => {
  const content = ({ objects }: Scene): string =>
    objects
      .map(({ size, texture, colour, shape, cell }) => [size, texture, colour, shape, cell.column, cell.row].join(' '))
      .sort()
      .join(', ');
  /** One object has 4,608 contents, so that chance alone would find many in both splits. */
  const counts = [1, 0, 0, 0] as const;
  const contents = (split: 'train' | 'eval', seed: number): Set<string> =>
    new Set(Array.from({ length: 1500 }, (_, index) => content(scene({ seed, index }, { split, counts }))));
  const [train, evaluation] = [contents('train', 1), contents('eval', 1)];
  assert.ok(train.size > 1000 && evaluation.size > 350, `${train.size} ${evaluation.size}`);
  const both = (one: Set<string>, other: Set<string>): number => [...one].filter((each) => other.has(each)).length;
  assert.is(both(evaluation, train), 0);
  assert.ok(both(evaluation, contents('eval', 2)) > 100, 'while two seeds of one split meet');
});

test('says what is wrong with a seed and with options', async () => {
  await failsWith(() => scene(1.5), /scene: seed is 1\.5\. Give a whole number/);
  await failsWith(() => scene({ seed: 1, index: Number.NaN }), /scene: index is NaN/);
  await failsWith(() => scene(1, { side: 0 }), /the picture of a scene: is 0×0 pixels/);
  await failsWith(() => scene(1, { counts: [0, 0, 0, 0] }), /counts are 0, 0, 0, 0\. Give four numbers/);
  await failsWith(() => scene(1, { counts: [1, -1, 0, 0] }), /counts are 1, -1, 0, 0/);
  await failsWith(() => scene(1).objects[0]!.mask(0.5), /the mask: is 0\.5×0\.5 pixels/);
});

test.run();
