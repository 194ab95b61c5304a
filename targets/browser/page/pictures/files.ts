/** Pictures from files: checked before they are decoded, and scaled down to what is useful. */
import { MmgemError } from '../../../../model/errors.ts';
import type { RgbImage } from '../../../../model/preprocess/image.ts';
import type { PictureSource } from './library.ts';

/** More pixels are refused: decoded they would take more memory than a page should. */
const maxPixels = 100e6;
/** The longer side of what is kept of a larger picture. */
const maxSide = 1024;

export interface OpenedFile {
  readonly source: PictureSource;
  /** Pixels, as they are in the file. */
  readonly width: number;
  readonly height: number;
}

/**
 * Decodes an image as far as the browser can.
 * @param name what messages call it
 * @throws MmgemError when it is empty, no image, damaged, or has more than 100 million pixels
 */
export async function openImage(file: Blob, name: string): Promise<OpenedFile> {
  if (file.size === 0) throw new MmgemError(`${name}: is empty. Get the file again.`);
  const { width, height } = await sizeOf(file, name);
  if (width * height > maxPixels) {
    const megapixels = Math.round((width * height) / 1e6);
    throw new MmgemError(
      `${name}: has ${width}×${height} pixels, ${megapixels} megapixels; the limit is ${maxPixels / 1e6}. Scale it down and add it again.`,
    );
  }
  const factor = Math.min(1, maxSide / Math.max(width, height));
  const kept = { width: Math.max(1, Math.round(width * factor)), height: Math.max(1, Math.round(height * factor)) };
  const resize =
    factor < 1 ? { resizeWidth: kept.width, resizeHeight: kept.height, resizeQuality: 'high' as const } : {};
  const bitmap = await createImageBitmap(file, resize).catch((error: unknown) => {
    throw new MmgemError(`${name}: cannot be decoded. The file is truncated or damaged; get it again.`, {
      cause: error,
    });
  });
  return { source: bitmapSource(bitmap), width, height };
}

/** The size that the file's header tells: the browser decodes nothing for it. */
async function sizeOf(file: Blob, name: string): Promise<{ readonly width: number; readonly height: number }> {
  const url = URL.createObjectURL(file);
  try {
    const image = new Image();
    await new Promise((resolve, reject) => {
      image.onload = resolve;
      image.onerror = reject;
      image.src = url;
    });
    if (image.naturalWidth > 0 && image.naturalHeight > 0)
      return { width: image.naturalWidth, height: image.naturalHeight };
  } catch {
    // Told below.
  } finally {
    URL.revokeObjectURL(url);
  }
  throw new MmgemError(`${name}: is no image that this browser can read. Give a JPEG, PNG, WebP, AVIF or GIF file.`);
}

function bitmapSource(bitmap: ImageBitmap): PictureSource {
  let image: RgbImage | undefined;
  return {
    async pixels() {
      image ??= pixelsOf(bitmap);
      return image;
    },
    async draw(canvas) {
      drawOnWhite(bitmap, canvas.getContext('2d')!);
    },
    close: () => bitmap.close(),
  };
}

/** What is transparent lies on white, for the model as for the eye. */
function drawOnWhite(bitmap: ImageBitmap, context: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D): void {
  const { width, height } = context.canvas;
  context.fillStyle = '#fff';
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, 0, 0, width, height);
}

function pixelsOf(bitmap: ImageBitmap): RgbImage {
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext('2d')!;
  drawOnWhite(bitmap, context);
  const rgba = context.getImageData(0, 0, width, height).data;
  const data = new Uint8Array(3 * width * height);
  for (let from = 0, to = 0; to < data.length; from += 4, to += 3) {
    data[to] = rgba[from]!;
    data[to + 1] = rgba[from + 1]!;
    data[to + 2] = rgba[from + 2]!;
  }
  return { width, height, data };
}
