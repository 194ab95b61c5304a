import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { colourOf } from '../../../model/page/heat.ts';
import { heatPixels, legendPixels, rangeOf } from '../../../targets/browser/page/heat/heat-pixels.ts';

const test = suite('heat over a picture');

/** Hot in the lower right cell alone, over the middle half of the picture. */
const map = { width: 2, height: 2, values: Float32Array.of(-0.5, 0, 0, 1), region: [0.25, 0, 0.75, 1] as const };
const pixel = (pixels: Uint8ClampedArray, width: number, x: number, y: number) => [
  ...pixels.slice(4 * (y * width + x), 4 * (y * width + x) + 4),
];

test('the hottest place is brightest and covers most', () => {
  const pixels = heatPixels(map, 40, 20);
  const [hot, cold] = [pixel(pixels, 40, 28, 17), pixel(pixels, 40, 12, 2)];
  assert.equal(hot.slice(0, 3), colourOf(1).map(Math.round));
  assert.ok(hot[3]! > cold[3]!, `${hot} ${cold}`);
});

test('what the model does not see is darkened', () => {
  const pixels = heatPixels(map, 40, 20);
  assert.equal(pixel(pixels, 40, 2, 10), pixel(pixels, 40, 38, 10));
  assert.equal(pixel(pixels, 40, 2, 10).slice(0, 3), [0, 0, 0]);
  assert.ok(pixel(pixels, 40, 2, 10)[3]! > 100);
});

test('colours grow lighter from cold to hot, so that they read without colours', () => {
  const light = Array.from({ length: 64 }, (_, i) => {
    const [red, green, blue] = colourOf(i / 63);
    return 0.299 * red + 0.587 * green + 0.114 * blue;
  });
  assert.ok(light.every((value, i) => i === 0 || value > light[i - 1]!));
});

test('the legend runs from the coldest to the hottest colour', () => {
  const pixels = legendPixels(16);
  assert.equal(pixel(pixels, 16, 0, 0), [...colourOf(0), 255]);
  assert.equal(pixel(pixels, 16, 15, 0), [...colourOf(1), 255]);
  assert.equal(rangeOf(map), { least: -0.5, largest: 1 });
});

test.run();
