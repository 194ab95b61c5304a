import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { namedConfigs } from '../../model/configs.ts';
import { MmgemError } from '../../model/errors.ts';
import { halfNormalization, preprocessorFor } from '../../model/files/preprocessor.ts';
import { clipSettings, parsePreprocessSettings, preprocess } from '../../model/preprocess/preprocess.ts';
import { random } from '../../model/random.ts';
import { failsWith } from '../files/support.ts';

const test = suite('preprocess');
const parse = (json: unknown) => parsePreprocessSettings(json, 'model/preprocessor_config.json');

const timm = {
  size: { shortest_edge: 248 },
  crop_size: { height: 224, width: 224 },
  image_mean: [0.5, 0.5, 0.5],
  image_std: [0.5, 0.5, 0.5],
};

test('an empty file means CLIP at 224', () => assert.equal(parse({}), clipSettings(224)));

test('reads sizes as numbers and as objects', () => {
  assert.equal(parse({ size: 336, crop_size: 336 }), clipSettings(336));
  assert.equal(parse({ size: { shortest_edge: 336 }, crop_size: { height: 336, width: 336 } }), clipSettings(336));
  assert.equal(parse(timm), { resize: 248, crop: { height: 224, width: 224 }, ...halfNormalization });
});

test('reads what a model directory is given', () => {
  const vision = Object.values(namedConfigs)[0]!.vision;
  const settings = parse(JSON.parse(JSON.stringify(preprocessorFor(vision, halfNormalization, 0.9))));
  assert.equal(settings.crop, { height: vision.image_size, width: vision.image_size });
  assert.is(settings.resize, Math.floor(vision.image_size / 0.9));
  assert.equal(settings.std, [0.5, 0.5, 0.5]);
});

for (const [json, ...patterns] of [
  [[], 'no JSON object'],
  [null, 'no JSON object'],
  [{ size: '224' }, 'size is "224"', 'integer'],
  [{ size: { height: 224, width: 224 } }, 'size is', 'shortest_edge'],
  [{ size: { shortest_edge: 0 } }, 'size.shortest_edge is 0'],
  [{ crop_size: { height: 224 } }, 'crop_size.width is missing'],
  [{ crop_size: 1e9 }, 'crop_size is 1000000000'],
  [{ size: 224, crop_size: 256 }, 'crop_size 256×256', 'at least 256'],
  [{ image_mean: [0.5] }, 'image_mean', 'three numbers'],
  [{ image_std: [1, 0, 1] }, 'image_std', 'above 0'],
  [{ do_resize: false }, 'do_resize'],
  [{ do_center_crop: 'yes' }, 'do_center_crop', 'true or false'],
  [{ resample: 2 }, 'resample is 2', 'bicubic'],
  [{ rescale_factor: 1 }, 'rescale_factor is 1', '1/255'],
] as const) {
  test(`refuses ${JSON.stringify(json)}`, () => failsWith(() => parse(json), 'preprocessor_config.json', ...patterns));
}

test('odd values end in settings or in an MmgemError', () => {
  const { integer } = random(5);
  const pick = <T>(values: readonly T[]): T => values[integer() % values.length]!;
  const fields = ['size', 'crop_size', 'image_mean', 'image_std', 'do_resize', 'resample', 'rescale_factor'];
  const values = [
    null,
    -1,
    0.5,
    224,
    1e308,
    '',
    'x',
    [],
    {},
    { shortest_edge: 3 },
    { height: 2, width: 2 },
    true,
    [1, 2, 3],
  ];
  let refused = 0;
  for (let i = 0; i < 2000; i++) {
    const json = { ...timm, [pick(fields)]: pick(values), [pick(fields)]: pick(values) };
    try {
      assert.ok(parse(json).resize >= 1);
    } catch (error) {
      if (!(error instanceof MmgemError)) throw error;
      refused++;
    }
  }
  assert.ok(refused > 100 && refused < 2000, `${refused} of 2000 refused`);
});

test('writes [3, H, W], normalised', () => {
  const image = { width: 2, height: 2, data: Uint8Array.of(0, 51, 255, 1, 52, 254, 2, 53, 253, 3, 54, 252) };
  const settings = { resize: 2, crop: { height: 2, width: 2 }, mean: [0.1, 0.2, 0.3], std: [0.5, 0.25, 2] } as const;
  const result = preprocess(image, settings);
  const levels = [0, 1, 2, 3, 51, 52, 53, 54, 255, 254, 253, 252];
  const expected = levels.map((level, i) => {
    const channel = Math.floor(i / 4);
    return Math.fround((level / 255 - settings.mean[channel]!) / settings.std[channel]!);
  });
  assert.equal([...result], expected);
});

test('writes into one image of a batch', () => {
  const image = { width: 4, height: 6, data: new Uint8Array(72).fill(255) };
  const batch = new Float32Array(2 * 3 * 4);
  const settings = { resize: 2, crop: { height: 2, width: 2 }, mean: [0, 0, 0], std: [1, 1, 1] } as const;
  const result = preprocess(image, settings, batch.subarray(12));
  assert.is(result.buffer, batch.buffer);
  assert.equal([...batch], [...Array(12).fill(0), ...Array(12).fill(1)]);
});

test('refuses data that does not fit the sides, and a target of another size', async () => {
  const image = { width: 4, height: 4, data: new Uint8Array(48) };
  await failsWith(() => preprocess({ ...image, data: new Uint8Array(64) }, clipSettings(2)), '64 bytes', '4·4·3 = 48');
  await failsWith(() => preprocess({ ...image, width: 4.5 }, clipSettings(2)), '4.5×4', 'positive integers');
  await failsWith(
    () => preprocess({ ...image, data: new Float32Array(48) as never }, clipSettings(2)),
    'no Uint8Array',
  );
  await failsWith(() => preprocess(image, clipSettings(2), new Float32Array(5)), 'target has 5', '3×2×2 has 12');
});

test.run();
