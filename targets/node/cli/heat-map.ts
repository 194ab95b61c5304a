/** A heat map drawn over its image. */
import type { HeatMap } from '../../../model/heat-map.ts';
import { colourOf, normalise, sample, shareOf, unseen } from '../../../model/page/heat.ts';
import type { RgbImage } from '../../../model/preprocess/image.ts';

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
      const share = shareOf(hot);
      const colour = colourOf(hot);
      for (let channel = 0; channel < 3; channel++) {
        data[at + channel] = Math.round(grey * (1 - share) + colour[channel]! * share);
      }
    }
  }
  return { width, height, data };
}

/** Rec. 601 luma. */
function luminance(data: Uint8Array, at: number): number {
  return 0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!;
}
