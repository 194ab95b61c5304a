import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Box } from '../../model/preprocess/geometry.ts';
import type { RgbImage } from '../../model/preprocess/image.ts';
import { random } from '../../model/random.ts';
import { groundColours, objectColours, type Rgb } from '../../model/scenes/colours.ts';
import { draw, drawMask } from '../../model/scenes/draw.ts';
import { drawGround, sampleGround } from '../../model/scenes/ground.ts';
import { type PlacedObject, sampleObjects } from '../../model/scenes/layout.ts';
import { distances } from '../../model/scenes/outlines.ts';
import { scene } from '../../model/scenes/scene.ts';
import { maskToPatches } from '../../model/session/masks.ts';

const test = suite('pictures of scenes');

const counts = [1, 1, 1, 1] as const;
const layouts = Array.from({ length: 60 }, (_, seed) => ({
  objects: sampleObjects(random(seed, 'objects'), counts),
  ground: sampleGround(random(seed, 'ground')),
}));

/** The box around the pixels that are set, in fractions. */
function boxAround(side: number, isSet: (pixel: number) => boolean): Box {
  let [x1, y1, x2, y2] = [side, side, 0, 0];
  for (let pixel = 0; pixel < side * side; pixel++) {
    if (!isSet(pixel)) continue;
    const [x, y] = [pixel % side, Math.floor(pixel / side)];
    [x1, y1, x2, y2] = [Math.min(x1, x), Math.min(y1, y), Math.max(x2, x + 1), Math.max(y2, y + 1)];
  }
  return [x1 / side, y1 / side, x2 / side, y2 / side];
}

function closeBoxes(actual: Box, expected: Box, most: number, what: string): void {
  const largest = Math.max(...actual.map((value, i) => Math.abs(value - expected[i]!)));
  assert.ok(largest <= most, `${what}: ${actual} and ${expected} differ by ${largest}`);
}

const colourAt = ({ data }: RgbImage, pixel: number): Rgb => [
  data[3 * pixel]!,
  data[3 * pixel + 1]!,
  data[3 * pixel + 2]!,
];
const colourDistance = (a: Rgb, b: Rgb): number => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

test('boxes are tight around what is drawn, to a pixel', () => {
  const side = 200;
  for (const { objects, ground } of layouts) {
    const empty = draw({ objects: [], ground }, side);
    for (const object of objects) {
      const image = draw({ objects: [object], ground }, side);
      const drawn = boxAround(side, (pixel) => colourDistance(colourAt(image, pixel), colourAt(empty, pixel)) > 15);
      closeBoxes(drawn, object.box, 1.01 / side, `${object.shape} of radius ${object.radius}`);
    }
  }
});

test('masks agree with boxes and pixels at every resolution', () => {
  const side = 160;
  for (const { objects, ground } of layouts.slice(0, 20)) {
    const image = draw({ objects, ground }, side);
    const empty = draw({ objects: [], ground }, side);
    const covered = new Float64Array(side * side);
    for (const object of objects) {
      const fine = drawMask(object, side);
      assert.equal([fine.width, fine.height, fine.data.length], [side, side, side * side]);
      fine.data.forEach((value, pixel) => {
        covered[pixel]! += value;
      });
      closeBoxes(boxAround(side, (pixel) => fine.data[pixel]! > 0), object.box, 1.01 / side, object.shape); // biome-ignore format: one call
      for (const other of [1, 6, 10, 320]) {
        const { data } = drawMask(object, other);
        assert.ok(data.every((value) => value >= 0 && value <= 1.0001));
        const shares = [data, fine.data].map((values) => mean([...values]));
        assert.ok(Math.abs(shares[0]! - shares[1]!) < 0.02 * shares[1]!, `${object.shape} at ${other}: ${shares}`);
      }
    }
    for (const [pixel, share] of covered.entries()) {
      const change = colourDistance(colourAt(image, pixel), colourAt(empty, pixel));
      if (share === 0) assert.is(change, 0);
      assert.ok(share <= 1.0001, 'objects do not overlap');
    }
  }
});

test('a mask is the share of each cell that lies within the outline', () => {
  const [grid, fine] = [10, 40];
  for (const { objects } of layouts.slice(0, 20)) {
    for (const object of objects) {
      const { data } = drawMask(object, grid);
      const points = Array.from({ length: fine * fine }, (_, i) => [(i % fine) + 0.5, Math.floor(i / fine) + 0.5]);
      data.forEach((share, cell) => {
        const inside = points.filter(([x, y]) => {
          const [u, v] = [
            ((cell % grid) + x! / fine) / grid - object.x,
            (Math.floor(cell / grid) + y! / fine) / grid - object.y,
          ].map((value) => value / object.radius);
          const { cosine, sine } = object.rotation;
          return distances[object.shape](u! * cosine + v! * sine, v! * cosine - u! * sine) < 0;
        });
        const counted = inside.length / points.length;
        assert.ok(Math.abs(counted - share) < 0.02, `${object.shape}: ${counted} ${share}`);
      });
    }
  }
});

test('masks are what the model takes', () => {
  const { image, objects } = scene(3, { side: 160 });
  const settings = {
    resize: 160,
    crop: { width: 160, height: 160 },
    interpolation: 'bicubic',
    mean: [0.5, 0.5, 0.5],
    std: [0.5, 0.5, 0.5],
  } as const;
  const patches = maskToPatches(objects[0]!.mask(160), image, settings, 10);
  objects[0]!.mask(10).data.forEach((value, i) => assert.ok(Math.abs(value - patches[i]!) < 1e-5));
});

test('colours of objects are far from each other and from every background', () => {
  const colours = Object.values(objectColours).map(({ rgb }) => rgb);
  colours.forEach((colour, i) => {
    for (const other of colours.slice(0, i)) assert.ok(colourDistance(colour, other) > 80, `${colour} ${other}`);
    for (const ground of Object.values(groundColours)) assert.ok(colourDistance(colour, ground) > 90);
  });
});

test('the background is no sterile plane, and nothing on it looks like an object', () => {
  let different = 0;
  for (const { ground } of layouts) {
    const image = drawGround(ground, 64);
    const pixels = Array.from({ length: 64 * 64 }, (_, pixel) => colourAt(image, pixel));
    const farthest = Math.max(...pixels.map((pixel) => colourDistance(pixel, groundColours[ground.name])));
    assert.ok(farthest < 95, `${ground.name}: ${farthest}`);
    different += new Set(pixels.map(String)).size > 12 ? 1 : 0;
    assert.ok(mean([...image.data]) > 120);
  }
  assert.ok(different > 56, `${different} of 60 have shades`);
});

test('edges are smooth', () => {
  const { objects, ground } = layouts[0]!;
  const [object] = objects as [PlacedObject];
  const plain = { ...object, shape: 'circle', texture: 'plain' } as const;
  const shares = [...drawMask(plain, 160).data].filter((value) => value > 0 && value < 1);
  assert.ok(new Set(shares).size > 50, 'a circle has pixels that are covered in part');
  const image = draw({ objects: [plain], ground }, 160);
  const edge = [...drawMask(plain, 160).data].findIndex((value) => value > 0.4 && value < 0.6);
  const [mixed, own, below] = [
    colourAt(image, edge),
    colourAt(image, Math.floor(plain.y * 160) * 160 + Math.floor(plain.x * 160)),
    colourAt(drawGround(ground, 160), edge),
  ];
  assert.ok(colourDistance(mixed, own) > 20 && colourDistance(mixed, below) > 20, `${mixed} ${own} ${below}`);
});

test.run();
