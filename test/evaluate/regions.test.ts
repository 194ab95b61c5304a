// Which region a text is about, and whether a heat map points at it.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { pointingAccuracy } from '../../model/evaluate/pointing.ts';
import { regionRetrieval } from '../../model/evaluate/regions.ts';
import { imageRegions } from '../../model/evaluate/suites/image-regions.ts';
import { hottest } from '../../model/heat-map.ts';
import { directionOf } from './fake-model.ts';

const test = suite('regions');

const [a, b, c] = ['a', 'b', 'c'].map(directionOf) as [Float32Array, Float32Array, Float32Array];

test('each text finds its region and the reverse, or does not', () => {
  const right = { regions: [a, b, c], texts: [a, b, c], regionsOf: [[0], [1], [2]] };
  const turned = { regions: [a, b, c], texts: [b, c, a], regionsOf: [[0], [1], [2]] };
  const perfect = regionRetrieval([right]);
  assert.equal(perfect.textToRegion, { value: 1, kind: 'share', cases: 3, chance: perfect.textToRegion.chance! });
  assert.ok(Math.abs(perfect.textToRegion.chance! - 1 / 3) < 1e-12);
  assert.is(perfect.regionToText.value, 1);
  const half = regionRetrieval([right, turned]);
  assert.is(half.textToRegion.value, 0.5);
  assert.is(half.regionToText.value, 0.5);
});

test('a text of several regions is right for each of them', () => {
  // Two dogs, a and b, and a cat, c; the text about dogs is like b.
  const found = regionRetrieval([{ regions: [a, b, c], texts: [b, c], regionsOf: [[0, 1], [2]] }]);
  assert.is(found.textToRegion.value, 1);
  assert.ok(Math.abs(found.textToRegion.chance! - (2 / 3 + 1 / 3) / 2) < 1e-12);
  assert.is(found.regionToText.cases, 3);
  assert.is(found.regionToText.chance, 0.5);
});

test('regions with one box, and texts alike but for case and punctuation, are one', () => {
  const dog = { box: [0, 0, 0.5, 0.5], text: 'A dog.' } as const;
  const other = { box: [0.5, 0, 1, 0.5], text: 'a dog' } as const;
  const again = { box: [0, 0, 0.5, 0.5], text: 'a brown animal' } as const;
  const { boxes, texts } = imageRegions([dog, other, again]);
  assert.equal(boxes, [[dog, again], [other]]);
  assert.equal(texts, [
    { region: dog, boxes: [0, 1] },
    { region: again, boxes: [0] },
  ]);
});

/** 2×2 patches over the right half of the image. */
const map = (...values: number[]) => ({
  width: 2,
  height: 2,
  values: Float32Array.from(values),
  region: [0.5, 0, 1, 1] as const,
});

test('a map points at the middle of its hottest patch, of equal ones the first', () => {
  const { x, y } = hottest(map(0, 0.5, 0.2, 0.5));
  assert.equal([x, y], [0.875, 0.25]);
});

test('pointing: within a box or on its border, not beside it', () => {
  const lowerLeft = map(0, 0, 1, 0); // at 0.625, 0.75
  const hit = (...boxes: (readonly [number, number, number, number])[]) => {
    return pointingAccuracy([{ map: lowerLeft, boxes }]).value;
  };
  assert.is(hit([0.5, 0.5, 0.75, 1]), 1);
  assert.is(hit([0.625, 0.75, 0.7, 0.8]), 1);
  assert.is(hit([0.63, 0.5, 1, 1]), 0);
  assert.is(hit([0, 0, 1, 0.7]), 0);
  assert.is(hit([0, 0, 0.1, 0.1], [0.6, 0.7, 0.7, 0.8]), 1);
  assert.is(hit([0.5, 0, 0.6, 1]), 0, 'holds the middle of no patch');
});

test('chance of pointing is the share of patches within', () => {
  const boxes = [[0.5, 0, 1, 0.5]] as const;
  const found = pointingAccuracy([
    { map: map(1, 0, 0, 0), boxes },
    { map: map(0, 0, 1, 0), boxes: [...boxes, [0.5, 0.5, 0.7, 1]] },
  ]);
  assert.equal(found, { value: 1, kind: 'share', cases: 2, chance: (2 / 4 + 3 / 4) / 2 });
});

test.run();
