// From an image to the vision transformer's input.
import { MmgemError } from '../errors.ts';
import { placement } from './geometry.ts';
import { checkPixels, type RgbImage } from './image.ts';
import { resize } from './resize.ts';
import type { PreprocessSettings } from './settings.ts';

export { type Box, type BoxUnit, boxToCrop, type CroppedBox, visibleRegion } from './geometry.ts';
export type { ImageSize, RgbImage } from './image.ts';
export { clipSettings, type PreprocessSettings, parsePreprocessSettings } from './settings.ts';

/** The part of the image that the model sees, as 8-bit pixels: shorter side resized, centre cropped. */
export function resizeAndCrop(image: RgbImage, settings: PreprocessSettings): RgbImage {
  checkPixels(image);
  const { resized, left, top } = placement(image, settings);
  return resize(image, resized, { left, top, ...settings.crop });
}

/**
 * CLIP's preprocessing: shorter side resized by Pillow's bicubic filter, centre crop, values from 0 to 1, normalised.
 * @param target where the result goes, for one image of a batch: 3·H·W values
 * @returns [3, H, W]
 * @throws MmgemError when the image's data does not fit its sides
 */
export function preprocess(image: RgbImage, settings: PreprocessSettings, target?: Float32Array): Float32Array {
  const { height, width, data } = resizeAndCrop(image, settings);
  const plane = height * width;
  const out = target ?? new Float32Array(3 * plane);
  if (out.length !== 3 * plane) {
    throw new MmgemError(`target has ${out.length} values; an input of 3×${height}×${width} has ${3 * plane}.`);
  }
  for (let channel = 0; channel < 3; channel++) {
    const values = normalizedLevels(settings.mean[channel]!, settings.std[channel]!);
    for (let i = 0; i < plane; i++) out[channel * plane + i] = values[data[i * 3 + channel]!]!;
  }
  return out;
}

/** What each of the 256 levels becomes. */
function normalizedLevels(mean: number, std: number): Float32Array {
  return Float32Array.from({ length: 256 }, (_, level) => (level / 255 - mean) / std);
}
