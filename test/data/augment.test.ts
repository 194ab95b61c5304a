import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Augmentation, checkAugmentation, mirrorBox, mirrorImage, randomView } from '../../model/data/augment.ts';
import { type ImageTask, inlinePreparer, type Preparation, prepareImage } from '../../model/data/prepare.ts';
import type { Box } from '../../model/preprocess/geometry.ts';
import { normalize, preprocess, type RgbImage } from '../../model/preprocess/preprocess.ts';
import { cutOut, resize } from '../../model/preprocess/resize.ts';
import { random } from '../../model/random.ts';
import { failsWith } from '../files/support.ts';
import { noise } from './noise.ts';
import { settings } from './support.ts';

const test = suite('random crops');

const photo = { width: 640, height: 480 };
const wide = { width: 1000, height: 40 };
const tall = { width: 30, height: 900 };

test('crops have the area and the ratio that were asked for, and lie inside', () => {
  const source = random(1);
  const scale = [0.08, 0.35] as const;
  const ratio = [0.5, 1.5] as const;
  const shares: number[] = [];
  const ratios: number[] = [];
  for (let i = 0; i < 4000; i++) {
    const { region, mirrored } = randomView(photo, { scale, ratio }, source);
    const { left, top, width, height } = region;
    assert.ok(left >= 0 && top >= 0 && left + width <= 640 && top + height <= 480, JSON.stringify(region));
    assert.is(mirrored, false);
    shares.push((width * height) / (640 * 480));
    ratios.push(Math.log(width / height));
  }
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  assert.ok(Math.min(...shares) > 0.079 && Math.max(...shares) < 0.355);
  assert.ok(Math.abs(mean(shares) - 0.215) < 0.005, `mean share ${mean(shares)}`);
  assert.ok(Math.min(...ratios) > Math.log(0.49) && Math.max(...ratios) < Math.log(1.52));
  assert.ok(Math.abs(mean(ratios) - (Math.log(0.5) + Math.log(1.5)) / 2) < 0.02, `mean log ratio ${mean(ratios)}`);
});

test('crops reach every edge', () => {
  const source = random(2);
  const regions = Array.from({ length: 3000 }, () =>
    randomView({ width: 9, height: 7 }, { scale: [0.3, 0.9] }, source),
  );
  for (const reaches of [
    ({ left }: { left: number }) => left === 0,
    ({ top }: { top: number }) => top === 0,
    ({ left, width }: { left: number; width: number }) => left + width === 9,
    ({ top, height }: { top: number; height: number }) => top + height === 7,
  ]) {
    assert.ok(regions.some(({ region }) => reaches(region)));
  }
});

test('where no crop fits, the largest one in the middle is taken, as in torchvision', () => {
  // torchvision: ratio 25 > 4/3, so w = round(40 · 4/3) = 53, i = 0, j = (1000 − 53) // 2
  const { region } = randomView(wide, { scale: [1, 1] }, random(1));
  assert.equal(region, { left: 473, top: 0, width: 53, height: 40 });
  // ratio 1/30 < 3/4: h = round(30 / (3/4)) = 40, i = (900 − 40) // 2
  assert.equal(randomView(tall, { scale: [1, 1] }, random(1)).region, { left: 0, top: 430, width: 30, height: 40 });
  const square = { width: 8, height: 8 };
  assert.equal(randomView(square, { scale: [1, 1], ratio: [1, 1] }, random(1)).region, { left: 0, top: 0, ...square });
  assert.equal(randomView({ width: 1, height: 1 }, {}, random(1)).region, { left: 0, top: 0, width: 1, height: 1 });
});

test('half of the views are mirrored where that is asked for', () => {
  const source = random(3);
  const mirrored = Array.from({ length: 1000 }, () => randomView(photo, { flip: true }, source)).filter(
    (view) => view.mirrored,
  ).length;
  assert.ok(Math.abs(mirrored - 500) < 60, `${mirrored}`);
});

