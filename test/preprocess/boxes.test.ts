import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Box, boxToCrop, clipSettings, visibleRegion } from '../../model/preprocess/preprocess.ts';
import { random } from '../../model/random.ts';
import { failsWith } from '../files/support.ts';

const test = suite('boxes');

const square = { width: 100, height: 100 };
/** Twice as wide as high: the crop shows the middle half, 0.25 … 0.75. */
const wide = { width: 400, height: 200 };
const settings = clipSettings(224);

function near(actual: readonly number[], expected: readonly number[]): void {
  const isNear = actual.every((value, i) => Math.abs(value - expected[i]!) < 1e-12);
  assert.ok(isNear && actual.length === expected.length, `${actual} is not ${expected}`);
}

test('a square image is seen as a whole', () => {
  near(visibleRegion(square, settings), [0, 0, 1, 1]);
  const { box, visible } = boxToCrop([0.1, 0.2, 0.5, 1], square, settings);
  near(box, [0.1, 0.2, 0.5, 1]);
  assert.is(visible, 1);
});

test('a crop smaller than the resized image cuts every side', () => {
  const timm = { ...settings, resize: 248 };
  near(visibleRegion(square, timm), [12 / 248, 12 / 248, 236 / 248, 236 / 248]);
  near(boxToCrop([0.5, 0.5, 236 / 248, 236 / 248], square, timm).box, [0.5, 0.5, 1, 1]);
});

test('a box inside of the crop moves with it', () => {
  const { box, visible } = boxToCrop([0.25, 0, 0.5, 0.5], wide, settings);
  near(box, [0, 0, 0.5, 0.5]);
  assert.is(visible, 1);
  near(boxToCrop([100, 0, 200, 100], wide, settings, 'pixels').box, [0, 0, 0.5, 0.5]);
});

test('what the crop cuts off is reported', () => {
  const { box, visible } = boxToCrop([0, 0, 0.5, 1], wide, settings);
  near(box, [0, 0, 0.5, 1]);
  near([visible], [0.5]);
});

test('a tall image with an odd offset: half a pixel goes to the even side', () => {
  // 224 × 337 resized: (337 − 224) / 2 = 56.5, which Python rounds to 56
  near(visibleRegion({ width: 448, height: 674 }, settings), [0, 56 / 337, 1, 280 / 337]);
  // 224 × 339: 57.5 becomes 58
  near(visibleRegion({ width: 448, height: 678 }, settings), [0, 58 / 339, 1, 282 / 339]);
});

test('rounding beyond the border is no error', () => {
  const { box, visible } = boxToCrop([-1e-7, 0, 1 + 1e-7, 1], square, settings);
  near(box, [0, 0, 1, 1]);
  assert.is(visible, 1);
});

for (const [problem, box, unit, ...patterns] of [
  ['an empty box', [0.5, 0.1, 0.5, 0.9], 'fractions', 'is empty', 'x1 < x2'],
  ['corners the wrong way round', [0.5, 0.5, 0.1, 0.1], 'fractions', 'from 0.5, 0.5 to 0.1, 0.1', 'is empty'],
  ['pixels taken for fractions', [10, 10, 50, 50], 'fractions', 'outside of the image', 'given in pixels'],
  ['a box beyond the border', [300, 0, 500, 100], 'pixels', '400×200 pixels', 'between 0, 0 and 400, 200'],
  ['a negative corner', [-0.2, 0, 0.5, 0.5], 'fractions', 'outside of the image'],
  ['NaN', [0, 0, Number.NaN, 1], 'fractions', 'finite numbers'],
  ['three numbers', [0, 0, 1] as unknown as Box, 'fractions', 'four'],
  ['a box that the crop cuts off', [0, 0, 0.25, 1], 'fractions', 'model sees nothing', 'from 0.25, 0 to 0.75, 1'],
  ['one that it cuts off, in pixels', [350, 0, 400, 50], 'pixels', 'model sees nothing', 'from 100, 0 to 300, 200'],
] as const) {
  test(`refuses ${problem}`, () => failsWith(() => boxToCrop(box, wide, settings, unit), 'box ', ...patterns));
}

test('every accepted box lies in the crop, and its visible share is that of the areas', () => {
  const { uniform, integer } = random(3);
  let accepted = 0;
  for (let i = 0; i < 2000; i++) {
    const image = { width: 1 + (integer() % 900), height: 1 + (integer() % 900) };
    const [a, b, c, d] = [uniform(), uniform(), uniform(), uniform()];
    const given: Box = [Math.min(a, b), Math.min(c, d), Math.max(a, b), Math.max(c, d)];
    const [left, top, right, bottom] = visibleRegion(image, settings);
    if (given[2] <= left || given[0] >= right || given[3] <= top || given[1] >= bottom) continue;
    const { box, visible } = boxToCrop(given, image, settings);
    assert.ok(box.every((value) => value >= 0 && value <= 1) && box[0] < box[2] && box[1] < box[3]);
    const seen = (box[2] - box[0]) * (box[3] - box[1]) * (right - left) * (bottom - top);
    assert.ok(Math.abs(seen / ((given[2] - given[0]) * (given[3] - given[1])) - visible) < 1e-9);
    accepted++;
  }
  assert.ok(accepted > 1000);
});

test.run();
