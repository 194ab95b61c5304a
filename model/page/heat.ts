/** How heat maps are coloured, in the terminal's pictures and on pages. */
import type { HeatMap } from '../heat-map.ts';

export type Rgb = readonly [red: number, green: number, blue: number];

/** From cold to hot: each colour lighter than the one before, so that the map reads without colours, too. */
const ramp: readonly Rgb[] = [
  [24, 16, 74],
  [92, 24, 124],
  [168, 44, 112],
  [228, 84, 68],
  [250, 152, 40],
  [255, 236, 150],
];

/** How much of the colour covers the image where the map is cold and where it is hot. */
const cover = { cold: 0.35, hot: 0.8 };

/** Outside of what the model sees the image is darkened to this part. */
export const unseen = 0.35;

/** Values from 0 to 1; all 0 where they are all equal. */
export function normalise(values: Float32Array): Float32Array {
  const least = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const largest = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const range = largest - least;
  return values.map((value) => (range > 0 ? (value - least) / range : 0));
}

/** How much of the colour covers the image at a heat from 0 to 1. */
export function shareOf(heat: number): number {
  return cover.cold + (cover.hot - cover.cold) * heat;
}

/** Between the centres of the cells, linearly; beyond the outermost ones as they are. */
export function sample(
  values: Float32Array,
  { width, height }: Pick<HeatMap, 'width' | 'height'>,
  u: number,
  v: number,
): number {
  const [x0, x1, right] = neighbours(u * width - 0.5, width);
  const [y0, y1, lower] = neighbours(v * height - 0.5, height);
  const row = (y: number): number => values[y * width + x0]! * (1 - right) + values[y * width + x1]! * right;
  return row(y0) * (1 - lower) + row(y1) * lower;
}

function neighbours(position: number, count: number): readonly [before: number, after: number, share: number] {
  const clamped = Math.min(count - 1, Math.max(0, position));
  const before = Math.floor(clamped);
  return [before, Math.min(count - 1, before + 1), clamped - before];
}

/** The colour of a heat from 0 to 1. */
export function colourOf(heat: number): Rgb {
  const position = heat * (ramp.length - 1);
  const before = Math.min(ramp.length - 2, Math.floor(position));
  const [a, b] = [ramp[before]!, ramp[before + 1]!];
  const share = position - before;
  return [0, 1, 2].map((i) => a[i]! * (1 - share) + b[i]! * share) as unknown as Rgb;
}
