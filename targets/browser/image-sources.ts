/** Images as a page has them, made ready for the worker: elements become bitmaps, which move; URLs become absolute. */
import { MmgemError } from '../../dsl/errors.ts';
import type { Pixels } from '../../model/preprocess/image-file.ts';
import { absoluteUrl } from './places.ts';

/** What a canvas can draw and that is no file: the page alone can read it. */
type Drawable = HTMLImageElement | HTMLCanvasElement | HTMLVideoElement | OffscreenCanvas | ImageBitmap;

/** The URL of an image file, relative to the page; its bytes; an element, a canvas, a bitmap; or decoded pixels. */
export type ImageSource = string | URL | Blob | Uint8Array | Drawable | ImageData | Pixels;

/** What the worker gets. A string is an absolute URL. */
export type SendableImage = string | Blob | Uint8Array | ImageBitmap | Pixels;

/** @throws MmgemError for an image that cannot be read from the page, and for what is no image */
export async function sendableImages(
  sources: readonly ImageSource[],
): Promise<{ readonly images: readonly SendableImage[]; readonly transfer: readonly Transferable[] }> {
  const images = await Promise.all(sources.map(sendable));
  // What was made here moves; what the user gave is copied.
  const transfer = images.filter((image, index) => isBitmap(image) && image !== sources[index]) as ImageBitmap[];
  return { images, transfer };
}

async function sendable(source: ImageSource): Promise<SendableImage> {
  if (typeof source === 'string' || source instanceof URL) return absoluteUrl(source);
  if (source instanceof Blob || source instanceof Uint8Array || isBitmap(source)) return source;
  if (isDrawable(source)) return bitmapOf(source);
  if (source && 'data' in source) {
    const { width, height, data } = source;
    return { width, height, data: data as Pixels['data'] };
  }
  throw new MmgemError(
    `${Object.prototype.toString.call(source)} is no image. Give a URL, a file (Blob), an element, a canvas, an ImageBitmap or pixels.`,
  );
}

const isBitmap = (source: unknown): source is ImageBitmap =>
  typeof ImageBitmap !== 'undefined' && source instanceof ImageBitmap;

/** By the names of the classes: not every scope has all of them. */
const drawables = ['HTMLImageElement', 'HTMLCanvasElement', 'HTMLVideoElement', 'OffscreenCanvas'];

function isDrawable(source: unknown): source is Exclude<Drawable, ImageBitmap> {
  return drawables.some((name) => {
    const known: unknown = Reflect.get(globalThis, name);
    return typeof known === 'function' && source instanceof known;
  });
}

async function bitmapOf(source: Exclude<Drawable, ImageBitmap>): Promise<ImageBitmap> {
  const name = nameOf(source);
  try {
    if ('decode' in source) await source.decode();
    return await createImageBitmap(source, bitmapOptions);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new MmgemError(`${name}: cannot be read (${detail}). Wait until it has loaded, or give its file.`, {
      cause: error,
    });
  }
}

/** Pixels as they are in the file, upright. */
export const bitmapOptions: ImageBitmapOptions = {
  colorSpaceConversion: 'none',
  premultiplyAlpha: 'none',
  imageOrientation: 'from-image',
};

function nameOf(source: object): string {
  const url = 'currentSrc' in source ? String(source.currentSrc) : '';
  return url ? `image ${url.slice(0, 100)}` : Object.prototype.toString.call(source).slice(8, -1);
}
