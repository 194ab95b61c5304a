// Where in an image a text is: similarities on the patch grid, and the place that a map points at.
import type { Box } from './preprocess/geometry.ts';

/** How much a text is to be found in each part of an image. */
export interface HeatMap {
  readonly width: number;
  readonly height: number;
  /** [height, width]: cosines of text and patch, from −1 to 1 */
  readonly values: Float32Array;
  /** The part of the image that the map covers, in fractions: the centre crop that the model sees. */
  readonly region: Box;
}

/** A place in an image, in fractions of its width and height. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

/** The middle of the patch with a number, counted row by row. */
export function patchCentre({ width, height, region }: Omit<HeatMap, 'values'>, patch: number): Place {
  const [x1, y1, x2, y2] = region;
  const across = ((patch % width) + 0.5) / width;
  const down = (Math.floor(patch / width) + 0.5) / height;
  return { x: x1 + across * (x2 - x1), y: y1 + down * (y2 - y1) };
}

/** What a map points at: the middle of the patch with the largest cosine, the first of those that are equal. */
export function hottest(map: HeatMap): Place & { readonly cosine: number } {
  const { values } = map;
  const largest = values.reduce((best, value, i) => (value > values[best]! ? i : best), 0);
  return { ...patchCentre(map, largest), cosine: values[largest]! };
}
