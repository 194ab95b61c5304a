// Where the vision transformer's input lies in the image, and where a box of the image lies in this input.
import { MmgemError } from '../errors.ts';
import { checkImageSize, type ImageSize } from './image.ts';
import type { PreprocessSettings } from './settings.ts';

/** x1, y1, x2, y2: the upper left and the lower right corner. */
export type Box = readonly [x1: number, y1: number, x2: number, y2: number];
/** What a box counts in: the image's pixels, or fractions of its width and height. */
export type BoxUnit = 'pixels' | 'fractions';

export interface Placement {
  /** The whole image after resizing. */
  readonly resized: ImageSize;
  /** Upper left corner of the crop in the resized image. */
  readonly left: number;
  readonly top: number;
}

export interface CroppedBox {
  /** The part of the box that the model sees, in fractions of its input. */
  readonly box: Box;
  /** The share of the box's area that the model sees: 1 unless the centre crop cuts some of it off. */
  readonly visible: number;
}

/** A corner may lie this part of a side outside of the image, for fractions that were rounded. */
const rounding = 1e-6;

/**
 * Size after the resize and place of the centre crop, as torchvision computes them: the longer side is rounded down,
 * half a pixel of the crop's offset to the even neighbour. An image whose shorter side fits is not resized.
 */
export function placement(image: ImageSize, { resize, crop }: PreprocessSettings): Placement {
  checkImageSize(image);
  const { width, height } = image;
  const long = Math.floor((resize * Math.max(width, height)) / Math.min(width, height));
  const resized = width <= height ? { width: resize, height: long } : { width: long, height: resize };
  return {
    resized,
    left: roundHalfToEven((resized.width - crop.width) / 2),
    top: roundHalfToEven((resized.height - crop.height) / 2),
  };
}

/** The part of the image that the model sees, in fractions of the image. */
export function visibleRegion(image: ImageSize, settings: PreprocessSettings): Box {
  const { resized, left, top } = placement(image, settings);
  const { width, height } = settings.crop;
  return [left / resized.width, top / resized.height, (left + width) / resized.width, (top + height) / resized.height];
}

/**
 * A box of the image in fractions of the model's input. What the centre crop cuts off is reported in `visible`.
 * @throws MmgemError naming the box, the image's size and the remedy when the box is empty, reaches outside of the image,
 * or is cut off completely
 */
export function boxToCrop(
  box: Box,
  image: ImageSize,
  settings: PreprocessSettings,
  unit: BoxUnit = 'fractions',
): CroppedBox {
  checkBox(box, image, unit);
  const [width, height] = extent(image, unit);
  const window = visibleRegion(image, settings);
  const cropped = boxInWindow(boxInFractions(box, image, unit), window);
  if (cropped === undefined) {
    const seen = window.map((value, i) => Number((value * (i % 2 === 0 ? width : height)).toFixed(3)));
    throw failure(
      box,
      image,
      unit,
      'lies outside of the centre crop, so the model sees nothing of it',
      `It sees what lies from ${seen[0]}, ${seen[1]} to ${seen[2]}, ${seen[3]}; choose a box that reaches into it, or cut the image around the box.`,
    );
  }
  return cropped;
}

/** A box of the image in fractions of its width and height. */
export function boxInFractions([x1, y1, x2, y2]: Box, image: ImageSize, unit: BoxUnit): Box {
  const [width, height] = extent(image, unit);
  return [x1 / width, y1 / height, x2 / width, y2 / height];
}

/** What a window shows of a box, both in fractions of the image; undefined where it shows nothing. */
export function boxInWindow(box: Box, window: Box): CroppedBox | undefined {
  const x = overlap(box[0], box[2], window[0], window[2]);
  const y = overlap(box[1], box[3], window[1], window[3]);
  if (x.share === 0 || y.share === 0) return undefined;
  return { box: [x.from, y.from, x.to, y.to], visible: x.share * y.share };
}

function checkBox(box: Box, image: ImageSize, unit: BoxUnit): void {
  checkImageSize(image);
  const [width, height] = extent(image, unit);
  if (box.length !== 4 || !box.every((value) => Number.isFinite(value))) {
    throw failure(box, image, unit, 'is not four finite numbers', 'Give x1, y1, x2, y2.');
  }
  const [x1, y1, x2, y2] = box;
  if (!(x1 < x2 && y1 < y2)) {
    throw failure(box, image, unit, 'is empty', 'Give x1, y1, x2, y2 with x1 < x2 and y1 < y2.');
  }
  const inside = (value: number, side: number) => value >= -side * rounding && value <= side * (1 + rounding);
  if (!(inside(x1, width) && inside(x2, width) && inside(y1, height) && inside(y2, height))) {
    const other = unit === 'fractions' ? 'pixels' : 'fractions';
    const remedy = `Keep it between 0, 0 and ${width}, ${height}, or say that it is given in ${other}.`;
    throw failure(box, image, unit, 'reaches outside of the image', remedy);
  }
}

function extent({ width, height }: ImageSize, unit: BoxUnit): [width: number, height: number] {
  return unit === 'pixels' ? [width, height] : [1, 1];
}

/** The part of an interval inside of a window, in fractions of the window, and its share of the interval. */
function overlap(from: number, to: number, windowFrom: number, windowTo: number) {
  const start = Math.max(from, windowFrom);
  const end = Math.min(to, windowTo);
  const size = windowTo - windowFrom;
  // The interval may stand out of the image by a rounding error, which is no loss.
  const share = end <= start ? 0 : Math.min(1, (end - start) / (Math.min(to, 1) - Math.max(from, 0)));
  return { from: (start - windowFrom) / size, to: (end - windowFrom) / size, share };
}

function failure(box: Box, { width, height }: ImageSize, unit: BoxUnit, problem: string, remedy: string): MmgemError {
  return new MmgemError(`${describeBox(box)} (${unit}; image ${width}×${height} pixels): ${problem}. ${remedy}`);
}

/** `box from 0.1, 0.2 to 0.5, 0.6`: its corners, as messages name it. */
export function describeBox(box: Box): string {
  const [x1, y1, x2, y2, ...others] = [...box].map((value) => `${Number(value.toPrecision(6))}`);
  const isBox = y2 !== undefined && others.length === 0;
  return isBox ? `box from ${x1}, ${y1} to ${x2}, ${y2}` : `box ${[...box].join(', ')}`;
}

/** Rounds as Python does, for numbers that are not negative. */
export function roundHalfToEven(value: number): number {
  const below = Math.floor(value);
  const part = value - below;
  return part > 0.5 || (part === 0.5 && below % 2 === 1) ? below + 1 : below;
}
