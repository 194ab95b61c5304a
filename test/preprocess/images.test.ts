import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { RgbImage } from '../../model/preprocess/preprocess.ts';
import { decodeImage, encodePng } from '../../targets/node/images.ts';
import { repositoryRoot } from '../support/repository.ts';
import { testWithShared } from '../support/skip.ts';
import { cmykColours, cmykJpeg } from './cmyk-jpeg.ts';
import { pngFile } from './png-file.ts';

const test = suite('images');

/** 3 wide, 2 high; every pixel differs, and so do the channels. */
const small: RgbImage = {
  width: 3,
  height: 2,
  data: Uint8Array.from({ length: 18 }, (_, i) => (i * 53 + 7) & 255),
};
const rowsOf = ({ width, height, data }: RgbImage): number[][] =>
  Array.from({ length: height }, (_, y) => [...data.subarray(y * width * 3, (y + 1) * width * 3)]);
const rgbPng = pngFile({ width: 3, height: 2, bits: 8, colourType: 2, rows: rowsOf(small) });
const raw = { raw: { width: 3, height: 2, channels: 3 } } as const;

async function decodesTo(file: Uint8Array, expected: readonly number[], width = 3, height = 2): Promise<void> {
  const image = await decodeImage(file);
  assert.equal([image.width, image.height], [width, height]);
  assert.equal([...image.data], [...expected]);
}

test('RGB: PNG and lossless WebP, exactly', async () => {
  await decodesTo(rgbPng, [...small.data]);
  await decodesTo(await sharp(small.data, raw).webp({ lossless: true }).toBuffer(), [...small.data]);
});

test('encodePng writes what decodeImage reads', async () => {
  await decodesTo(await encodePng(small), [...small.data]);
});

test('JPEG, near the original', async () => {
  const data = Uint8Array.from({ length: 16 * 16 * 3 }, (_, i) => [250, 120, 10][i % 3]!);
  const file = await sharp(data, { raw: { width: 16, height: 16, channels: 3 } })
    .jpeg({ quality: 100 })
    .toBuffer();
  const image = await decodeImage(file);
  assert.ok(image.data.every((value, i) => Math.abs(value - data[i]!) <= 3));
});

/** Where the pixel that is shown at (x, y) is stored, in an image of width w and height h as stored. */
const orientations: readonly ((x: number, y: number, w: number, h: number) => readonly [number, number])[] = [
  (x, y) => [x, y],
  (x, y, w) => [w - 1 - x, y],
  (x, y, w, h) => [w - 1 - x, h - 1 - y],
  (x, y, _, h) => [x, h - 1 - y],
  (x, y) => [y, x],
  (x, y, _, h) => [y, h - 1 - x],
  (x, y, w, h) => [w - 1 - y, h - 1 - x],
  (x, y, w) => [w - 1 - y, x],
];

for (const [index, stored] of orientations.entries()) {
  const orientation = index + 1;
  test(`EXIF orientation ${orientation}`, async () => {
    const [width, height] = orientation > 4 ? [2, 3] : [3, 2];
    const expected: number[] = [];
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const [column, row] = stored(x, y, 3, 2);
        expected.push(...small.data.subarray((row * 3 + column) * 3, (row * 3 + column) * 3 + 3));
      }
    }
    const tagged = () => sharp(small.data, raw).withMetadata({ orientation });
    await decodesTo(await tagged().png().toBuffer(), expected, width, height);
    await decodesTo(await tagged().webp({ lossless: true }).toBuffer(), expected, width, height);
    const jpeg = await decodeImage(await tagged().jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer());
    assert.equal([jpeg.width, jpeg.height], [width, height]);
    assert.ok(jpeg.data.every((value, i) => Math.abs(value - expected[i]!) <= 4));
  });
}

test('grey becomes RGB', async () => {
  const rows = [[0, 100, 255], [1, 2, 3]]; // biome-ignore format: rows of the image
  const expected = rows.flat().flatMap((level) => [level, level, level]);
  await decodesTo(pngFile({ width: 3, height: 2, bits: 8, colourType: 0, rows }), expected);
});

test('alpha is dropped: the colour below stays, whatever it covers', async () => {
  const rgba = [200, 100, 50, 0, 9, 8, 7, 128, 1, 2, 3, 255];
  const rows = [rgba];
  await decodesTo(
    pngFile({ width: 3, height: 1, bits: 8, colourType: 6, rows }),
    [200, 100, 50, 9, 8, 7, 1, 2, 3],
    3,
    1,
  );
  const grey = pngFile({ width: 2, height: 1, bits: 8, colourType: 4, rows: [[77, 0, 5, 200]] });
  await decodesTo(grey, [77, 77, 77, 5, 5, 5], 2, 1);
});

