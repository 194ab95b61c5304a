/** A heat map as a layer over its picture. */
import type { HeatMap } from '../../../../model/heat-map.ts';
import { colourOf, normalise, sample, shareOf, unseen } from '../../../../model/page/heat.ts';

/**
 * RGBA pixels [height, width, 4] that cover the whole picture: the colour of the heat, as opaque as it is hot; where the map does
 * not reach, what darkens the picture.
 */
export function heatPixels(map: HeatMap, width: number, height: number): Uint8ClampedArray<ArrayBuffer> {
  const [x1, y1, x2, y2] = map.region;
  const heat = normalise(map.values);
  const pixels = new Uint8ClampedArray(4 * width * height);
  for (let y = 0; y < height; y++) {
    const v = ((y + 0.5) / height - y1) / (y2 - y1);
    for (let x = 0; x < width; x++) {
      const u = ((x + 0.5) / width - x1) / (x2 - x1);
      const at = 4 * (y * width + x);
      if (u < 0 || u > 1 || v < 0 || v > 1) {
        pixels[at + 3] = 255 * (1 - unseen);
        continue;
      }
      const hot = sample(heat, map, u, v);
      pixels.set(colourOf(hot), at);
      pixels[at + 3] = 255 * shareOf(hot);
    }
  }
  return pixels;
}

/** RGBA pixels [1, width, 4] of the colours from cold to hot. */
export function legendPixels(width: number): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(4 * width);
  for (let x = 0; x < width; x++) pixels.set([...colourOf(x / (width - 1)), 255], 4 * x);
  return pixels;
}

/** The least and the largest cosine of a map: what the ends of its colours mean. */
export function rangeOf({ values }: HeatMap): { readonly least: number; readonly largest: number } {
  return {
    least: values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
    largest: values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
  };
}
