// Image files to pixels and back in Node, by sharp (libvips).
import type Sharp from 'sharp';
import { MmgemError } from '../../model/errors.ts';
import { checkPixels, type RgbImage } from '../../model/preprocess/image.ts';
import { openFile } from './files.ts';
import { currentRuntime } from './runtime.ts';

/** Pixels that are decoded already: RGB, or RGBA whose alpha is dropped. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** [height, width, 3 or 4] */
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** A path, the bytes of an image file, or decoded pixels. */
export type ImageSource = string | Uint8Array | Pixels;

export interface DecodeOptions {
  /** What errors call an image that has no path. */
  readonly name?: string;
  /** Larger images are refused before they are decoded. Default 100 million. */
  readonly maxPixels?: number;
  /** Take what can be decoded of a truncated or damaged file, instead of refusing it. */
  readonly allowDamaged?: boolean;
}

const defaultMaxPixels = 100e6;

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
/**
 * The formats that are decoded, and what makes a file of each damaged. Warnings of libjpeg are about lost pixels; those of
 * libpng are not (it stops at those), but about profiles and other chunks that do not matter here.
 */
const damage: Readonly<Record<string, 'warning' | 'error'>> = { JPEG: 'warning', PNG: 'error', WebP: 'warning' };

/**
 * Decodes a JPEG, PNG or WebP file to 8-bit RGB, with the same pixels as Pillow's
 * `ImageOps.exif_transpose(image).convert('RGB')`:
 * the EXIF orientation is applied; grey and palettes become RGB; alpha is dropped, not composited, so that the colours
 * below transparent pixels show; of 16 bits the upper 8 stay; CMYK is converted by multiplication; colour profiles are
 * ignored. (Pillow clips 16-bit grey at 255 instead of scaling it; here it is scaled.) Of an animation it is the first
 * frame.
 * @throws MmgemError naming the file and the remedy: missing, empty, no image, another format, truncated, damaged, or
 * more than `maxPixels` pixels
 */
export async function decodeImage(source: ImageSource, options: DecodeOptions = {}): Promise<RgbImage> {
  if (typeof source === 'string') return decodeFile(await readImageFile(source), { ...options, name: source });
  if (source instanceof Uint8Array) return decodeFile(source, options);
  return toRgb(source, options);
}

/**
 * Encodes an image as PNG.
 * @returns the bytes of the file
 */
export async function encodePng(image: RgbImage): Promise<Uint8Array> {
  checkPixels(image);
  const { width, height, data } = image;
  const sharp = await loadSharp();
  return sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false })
    .png()
    .toBuffer();
}

/** Scales an image down so that neither side is longer than `longest` pixels; a smaller one stays as it is. */
export async function scaleDown(image: RgbImage, longest: number): Promise<RgbImage> {
  if (Math.max(image.width, image.height) <= longest) return image;
  const { width, height, data } = image;
  const sharp = await loadSharp();
  const { data: scaled, info } = await sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false })
    .resize({ width: longest, height: longest, fit: 'inside' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data: scaled };
}

/**
 * Encodes an image for a web page: as WebP, with losses that nobody sees.
 * @returns the bytes of the file
 */
export async function encodeWebp(image: RgbImage): Promise<Uint8Array> {
  checkPixels(image);
  const { width, height, data } = image;
  const sharp = await loadSharp();
  return sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false })
    .webp({ quality: 88, smartSubsample: true })
    .toBuffer();
}

async function readImageFile(path: string): Promise<Uint8Array> {
  if (/^[a-z][a-z0-9+.-]+:\/\/|^data:/i.test(path)) {
    throw new MmgemError(`${path.slice(0, 100)}: is a URL. Download the image, and give its path or its bytes.`);
  }
  const file = await openFile(path);
  try {
    return await file.read(0, file.size);
  } finally {
    await file.close?.();
  }
}

