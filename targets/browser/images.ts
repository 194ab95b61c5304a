/** Images to pixels, in the worker. The browser decodes files; resizing stays the model's own (model/preprocess/). */
import { MmgemError } from '../../dsl/errors.ts';
import type { RgbImage } from '../../model/preprocess/image.ts';
import { checkFormat, checkPixelCount, toRgb } from '../../model/preprocess/image-file.ts';
import { sizeInHeader } from '../../model/preprocess/image-header.ts';
import { bitmapOptions, type SendableImage } from './image-sources.ts';

/**
 * Decodes as Node's target does: upright, without colour profiles, alpha dropped. One thing differs: what lies below fully
 * transparent pixels is black, since a canvas keeps no colour there.
 * @throws MmgemError naming the image and the remedy: unreachable, empty, no image, another format, damaged, too large
 */
export async function decodeImage(source: SendableImage): Promise<RgbImage> {
  if (typeof source === 'string') return decodeFile(await fetchImage(source), shorten(source));
  if (source instanceof Blob) return decodeFile(await bytesOf(source), nameOf(source));
  if (source instanceof Uint8Array) return decodeFile(source, `image of ${source.length} bytes`);
  if (source instanceof ImageBitmap) return pixelsOf(source, 'image');
  return toRgb(source);
}

async function decodeFile(bytes: Uint8Array, name: string): Promise<RgbImage> {
  const format = checkFormat(bytes, name);
  const size = sizeInHeader(format, bytes);
  if (size) checkPixelCount(size, name);
  const file = new Blob([bytes as BlobPart], { type: `image/${format.toLowerCase()}` });
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file, bitmapOptions);
  } catch (error) {
    throw new MmgemError(
      `${name}: cannot be decoded as ${format} (${messageOf(error)}). It is truncated or damaged; get the file again.`,
      { cause: error },
    );
  }
  return pixelsOf(bitmap, name);
}

function pixelsOf(bitmap: ImageBitmap, name: string): RgbImage {
  const { width, height } = bitmap;
  try {
    checkPixelCount({ width, height }, name);
    const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
    if (!context) throw new MmgemError(`${name}: this browser gives no canvas to read ${width}×${height} pixels from.`);
    context.drawImage(bitmap, 0, 0);
    return toRgb(context.getImageData(0, 0, width, height), { name });
  } finally {
    bitmap.close();
  }
}

async function fetchImage(url: string): Promise<Uint8Array> {
  const name = shorten(url);
  let answer: Response;
  try {
    answer = await fetch(url);
  } catch (error) {
    throw new MmgemError(
      `${name}: cannot be fetched (${messageOf(error)}). Check the address; an image of another origin needs CORS headers.`,
      { cause: error },
    );
  }
  if (!answer.ok) throw new MmgemError(`${name}: the server answers ${answer.status}. Check the address.`);
  return new Uint8Array(await answer.arrayBuffer());
}

async function bytesOf(file: Blob): Promise<Uint8Array> {
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch (error) {
    throw new MmgemError(`${nameOf(file)}: cannot be read (${messageOf(error)}). Choose the file again.`, {
      cause: error,
    });
  }
}

const nameOf = (file: Blob): string => (file instanceof File && file.name ? file.name : `image of ${file.size} bytes`);
const shorten = (url: string): string => (url.length > 100 ? `${url.slice(0, 100)}…` : url);
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