for (const [augmentation, pattern] of [
  [{ scale: [0, 1] }, 'augmentation.scale is [0,1]'],
  [{ scale: [0.5, 1.1] }, 'greatest ≤ 1'],
  [{ scale: [0.9, 0.5] }, 'augmentation.scale'],
  [{ scale: 0.5 }, 'augmentation.scale is 0.5'],
  [{ scale: [0.5] }, 'augmentation.scale is [0.5]'],
  [{ flip: 'yes' }, 'augmentation.flip is "yes"'],
  [{ ratio: [-1, 2] }, 'augmentation.ratio is [-1,2]'],
  [{ ratio: [Number.NaN, 2] }, 'augmentation.ratio'],
] as const) {
  test(`refuses ${JSON.stringify(augmentation)}`, () =>
    failsWith(() => checkAugmentation(augmentation as Augmentation), pattern));
}

test('cutting out and mirroring move pixels, and boxes with them', () => {
  const image: RgbImage = { width: 3, height: 2, data: Uint8Array.from({ length: 18 }, (_, i) => i) };
  assert.is(cutOut(image, { left: 0, top: 0, width: 3, height: 2 }), image);
  const part = cutOut(image, { left: 1, top: 0, width: 2, height: 2 });
  assert.equal([...part.data], [3, 4, 5, 6, 7, 8, 12, 13, 14, 15, 16, 17]);
  assert.equal([...mirrorImage(part).data], [6, 7, 8, 3, 4, 5, 15, 16, 17, 12, 13, 14]);
  assert.equal(mirrorBox([0.25, 0, 0.5, 1]), [0.5, 0, 0.75, 1]);
});

/** Of a picture twice as wide as high evaluation sees the middle half. */
const leftOfMiddle: Box = [0.25, 0, 0.5, 1];

const noTools = {
  decode: async (): Promise<RgbImage> => {
    throw new Error('nothing to decode');
  },
  resolvers: {},
};
const prepare = (task: Partial<ImageTask>, preparation: Partial<Preparation> = {}) =>
  prepareImage(
    { name: 'x', image: noise(1), stream: 'a', boxes: [], boxUnit: 'fractions', ...task },
    { settings, seed: 1, ...preparation },
    noTools,
  );

test('without augmentation images are prepared as for evaluation', async () => {
  const image = noise(5, 40, 20);
  const { pixels, boxes } = await prepare({ image, boxes: [leftOfMiddle, [0, 0, 0.25, 1]] });
  assert.equal([...pixels], [...preprocess(image, settings)]);
  assert.equal(boxes, [[0, 0, 0.5, 1], undefined]);
});

test('a crop is the region alone, resized by the filter of evaluation', async () => {
  const image = noise(6, 40, 30);
  const augmentation = { scale: [0.2, 0.5], flip: true } as const;
  for (let i = 0; i < 20; i++) {
    const stream = `s${i}`;
    const { pixels } = await prepare({ image, stream }, { augmentation });
    const view = randomView(image, augmentation, random(1, stream));
    const resized = resize(cutOut(image, view.region), { width: 16, height: 16 });
    assert.equal([...pixels], [...normalize(view.mirrored ? mirrorImage(resized) : resized, settings)]);
  }
});

test('the same seed and stream give the same crop, others another', async () => {
  const augmentation = { scale: [0.2, 0.5] } as const;
  const digest = async (stream: string, seed: number) =>
    (await prepare({ stream }, { augmentation, seed })).pixels.join();
  const once = await digest('a', 1);
  assert.is(await digest('a', 1), once);
  assert.is.not(await digest('b', 1), once);
  assert.is.not(await digest('a', 2), once);
});

/** White where the box is, black elsewhere. */
function drawn(box: Box, width: number, height: number): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let y = box[1] * height; y < box[3] * height; y++) {
    data.fill(255, (y * width + box[0] * width) * 3, (y * width + box[2] * width) * 3);
  }
  return { width, height, data };
}

