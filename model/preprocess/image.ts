import { MmgemError } from '../errors.ts';

/** A decoded image: sRGB, 8 bits a channel, rows from top to bottom without padding. */
export interface RgbImage {
  /** Pixels per row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** [height, width, 3]: red, green, blue. */
  readonly data: Uint8Array;
}

/** Width and height, pixels. */
export type ImageSize = Pick<RgbImage, 'width' | 'height'>;

/**
 * Checks that sides and data of an image belong together.
 * @param name what errors call the image
 * @throws MmgemError when a side is no positive integer or the data has another length than [height, width, channels]
 */
export function checkPixels(
  { width, height, data }: RgbImage,
  channels: readonly number[] = [3],
  name = 'the image',
): void {
  checkImageSize({ width, height }, name);
  if (data instanceof Uint8Array && channels.some((count) => data.length === width * height * count)) return;
  const found = data instanceof Uint8Array ? `${data.length} bytes` : 'no Uint8Array';
  const layouts = channels.map((count) => `${width}·${height}·${count} = ${width * height * count}`).join(' or ');
  throw new MmgemError(
    `${name}: data is ${found}, but ${width}×${height} pixels are ${layouts} bytes. ` +
      `Give 8-bit ${channels.map((count) => (count === 3 ? 'RGB' : 'RGBA')).join(' or ')} pixels, row by row.`,
  );
}

/** @throws MmgemError unless both sides are positive integers */
export function checkImageSize({ width, height }: ImageSize, name = 'the image'): void {
  if (!(Number.isSafeInteger(width) && Number.isSafeInteger(height) && width > 0 && height > 0)) {
    throw new MmgemError(`${name}: is ${width}×${height} pixels. Width and height must be positive integers.`);
  }
}
