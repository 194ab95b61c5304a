// Image files to pixels and back in Node, by sharp (libvips).
import type Sharp from 'sharp';
import { MmgemError } from '../../model/errors.ts';
import { checkPixels, type RgbImage } from '../../model/preprocess/image.ts';
import {
  checkFormat,
  checkPixelCount,
  type DecodedFormat,
  defaultMaxPixels,
  type Pixels,
  toRgb,
} from '../../model/preprocess/image-file.ts';
import { openFile } from './files.ts';

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

/**
 * What makes a file of each format damaged. Warnings of libjpeg are about lost pixels; those of libpng are not (it stops at
 * those), but about profiles and other chunks that do not matter here.
 */
const damage: Readonly<Record<DecodedFormat, 'warning' | 'error'>> = { JPEG: 'warning', PNG: 'error', WebP: 'warning' };

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
    checkPixelCount(header, name, maxPixels);
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
    throw new MmgemError(
      `images cannot be decoded: the package sharp does not load (${detail}). Run npm install on this platform.`,
    );
  }
}
