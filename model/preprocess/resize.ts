// Pillow's bicubic resize of 8-bit images, bit for bit, for the part of the result that is wanted.
import type { ImageSize, RgbImage } from './image.ts';

/** A rectangle of whole pixels. */
export interface Region extends ImageSize {
  readonly left: number;
  readonly top: number;
}

/** What each pixel of a stretch of one axis is made of: `length[i]` input pixels from `start[i]` on. */
interface Taps {
  readonly start: Int32Array;
  readonly length: Int32Array;
  /** [pixels, stride], in units of 2^-fractionBits. */
  readonly weights: Int32Array;
  readonly stride: number;
}

/** Bits behind the point of a weight: 32 less 8 for the pixel and 2 for overshoot, so that sums fit 32 bits. */
const fractionBits = 32 - 8 - 2;
const half = 1 << (fractionBits - 1);
/** The cubic's free parameter. */
const a = -0.5;
/** The cubic is 0 from here on, in input pixels (output pixels when the image shrinks). */
const cubicSupport = 2;

/**
 * Resizes to `size` with the antialiased bicubic filter of Pillow (`Image.resize(size, BICUBIC)`: horizontal pass, then
 * vertical, each rounded to 8 bits) and returns a region of the result. Only this region is computed.
 * @param region lies inside of `size`
 */
export function resize(
  image: RgbImage,
  size: ImageSize,
  region: Region = { left: 0, top: 0, width: size.width, height: size.height },
): RgbImage {
  if (image.width === size.width && image.height === size.height) return cutOut(image, region);
  const columns = taps(image.width, size.width, region.left, region.width);
  const rows = taps(image.height, size.height, region.top, region.height);
  const firstRow = rows.start[0]!;
  const rowCount = rows.start[region.height - 1]! + rows.length[region.height - 1]! - firstRow;
  const narrowed = resizeRows(image, firstRow, rowCount, columns);
  const data = resizeColumns(narrowed, firstRow, region.width * 3, rows);
  return { width: region.width, height: region.height, data };
}

/** The pixels of a region. */
export function cutOut(image: RgbImage, { left, top, width, height }: Region): RgbImage {
  if (width === image.width && height === image.height) return image;
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * image.width + left) * 3;
    data.set(image.data.subarray(from, from + width * 3), y * width * 3);
  }
  return { width, height, data };
}

function taps(inputSize: number, outputSize: number, first: number, count: number): Taps {
  const scale = inputSize / outputSize;
  const filterScale = Math.max(1, scale);
  const support = cubicSupport * filterScale;
  const stride = Math.ceil(support) * 2 + 1;
  const start = new Int32Array(count);
  const length = new Int32Array(count);
  const weights = new Int32Array(count * stride);
  for (let i = 0; i < count; i++) {
    const center = (first + i + 0.5) * scale;
    const from = Math.max(0, Math.trunc(center - support + 0.5));
    const to = Math.min(inputSize, Math.trunc(center + support + 0.5));
    start[i] = from;
    length[i] = to - from;
    weights.set(fixedPointWeights(from, to, center, 1 / filterScale), i * stride);
  }
  return { start, length, weights, stride };
}

/** Weights of the input pixels `from` … `to` − 1, which add up to 1 before they are rounded. */
function fixedPointWeights(from: number, to: number, center: number, inverseScale: number): number[] {
  const weights = Array.from({ length: to - from }, (_, k) => cubic((k + from - center + 0.5) * inverseScale));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => {
    const share = (weight / total) * (1 << fractionBits);
    return Math.trunc(share < 0 ? share - 0.5 : share + 0.5);
  });
}

/** Keys' cubic, in Pillow's order of operations: the last bit of a weight depends on it. */
function cubic(distance: number): number {
  const x = Math.abs(distance);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

/** The horizontal pass over `rowCount` rows from `firstRow` on: [rowCount, output pixels, 3]. */
function resizeRows(image: RgbImage, firstRow: number, rowCount: number, columns: Taps): Uint8ClampedArray {
  const { start, length, weights, stride } = columns;
  const pixels = image.data;
  const width = start.length;
  const out = new Uint8ClampedArray(rowCount * width * 3); // clamps to 0 … 255 as Pillow does
  let target = 0;
  for (let y = firstRow; y < firstRow + rowCount; y++) {
    const rowStart = y * image.width * 3;
    for (let x = 0; x < width; x++) {
      let red = half;
      let green = half;
      let blue = half;
      let source = rowStart + start[x]! * 3;
      const end = x * stride + length[x]!;
      for (let k = x * stride; k < end; k++, source += 3) {
        const weight = weights[k]!;
        red = (red + Math.imul(pixels[source]!, weight)) | 0;
        green = (green + Math.imul(pixels[source + 1]!, weight)) | 0;
        blue = (blue + Math.imul(pixels[source + 2]!, weight)) | 0;
      }
      out[target++] = red >> fractionBits;
      out[target++] = green >> fractionBits;
      out[target++] = blue >> fractionBits;
    }
  }
  return out;
}

/** The vertical pass, one row of `rowLength` values at a time so that memory is read in order. */
function resizeColumns(pixels: Uint8ClampedArray, firstRow: number, rowLength: number, rows: Taps): Uint8Array {
  const { start, length, weights, stride } = rows;
  const out = new Uint8ClampedArray(start.length * rowLength);
  const sums = new Int32Array(rowLength);
  for (let y = 0; y < start.length; y++) {
    sums.fill(half);
    for (let k = 0; k < length[y]!; k++) {
      const weight = weights[y * stride + k]!;
      const source = (start[y]! - firstRow + k) * rowLength;
      for (let i = 0; i < rowLength; i++) sums[i] = sums[i]! + Math.imul(pixels[source + i]!, weight);
    }
    for (let i = 0; i < rowLength; i++) out[y * rowLength + i] = sums[i]! >> fractionBits;
  }
  return new Uint8Array(out.buffer);
}
