import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readBytes, readHeader } from '../../model/files/safetensors.ts';
import { clipSettings, type RgbImage, resizeAndCrop } from '../../model/preprocess/preprocess.ts';
import { resize } from '../../model/preprocess/resize.ts';
import { random } from '../../model/random.ts';
import { openFile } from '../../targets/node/files.ts';
import { goldenPath } from '../support/repository.ts';

const test = suite('resize');

const goldenCases = 7;

function noise(width: number, height: number, seed = 1): RgbImage {
  const { integer } = random(seed);
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, () => integer() & 255) };
}

test('equals Pillow on every value of the golden images', async () => {
  const source = await openFile(goldenPath('preprocess.safetensors'));
  const file = await readHeader(source);
  assert.is(file.tensors.size, goldenCases * 2);
  for (let i = 0; i < goldenCases; i++) {
    const [height, width] = file.tensors.get(`${i}/image`)!.shape as [number, number];
    const size = file.tensors.get(`${i}/crop`)!.shape[0]!;
    const crop = resizeAndCrop({ width, height, data: await readBytes(file, `${i}/image`) }, clipSettings(size));
    const expected = await readBytes(file, `${i}/crop`);
    assert.is(crop.data.length, expected.length);
    const differing = expected.filter((value, k) => value !== crop.data[k]).length;
    assert.is(differing, 0, `image ${i}: ${differing} of ${expected.length} values differ`);
  }
  await source.close?.();
});

test('leaves an image of the right size as it is', () => {
  const image = noise(9, 6);
  assert.equal(resize(image, image).data, image.data);
});

test('keeps a constant colour', () => {
  const data = Uint8Array.from({ length: 17 * 5 * 3 }, (_, i) => [255, 7, 128][i % 3]!);
  for (const size of [
    { width: 4, height: 3 },
    { width: 50, height: 2 },
    { width: 17, height: 40 },
  ]) {
    const { data: out } = resize({ width: 17, height: 5, data }, size);
    assert.ok(out.every((value, i) => value === [255, 7, 128][i % 3]));
  }
});

for (const [width, height] of [
  [40, 25],
  [7, 61],
  [31, 29],
] as const) {
  test(`a region of ${width}×${height} is what the whole image has there`, () => {
    const image = noise(31, 29);
    const whole = resize(image, { width, height });
    const region = { left: 2, top: 11, width: 5, height: 9 };
    const part = resize(image, { width, height }, region);
    for (let y = 0; y < region.height; y++) {
      const from = ((y + region.top) * width + region.left) * 3;
      const row = part.data.subarray(y * region.width * 3, (y + 1) * region.width * 3);
      assert.equal(row, whole.data.subarray(from, from + region.width * 3));
    }
  });
}

test('clips where the filter overshoots an edge', () => {
  const image = { width: 2, height: 1, data: Uint8Array.of(0, 0, 0, 255, 255, 255) };
  const { data } = resize(image, { width: 16, height: 1 });
  assert.is(Math.min(...data), 0);
  assert.is(Math.max(...data), 255);
  const levels = [...data].filter((_, i) => i % 3 === 0);
  assert.equal(
    levels,
    [...levels].sort((a, b) => a - b),
    'an overflow would turn the order around',
  );
});

test('takes a single row of many pixels, of which the crop needs few', () => {
  const crop = resizeAndCrop(noise(20_000, 1), clipSettings(32));
  assert.equal([crop.width, crop.height, crop.data.length], [32, 32, 32 * 32 * 3]);
});

test.run();
