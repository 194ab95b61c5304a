import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { checkFormat } from '../../model/preprocess/image-file.ts';
import { sizeInHeader } from '../../model/preprocess/image-header.ts';

const test = suite('image header');

const drawn = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 4, background: { r: 200, g: 30, b: 40, alpha: 0.5 } } });

const files = {
  png: (await drawn(301, 7).png().toBuffer()) as Uint8Array,
  jpeg: await drawn(301, 7).jpeg().toBuffer(),
  progressive: await drawn(301, 7)
    .jpeg({ progressive: true })
    .withExif({ IFD0: { Copyright: 'x' } })
    .toBuffer(),
  webp: await drawn(301, 7).webp().toBuffer(),
  lossless: await drawn(301, 7).webp({ lossless: true }).toBuffer(),
  opaque: await drawn(301, 7).removeAlpha().webp().toBuffer(),
} as const;

test('sides are read without decoding', () => {
  for (const [name, bytes] of Object.entries(files))
    assert.equal(sizeInHeader(checkFormat(bytes, name), bytes), { width: 301, height: 7 }, name);
});

test('a file that ends early, or holds other bytes, has no size or another; nothing is thrown', () => {
  for (const [name, bytes] of Object.entries(files)) {
    const format = checkFormat(bytes, name);
    for (let length = 0; length < 64; length++) sizeInHeader(format, bytes.subarray(0, length));
    for (let at = 0; at < Math.min(bytes.length, 200); at++)
      for (const value of [0, 0xff, 0x7f]) {
        const broken = Uint8Array.from(bytes);
        broken[at] = value;
        sizeInHeader(format, broken);
      }
    assert.is(sizeInHeader(format, bytes.subarray(0, 12)), undefined);
  }
});

test.run();
