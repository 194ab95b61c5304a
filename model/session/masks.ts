// From a mask over an image to weights of the patches that the model sees.
import { MmgemError } from '../errors.ts';
import { visibleRegion } from '../preprocess/geometry.ts';
import type { ImageSize } from '../preprocess/image.ts';
import type { PreprocessSettings } from '../preprocess/settings.ts';

/** How much each pixel of an image belongs to a region: 0 not at all. Only the values' proportions matter. */
export interface Mask {
  readonly width: number;
  readonly height: number;
  /** [height, width], none below 0 */
  readonly data: Uint8Array | Float32Array;
}

/**
 * The mean of the mask over every patch, row by row.
 * @throws MmgemError when the mask has another size than the image, a value below 0, or nothing that the model sees
 */
export function maskToPatches(mask: Mask, image: ImageSize, settings: PreprocessSettings, grid: number): Float32Array {
  checkMask(mask, image);
  const [left, top, right, bottom] = visibleRegion(image, settings);
  const columns = overlaps(mask.width, left, right, grid);
  const rows = overlaps(mask.height, top, bottom, grid);
  const patches = new Float32Array(grid * grid);
  for (const { pixel: y, cell: row, share: high } of rows) {
    for (const { pixel: x, cell: column, share: wide } of columns) {
      patches[row * grid + column]! += mask.data[y * mask.width + x]! * high * wide;
    }
  }
  if (patches.some((value) => value > 0)) return patches;
  throw new MmgemError(
    `mask of ${mask.width}×${mask.height} pixels: marks nothing of the part that the model sees, the centre crop. ` +
      'Mark at least one pixel there.',
  );
}

function checkMask({ width, height, data }: Mask, image: ImageSize): void {
  if (width !== image.width || height !== image.height || data.length !== width * height) {
    throw new MmgemError(
      `mask: is ${width}×${height} pixels with ${data.length} values, but the image is ${image.width}×${image.height}. ` +
        'Give one value for each pixel of the image.',
    );
  }
  const wrong = data.findIndex((value) => !(value >= 0 && value < Number.POSITIVE_INFINITY));
  if (wrong >= 0) throw new MmgemError(`mask: value ${wrong} is ${data[wrong]}; it must be a number of at least 0.`);
}

interface Overlap {
  readonly pixel: number;
  readonly cell: number;
  /** The part of the cell that the pixel covers. */
  readonly share: number;
}

/** Which of `pixels` lie in which of `cells` that divide the window from `from` to `to`, fractions of the image's side. */
function overlaps(pixels: number, from: number, to: number, cells: number): Overlap[] {
  const size = ((to - from) * pixels) / cells;
  return Array.from({ length: cells }, (_, cell) => {
    const [start, end] = [from * pixels + cell * size, from * pixels + (cell + 1) * size];
    const first = Math.max(0, Math.floor(start));
    const last = Math.min(pixels, Math.ceil(end));
    return Array.from({ length: Math.max(0, last - first) }, (_, i) => {
      const pixel = first + i;
      return { pixel, cell, share: Math.max(0, Math.min(pixel + 1, end) - Math.max(pixel, start)) / size };
    });
  }).flat();
}
