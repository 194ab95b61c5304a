/** A heat map drawn over its image. */
import type { HeatMap } from '../../../model/heat-map.ts';
import type { RgbImage } from '../../../model/preprocess/image.ts';

type Rgb = readonly [red: number, green: number, blue: number];

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
const unseen = 0.35;

/**
 * The image in grey below, the map in colour above, from its least to its largest value. What the map does not cover is
 * dark.
 */
export function overlayHeat(image: RgbImage, heat: HeatMap): RgbImage {
  const { width, height } = image;
  const [x1, y1, x2, y2] = heat.region;
  const normalised = normalise(heat.values);
  const data = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    const v = ((y + 0.5) / height - y1) / (y2 - y1);
    for (let x = 0; x < width; x++) {
      const u = ((x + 0.5) / width - x1) / (x2 - x1);
      const at = 3 * (y * width + x);
      const grey = luminance(image.data, at);
      const inside = u >= 0 && u <= 1 && v >= 0 && v <= 1;
      if (!inside) {
        data.fill(Math.round(grey * unseen), at, at + 3);
        continue;
      }
      const hot = sample(normalised, heat, u, v);
      const share = cover.cold + (cover.hot - cover.cold) * hot;
      const colour = colourOf(hot);
      for (let channel = 0; channel < 3; channel++) {
        data[at + channel] = Math.round(grey * (1 - share) + colour[channel]! * share);
      }
    }
  }
  return { width, height, data };
}

/** Values from 0 to 1; all 0 where they are all equal. */
function normalise(values: Float32Array): Float32Array {
  const least = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const largest = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const range = largest - least;
  return values.map((value) => (range > 0 ? (value - least) / range : 0));
}

/** Between the centres of the cells, linearly; beyond the outermost ones as they are. */
function sample(
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

function colourOf(heat: number): Rgb {
  const position = heat * (ramp.length - 1);
  const before = Math.min(ramp.length - 2, Math.floor(position));
  const [a, b] = [ramp[before]!, ramp[before + 1]!];
  const share = position - before;
  return [0, 1, 2].map((i) => a[i]! * (1 - share) + b[i]! * share) as unknown as Rgb;
}

/** Rec. 601 luma. */
function luminance(data: Uint8Array, at: number): number {
  return 0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!;
}
