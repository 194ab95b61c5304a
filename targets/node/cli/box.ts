/** Boxes as users write them. */
import { InvalidArgumentError } from 'commander';
import { MmgemError } from '../../../dsl/errors.ts';
import type { Box, BoxUnit } from '../../../model/preprocess/geometry.ts';

/** x, y of the upper left corner, width and height, as typed. */
export type TypedBox = readonly [x: number, y: number, width: number, height: number];

/** A parser for commander: `10,20,100,50`. */
export function parseBox(text: string): TypedBox {
  const values = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (values.length !== 4 || !values.every(Number.isFinite)) {
    throw new InvalidArgumentError('Give four numbers x,y,w,h: the upper left corner, width and height.');
  }
  return values as unknown as TypedBox;
}

/**
 * The corners of a box. Without a unit it is in pixels.
 * @throws MmgemError when the box is empty, or seems to be in fractions though nobody said so
 */
export function cornersOf(
  [x, y, width, height]: TypedBox,
  unit?: BoxUnit,
): { readonly box: Box; readonly unit: BoxUnit } {
  const typed = `--box ${[x, y, width, height].join(',')}`;
  if (!(width > 0 && height > 0)) {
    throw new MmgemError(`${typed}: is empty. Give x,y,w,h with a width and a height above 0.`);
  }
  if (unit === undefined && width <= 1 && height <= 1) {
    throw new MmgemError(
      `${typed}: is no larger than one pixel. Add --unit fractions if it counts in fractions of the image, else --unit pixels.`,
    );
  }
  return { box: [x, y, x + width, y + height], unit: unit ?? 'pixels' };
}