test('boxes follow what they frame through crop and mirror', async () => {
  const box: Box = [0.25, 0.5, 0.625, 0.75];
  const image = drawn(box, 64, 64);
  const fine = { ...settings, resize: 64, crop: { width: 64, height: 64 }, mean: [0, 0, 0], std: [1, 1, 1] } as const;
  let mirrored = 0;
  for (let i = 0; i < 40; i++) {
    const stream = `${i}`;
    const augmentation = { scale: [0.3, 1], flip: true } as const;
    const { pixels, boxes } = await prepare({ image, boxes: [box], stream }, { settings: fine, augmentation });
    const found = boxes[0] as Box;
    assert.ok(Array.isArray(found));
    let [x1, y1, x2, y2] = [64, 64, 0, 0];
    for (let y = 0; y < 64; y++) {
      for (let x = 0; x < 64; x++) {
        if (pixels[y * 64 + x]! < 0.5) continue;
        [x1, y1, x2, y2] = [Math.min(x1, x), Math.min(y1, y), Math.max(x2, x + 1), Math.max(y2, y + 1)];
      }
    }
    for (const [k, edge] of [x1, y1, x2, y2].entries()) {
      assert.ok(
        Math.abs(found[k]! * 64 - edge) <= 1.01,
        `${found.map((value) => value * 64)} is not ${[x1, y1, x2, y2]}`,
      );
    }
    if (randomView(image, augmentation, random(1, stream)).mirrored) mirrored++;
  }
  assert.ok(mirrored > 5 && mirrored < 35);
});

test('regions of which less than half is seen are dropped, but one at least is seen', async () => {
  const augmentation = { scale: [0.1, 0.15] } as const;
  const boxes: Box[] = [
    [0, 0, 0.2, 0.2],
    [0.8, 0.8, 1, 1],
    [0, 0, 1, 1],
  ];
  const image = noise(1, 100, 100);
  let dropped = 0;
  for (let i = 0; i < 50; i++) {
    const prepared = await prepare({ image, boxes, stream: `${i}` }, { augmentation });
    const seen = prepared.boxes.filter((box) => Array.isArray(box)) as Box[];
    assert.ok(seen.length >= 1);
    dropped += boxes.length - seen.length;
    for (const [x1, y1, x2, y2] of seen) assert.ok(x1 >= 0 && y1 >= 0 && x2 <= 1 && y2 <= 1 && x1 < x2 && y1 < y2);
  }
  assert.ok(dropped > 20, `${dropped}`);
});

test('half a region seen is enough', async () => {
  // The crop of evaluation shows 0.25 … 0.75 of a picture that is twice as wide as high.
  const image = noise(1, 40, 20);
  const boxes: Box[] = [
    [0.125, 0, 0.375, 1],
    [0.12, 0, 0.375, 1],
  ];
  const prepared = await prepare({ image, boxes });
  assert.equal(prepared.boxes, [[0, 0, 0.25, 1], undefined]);
});

test('boxes in pixels; what reaches beyond the edge is cut, what lies outside is named', async () => {
  const image = noise(1, 20, 20);
  const { boxes } = await prepare({
    image,
    boxUnit: 'pixels',
    boxes: [
      [5, 5, 10, 15],
      [-2, 0, 10, 20],
      [15, 15, 30, 30],
      [100, 0, 110, 10],
    ],
  });
  assert.equal(boxes.slice(0, 2), [
    [0.25, 0.25, 0.5, 0.75],
    [0, 0, 0.5, 1],
  ]);
  assert.match(String(boxes[2]), 'box 15, 15, 30, 30 (pixels; image 20×20 pixels): most of it lies outside');
  assert.match(String(boxes[3]), 'lies outside of the image');
});

test('an image of a kind that nothing makes is named with its kind', async () => {
  const preparer = inlinePreparer({ ...noTools, resolvers: { file: () => noise(1) } })({ settings, seed: 1 });
  const task = { name: 'a.jsonl:3', stream: 'a', boxes: [], boxUnit: 'fractions' } as const;
  try {
    await preparer.prepare({ ...task, image: { kind: 'toString' } });
    assert.unreachable();
  } catch (error) {
    assert.match(String(error), 'a.jsonl:3: nothing makes images of the kind "toString" here (known: file)');
  }
  assert.is((await preparer.prepare({ ...task, image: { kind: 'file' } })).pixels.length, 3 * 16 * 16);
});

test.run();