test('a transparent colour (tRNS) stays itself', async () => {
  const [red, green, blue] = small.data;
  const chunks = [['tRNS', [0, red!, 0, green!, 0, blue!]]] as const;
  const rows = rowsOf(small);
  await decodesTo(pngFile({ width: 3, height: 2, bits: 8, colourType: 2, rows, chunks }), [...small.data]);
});

test('palettes are looked up, with and without transparency', async () => {
  const palette = ['PLTE', [10, 20, 30, 40, 50, 60, 70, 80, 90]] as const;
  const expected = [70, 80, 90, 10, 20, 30, 40, 50, 60];
  const file = { width: 3, height: 1, bits: 8, colourType: 3, rows: [[2, 0, 1]] } as const;
  await decodesTo(pngFile({ ...file, chunks: [palette] }), expected, 3, 1);
  await decodesTo(pngFile({ ...file, chunks: [palette, ['tRNS', [255, 0, 9]]] }), expected, 3, 1);
});

test('16 bits: the upper 8 stay, in grey, RGB and RGBA', async () => {
  const samples = [0x0000, 0x00ff, 0x0100, 0x7fff, 0x8000, 0xffff];
  const upper = samples.map((sample) => sample >> 8);
  await decodesTo(pngFile({ width: 2, height: 1, bits: 16, colourType: 2, rows: [samples] }), upper, 2, 1);
  const grey = upper.flatMap((level) => [level, level, level]);
  await decodesTo(pngFile({ width: 6, height: 1, bits: 16, colourType: 0, rows: [samples] }), grey, 6, 1);
  const rgba = [...samples.slice(0, 3), 0x1234, ...samples.slice(3), 0];
  await decodesTo(pngFile({ width: 2, height: 1, bits: 16, colourType: 6, rows: [rgba] }), upper, 2, 1);
});

test('gamma changes no value', async () => {
  const chunks = [['gAMA', [0, 1, 0x86, 0xa0]]] as const; // linear light
  const rows = rowsOf(small);
  await decodesTo(pngFile({ width: 3, height: 2, bits: 8, colourType: 2, rows, chunks }), [...small.data]);
});

test('a colour profile changes no value', async () => {
  const file = await sharp(rgbPng).withIccProfile('p3', { attach: true }).png().toBuffer(); // converts as it attaches
  const stored = await sharp(file, { ignoreIcc: true }).raw().toBuffer();
  const converted = await sharp(file).toColourspace('srgb').raw().toBuffer();
  assert.not.equal([...stored], [...converted], 'the profile must matter for this test to say something');
  await decodesTo(file, [...stored]);
});

test('CMYK JPEG: the colours that Pillow makes of the inks', async () => {
  assert.is((await sharp(cmykJpeg).metadata()).space, 'cmyk');
  const { width, height, data } = await decodeImage(cmykJpeg);
  assert.equal([width, height], [cmykColours.length * 8, 8]);
  for (let i = 0; i < width * height; i++) {
    const colour = cmykColours[Math.floor((i % width) / 8)]!;
    assert.equal([...data.subarray(i * 3, i * 3 + 3)], [...colour]);
  }
});

test('decoded pixels: RGB as it is, alpha dropped', async () => {
  assert.is((await decodeImage(small)).data, small.data);
  const data = new Uint8ClampedArray([1, 2, 3, 0, 4, 5, 6, 255]);
  const { data: rgb } = await decodeImage({ width: 2, height: 1, data });
  assert.equal([...rgb], [1, 2, 3, 4, 5, 6]);
});

test('reads a path', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mmgem-images-'));
  try {
    await writeFile(join(folder, 'image'), rgbPng);
    assert.equal((await decodeImage(join(folder, 'image'))).data, await decodeImage(rgbPng).then(({ data }) => data));
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a process that has decoded an image ends by itself', () => {
  const module = pathToFileURL(join(repositoryRoot, 'dist', 'targets', 'node', 'images.js')).href;
  const program = `
    import { decodeImage, encodePng } from ${JSON.stringify(module)};
    const image = await decodeImage(Buffer.from(${JSON.stringify(rgbPng.toString('base64'))}, 'base64'));
    console.log(image.width, (await encodePng(image)).length > 0);`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], { timeout: 60_000 });
  assert.is(output.toString().trim(), '3 true');
});

testWithShared(test, 'photographs decode without complaint', 'data/imagenet17', async (folder) => {
  const names = readdirSync(folder).filter((name) => name.endsWith('.JPEG'));
  assert.is(names.length, 17);
  for (const name of names) assert.ok((await decodeImage(join(folder, name))).width > 50);
});

test.run();
