// Ranks and recall by hand, and against sorting everything, ties included.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { chanceOfHit, share } from '../../model/evaluate/measure.ts';
import { rankOf, retrievalRanks } from '../../model/evaluate/ranks.ts';
import { distinctGroups, recall, recallInGroups } from '../../model/evaluate/retrieval.ts';
import { checkFinite, dot, meanDirection } from '../../model/evaluate/vectors.ts';
import { random } from '../../model/random.ts';
import { failsWith } from '../files/support.ts';
import { directionOf } from './fake-model.ts';

const test = suite('retrieval');

/** Vectors of small whole numbers, among which many products are equal. */
function coarse(seed: number, count: number, width: number): Float32Array[] {
  const { integer } = random(seed, 'coarse');
  return Array.from({ length: count }, () => Float32Array.from({ length: width }, () => (integer() % 3) - 1));
}

/** All candidates in their order: by similarity, equal ones by index. */
function order(query: Float32Array, candidates: readonly Float32Array[]): number[] {
  const similarity = (i: number) => candidates[i]!.reduce((sum, value, at) => sum + value * query[at]!, 0);
  return [...candidates.keys()].sort((a, b) => similarity(b) - similarity(a) || a - b);
}

for (const [seed, images, textsPerImage, width] of [
  [1, 7, 1, 2],
  [2, 40, 3, 5],
  [3, 150, 2, 3],
  [4, 130, 1, 9],
] as const) {
  test(`ranks are those of sorting: ${images} images, ${images * textsPerImage} texts of ${width}`, () => {
    const ofImages = coarse(seed, images, width);
    const ofTexts = coarse(seed + 100, images * textsPerImage, width);
    // The texts of an image do not stand together.
    const imageOf = ofTexts.map((_, text) => (text * 11) % images);
    const ranks = retrievalRanks(ofImages, ofTexts, imageOf);
    for (const [image, query] of ofImages.entries()) {
      const expected = order(query, ofTexts).findIndex((text) => imageOf[text] === image);
      assert.is(ranks.imageToText[image], expected, `image ${image}`);
    }
    for (const [text, query] of ofTexts.entries()) {
      assert.is(ranks.textToImage[text], order(query, ofImages).indexOf(imageOf[text]!), `text ${text}`);
    }
  });
}

test('ranks of few candidates, of which several may be right', () => {
  assert.is(rankOf([0.1, 0.9, 0.5], [1]), 0);
  assert.is(rankOf([0.1, 0.9, 0.5], [0]), 2);
  assert.is(rankOf([0.1, 0.9, 0.5], [0, 2]), 1);
  assert.is(rankOf([0.5, 0.5, 0.5], [2]), 2, 'equal ones stand in order');
  assert.is(rankOf([0.5, 0.5, 0.5], [2, 1]), 1);
});

test('recall by hand', () => {
  // Text 0 and 1 belong to image 0, text 2 to image 1. Image 0 is like text 2 and 1, image 1 like text 2.
  const images = [Float32Array.of(0.6, 0.8), Float32Array.of(0, 1)];
  const texts = [Float32Array.of(1, 0), Float32Array.of(0.8, 0.6), Float32Array.of(0, 1)];
  const found = recall({ images, texts, imageOf: [0, 0, 1] }, [1, 2]);
  assert.is(found.get(1)!.imageToText.value, 1); // 0.96 with text 1; 1 with text 2
  assert.is(found.get(1)!.textToImage.value, 1);
  const swapped = recall({ images, texts, imageOf: [1, 1, 0] }, [1, 2]);
  assert.equal(swapped.get(1)!.imageToText, { value: 0, kind: 'share', cases: 2, chance: (1 / 3 + 2 / 3) / 2 });
  assert.equal(swapped.get(1)!.textToImage, { value: 0, kind: 'share', cases: 3, chance: 0.5 });
  assert.is(swapped.get(2)!.imageToText.value, 1);
  assert.is(swapped.get(2)!.textToImage.value, 1);
});

