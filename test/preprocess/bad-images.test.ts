// Whatever the bytes are, decoding ends in an image or in an error that names the file, the problem and the remedy.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { MmgemError } from '../../model/errors.ts';
import { random } from '../../model/random.ts';
import { decodeImage } from '../../targets/node/images.ts';
import { failsWith } from '../files/support.ts';
import { cmykJpeg } from './cmyk-jpeg.ts';
import { pngFile } from './png-file.ts';

const test = suite('bad images');

const { integer } = random(11);
const noise = Uint8Array.from({ length: 40 * 30 * 3 }, () => integer() & 255);
const picture = () => sharp(noise, { raw: { width: 40, height: 30, channels: 3 } });
const noisyRows = (height: number, samples: number) =>
  Array.from({ length: height }, () => Array.from({ length: samples }, () => integer() & 0xffff));
const files: Readonly<Record<string, Buffer>> = {
  JPEG: await picture().jpeg().toBuffer(),
  'progressive JPEG': await picture().jpeg({ progressive: true }).withMetadata({ orientation: 6 }).toBuffer(),
  'CMYK JPEG': cmykJpeg,
  PNG: await picture().png().toBuffer(),
  '16-bit PNG': pngFile({ width: 15, height: 20, bits: 16, colourType: 2, rows: noisyRows(20, 45) }),
  WebP: await picture().webp().toBuffer(),
  'lossless WebP': await picture().webp({ lossless: true }).toBuffer(),
};
const name = 'cat.jpg';

test('a file of zero bytes', () => failsWith(() => decodeImage(new Uint8Array(0), { name }), name, 'is empty'));

test('no image at all', () =>
  failsWith(() => decodeImage(Buffer.from('hello, world'), { name }), name, 'is no image', 'JPEG, PNG or WebP'));

test('an image of another format', async () => {
  for (const [format, file] of [
    ['GIF', await picture().gif().toBuffer()],
    ['TIFF', await picture().tiff().toBuffer()],
    ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')],
  ] as const) {
    await failsWith(() => decodeImage(file, { name }), name, `is ${format}`, 'Convert it');
  }
});

test('a path that leads nowhere, to a folder, or to an empty file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mmgem-images-'));
  try {
    await writeFile(join(folder, 'empty.png'), '');
    await failsWith(() => decodeImage(join(folder, 'none.png')), 'none.png', 'does not exist');
    await failsWith(() => decodeImage(folder), folder, 'not a regular file');
    await failsWith(() => decodeImage(join(folder, 'empty.png')), 'empty.png', 'is empty');
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a URL', () => failsWith(() => decodeImage('https://example.org/cat.jpg'), 'is a URL', 'Download'));

for (const [kind, file] of Object.entries(files)) {
  test(`${kind}: truncated anywhere`, async () => {
    await decodeImage(file);
    // the last 12 bytes of a PNG are its end mark, which holds no pixels
    const last = file.length - (kind.endsWith('PNG') ? 13 : 1);
    for (const part of [0.1, 0.3, 0.6, 0.9, 1]) {
      const cut = file.subarray(0, Math.floor(last * part));
      await failsWith(() => decodeImage(cut, { name }), name, 'cannot be decoded as', 'truncated or damaged');
    }
  });
}

test('damaged images can be allowed', async () => {
  const cut = files.JPEG!.subarray(0, files.JPEG!.length / 2);
  await failsWith(() => decodeImage(cut), 'allowDamaged');
  const image = await decodeImage(cut, { allowDamaged: true });
  assert.equal([image.width, image.height], [40, 30]);
});

test('a header that claims more pixels than are allowed is refused before anything is decoded', async () => {
  const huge = pngFile({ width: 200_000, height: 200_000, bits: 8, colourType: 2, rows: [[1, 2, 3]] });
  await failsWith(() => decodeImage(huge, { name }), name, '200000×200000', '40000 megapixels', '100 megapixels');
  await failsWith(() => decodeImage(files.JPEG!, { name, maxPixels: 1199 }), '40×30', 'higher maxPixels');
  assert.is((await decodeImage(files.JPEG!, { maxPixels: 1200 })).width, 40);
  const pixels = { width: 40, height: 30, data: noise };
  await failsWith(() => decodeImage(pixels, { name, maxPixels: 1199 }), name, '40×30');
  await failsWith(() => decodeImage(files.JPEG!, { maxPixels: Number.NaN }), 'maxPixels is NaN');
});

test('decoded pixels of the wrong length', async () => {
  await failsWith(() => decodeImage({ width: 2, height: 2, data: new Uint8Array(13) }), '13 bytes', '12 or', '16');
  await failsWith(() => decodeImage({ width: 0, height: 2, data: new Uint8Array(0) }), '0×2', 'positive');
});

test('mutated files end in an image or an MmgemError', async () => {
  const kinds = Object.values(files);
  const below = (bound: number) => integer() % bound;
  const ends = { decoded: 0, refused: 0 };
  for (let i = 0; i < 700; i++) {
    const bytes = Buffer.from(kinds[i % kinds.length]!);
    for (let edits = 1 + below(6); edits > 0; edits--) {
      bytes[below(integer() & 1 ? 64 : bytes.length)] = integer() & 255;
    }
    try {
      const image = await decodeImage(bytes, { allowDamaged: i % 2 === 0, maxPixels: 4e6 });
      assert.is(image.data.length, image.width * image.height * 3);
      ends.decoded++;
    } catch (error) {
      if (!(error instanceof MmgemError)) throw error;
      ends.refused++;
    }
  }
  assert.ok(ends.decoded > 70 && ends.refused > 70, JSON.stringify(ends));
});

test.run();
