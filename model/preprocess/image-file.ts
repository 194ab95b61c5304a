// What is taken for an image, wherever it is decoded: formats told by their first bytes, limits, pixels.
import { MmgemError } from '../errors.ts';
import { checkPixels, type ImageSize, type RgbImage } from './image.ts';

/** Pixels that are decoded already: RGB, or RGBA whose alpha is dropped. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** [height, width, 3 or 4] */
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** Larger images are refused unless told otherwise. */
export const defaultMaxPixels = 100e6;

/** What stands at which place of a file, as Latin-1. */
const signatures: readonly (readonly [format: string, offset: number, bytes: string])[] = [
  ['JPEG', 0, '\xff\xd8\xff'],
  ['PNG', 0, '\x89PNG\r\n\x1a\n'],
  ['WebP', 8, 'WEBP'],
  ['GIF', 0, 'GIF8'],
  ['BMP', 0, 'BM'],
  ['TIFF', 0, 'II*\0'],
  ['TIFF', 0, 'MM\0*'],
  ['AVIF', 4, 'ftypavi'],
  ['HEIC', 4, 'ftyphe'],
  ['HEIF', 4, 'ftypmif1'],
  ['JPEG XL', 0, '\xff\x0a'],
  ['JPEG XL', 4, 'JXL '],
  ['SVG', 0, '<svg'],
  ['SVG', 0, '<?xml'],
  ['PDF', 0, '%PDF'],
];

/** The formats that are decoded. */
export const decodedFormats = ['JPEG', 'PNG', 'WebP'] as const;

export type DecodedFormat = (typeof decodedFormats)[number];

/** The format of a file. @throws MmgemError for an empty file, and for a format that is not decoded */
export function checkFormat(bytes: Uint8Array, name: string): DecodedFormat {
  if (bytes.length === 0) throw new MmgemError(`${name}: is empty. Get the file again.`);
  const start = String.fromCharCode(...bytes.subarray(0, 16));
  const format = signatures.find(([, offset, signature]) => start.startsWith(signature, offset))?.[0];
  if (format === undefined) {
    throw new MmgemError(`${name}: is no image, or of an unknown format. Give a JPEG, PNG or WebP file.`);
  }
  const decoded = decodedFormats.find((name) => name === format);
  if (decoded === undefined) {
    throw new MmgemError(`${name}: is ${format}, which is not decoded. Convert it to JPEG, PNG or WebP.`);
  }
  return decoded;
}

/** @throws MmgemError for more pixels than the limit */
export function checkPixelCount({ width, height }: ImageSize, name: string, maxPixels = defaultMaxPixels): void {
  if (!(maxPixels > 0)) throw new MmgemError(`maxPixels is ${maxPixels}; it must be a positive number.`);
  if (width * height <= maxPixels) return;
  const megapixels = (count: number) => `${Number((count / 1e6).toPrecision(4))} megapixels`;
  throw new MmgemError(
    `${name}: has ${width}×${height} pixels, ${megapixels(width * height)}; the limit is ${megapixels(maxPixels)}. ` +
      'Scale the image down, or decode it with a higher maxPixels if its source is trusted.',
  );
}

/** Decoded pixels without alpha. @throws MmgemError when sides and data do not belong together */
export function toRgb(
  { width, height, data }: Pixels,
  { name = 'image', maxPixels = defaultMaxPixels }: { readonly name?: string; readonly maxPixels?: number } = {},
): RgbImage {
  const bytes = data instanceof Uint8ClampedArray ? new Uint8Array(data.buffer, data.byteOffset, data.length) : data;
  checkPixels({ width, height, data: bytes }, [3, 4], name);
  checkPixelCount({ width, height }, name, maxPixels);
  if (bytes.length === width * height * 3) return { width, height, data: bytes };
  const rgb = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; to < rgb.length; from += 4, to += 3) {
    rgb[to] = bytes[from]!;
    rgb[to + 1] = bytes[from + 1]!;
    rgb[to + 2] = bytes[from + 2]!;
  }
  return { width, height, data: rgb };
}