async function decodeFile(bytes: Uint8Array, options: DecodeOptions): Promise<RgbImage> {
  const { name = `image of ${bytes.length} bytes`, maxPixels = defaultMaxPixels, allowDamaged = false } = options;
  const format = checkFormat(bytes, name);
  const sharp = await loadSharp();
  try {
    const failOn = allowDamaged ? 'none' : damage[format];
    const header = await sharp(bytes, { limitInputPixels: false, failOn }).metadata();
    checkPixelCount(header, maxPixels, name);
    const image = sharp(bytes, { autoOrient: true, ignoreIcc: true, limitInputPixels: maxPixels, failOn });
    const isCmyk = header.space === 'cmyk';
    const pixels = isCmyk
      ? image.pipelineColourspace('cmyk').toColourspace('cmyk')
      : image.removeAlpha().toColourspace('srgb');
    const { data, info } = await pixels.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
    const decoded = { width: info.width, height: info.height, data: isCmyk ? cmykToRgb(data) : data };
    checkPixels(decoded, [3], name);
    return decoded;
  } catch (error) {
    if (error instanceof MmgemError) throw error;
    const detail = firstLineOf(error);
    const remedy = allowDamaged ? '' : ', or decode it with allowDamaged for what is left of it';
    throw new MmgemError(
      `${name}: cannot be decoded as ${format} (${detail}). It is truncated or damaged; get the file again${remedy}.`,
    );
  }
}

/** @returns the format's name */
function checkFormat(bytes: Uint8Array, name: string): string {
  if (bytes.length === 0) throw new MmgemError(`${name}: is empty. Get the file again.`);
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 16)).toString('latin1');
  const format = signatures.find(([, offset, signature]) => start.startsWith(signature, offset))?.[0];
  if (format === undefined) {
    throw new MmgemError(`${name}: is no image, or of an unknown format. Give a JPEG, PNG or WebP file.`);
  }
  if (!Object.hasOwn(damage, format)) {
    throw new MmgemError(`${name}: is ${format}, which is not decoded. Convert it to JPEG, PNG or WebP.`);
  }
  return format;
}

function checkPixelCount({ width, height }: Omit<Pixels, 'data'>, maxPixels: number, name: string): void {
  if (!(maxPixels > 0)) throw new MmgemError(`maxPixels is ${maxPixels}; it must be a positive number.`);
  if (width * height <= maxPixels) return;
  const megapixels = (count: number) => `${Number((count / 1e6).toPrecision(4))} megapixels`;
  throw new MmgemError(
    `${name}: has ${width}×${height} pixels, ${megapixels(width * height)}; the limit is ${megapixels(maxPixels)}. ` +
      'Scale the image down, or decode it with a higher maxPixels if its source is trusted.',
  );
}

function toRgb(
  { width, height, data }: Pixels,
  { name = 'image', maxPixels = defaultMaxPixels }: DecodeOptions,
): RgbImage {
  const bytes = data instanceof Uint8ClampedArray ? new Uint8Array(data.buffer, data.byteOffset, data.length) : data;
  checkPixels({ width, height, data: bytes }, [3, 4], name);
  checkPixelCount({ width, height }, maxPixels, name);
  if (bytes.length === width * height * 3) return { width, height, data: bytes };
  const rgb = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; to < rgb.length; from += 4, to += 3) {
    rgb[to] = bytes[from]!;
    rgb[to + 1] = bytes[from + 1]!;
    rgb[to + 2] = bytes[from + 2]!;
  }
  return { width, height, data: rgb };
}

/** Ink to light as Pillow does it: what black lets through, less the colour's share of it. */
function cmykToRgb(cmyk: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((cmyk.length / 4) * 3);
  for (let from = 0, to = 0; from < cmyk.length; from += 4, to += 3) {
    const light = 255 - cmyk[from + 3]!;
    for (let channel = 0; channel < 3; channel++) {
      rgb[to + channel] = light - divideBy255(cmyk[from + channel]! * light);
    }
  }
  return rgb;
}

/** Rounded, for products of two bytes. */
function divideBy255(product: number): number {
  return Math.round(product / 255);
}

function firstLineOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.trim().split('\n')[0]!.replace(/[:.]$/, '');
}

/** sharp brings a native library, which is loaded with the first image. */
async function loadSharp(): Promise<typeof Sharp> {
  try {
    const { default: sharp } = await import('sharp');
    return sharp;
  } catch (error) {
    const detail = firstLineOf(error);
    const permit = 'Start Deno with --allow-ffi --allow-read --allow-env --allow-sys, or run';
    const remedy = currentRuntime().name === 'Deno' ? permit : 'Run';
    throw new MmgemError(
      `images cannot be decoded: the package sharp does not load (${detail}). ${remedy} npm install on this platform.`,
    );
  }
}