test('where all are alike, only the order of indices decides', () => {
  const same = Array.from({ length: 10 }, () => directionOf('one'));
  const found = recall({ images: same, texts: same, imageOf: [...same.keys()] }, [1, 5]);
  for (const [k, { imageToText, textToImage }] of found) {
    assert.is(imageToText.value, k / 10);
    assert.is(textToImage.value, k / 10);
  }
});

test('an image without a text, and what is no number, are refused', async () => {
  const [a, b] = [directionOf('a'), directionOf('b')];
  await failsWith(() => retrievalRanks([a, b], [a], [0]), 'image 1 of 2 has no text');
  await failsWith(() => checkFinite(Float32Array.of(1, Number.NaN), 'photo.jpg'), 'photo.jpg', 'finite');
  checkFinite(a, 'a');
});

test('chance is what drawing blindly hits', () => {
  assert.is(chanceOfHit(1, 100, 1), 1 - 99 / 100);
  assert.ok(Math.abs(chanceOfHit(1, 100, 10) - 0.1) < 1e-12);
  assert.ok(Math.abs(chanceOfHit(2, 4, 2) - 5 / 6) < 1e-12); // all but one of the six pairs
  assert.is(chanceOfHit(3, 4, 2), 1);
  assert.is(chanceOfHit(1, 3, 10), 1);
  assert.is(chanceOfHit(0, 5, 2), 0);
  assert.equal(share([true, false, true, true], [0.5, 0.5, 0, 1]), {
    value: 0.75,
    kind: 'share',
    cases: 4,
    chance: 0.5,
  });
  assert.throws(() => share([]), /no values/);
});

test('groups hold nothing alike, in order, and full ones alone count', () => {
  const differ = (one: string, other: string): boolean => one !== other;
  const items = ['a', 'b', 'a', 'c', 'b', 'd', 'a'];
  assert.equal(distinctGroups(items, 3, differ), [
    [0, 1, 3],
    [2, 4, 5],
  ]);
  const apart = (one: number, other: number): boolean => Math.abs(one - other) > 1;
  assert.equal(distinctGroups([1, 2, 3, 4, 6], 2, apart), [
    [0, 2],
    [1, 3],
  ]);
  assert.equal(distinctGroups(items.slice(0, 2), 3, differ), []);
});

test('recall within groups is that of each group, and their mean', () => {
  const ids = Array.from({ length: 60 }, (_, i) => i);
  const images = ids.map((i) => directionOf(`image ${i}`));
  const texts = ids.map((i) => (i % 3 === 0 ? images[i]! : directionOf(`text ${i}`)));
  const groups = [ids.slice(0, 20), ids.slice(20, 40), ids.slice(40)];
  const together = recallInGroups(images, texts, groups);
  const each = groups.map((group) => {
    const own = {
      images: group.map((i) => images[i]!),
      texts: group.map((i) => texts[i]!),
      imageOf: [...group.keys()],
    };
    return recall(own, [1]).get(1)!;
  });
  for (const way of ['imageToText', 'textToImage'] as const) {
    const mean = each.reduce((sum, found) => sum + found[way].value, 0) / 3;
    assert.ok(Math.abs(together[way].value - mean) < 1e-12);
    assert.is(together[way].cases, 60);
    assert.ok(Math.abs(together[way].chance! - 1 / 20) < 1e-12);
  }
  assert.ok(together.textToImage.value >= 1 / 3);
});

test('products and mean directions', async () => {
  const [a, b] = coarse(5, 2, 11) as [Float32Array, Float32Array];
  assert.is(
    dot(a, b),
    a.reduce((sum, value, i) => sum + value * b[i]!, 0),
  );
  assert.equal(
    [...meanDirection([Float32Array.of(1, 0), Float32Array.of(0, 1)])],
    [Math.fround(Math.SQRT1_2), Math.fround(Math.SQRT1_2)],
  );
  await failsWith(() => meanDirection([Float32Array.of(1, 0), Float32Array.of(-1, 0)]), 'cancel out');
});

test.run();
