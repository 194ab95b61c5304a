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
  return normalize(resizeAndCrop(image, settings), settings, target);
}

/**
 * 8-bit pixels as the model takes them: values from 0 to 1, less the mean, divided by the standard deviation.
 * @param target where the result goes: 3·H·W values
 * @returns [3, H, W]
 */
export function normalize(
  { height, width, data }: RgbImage,
  { mean, std }: Pick<PreprocessSettings, 'mean' | 'std'>,
  target?: Float32Array,
): Float32Array {
  const plane = height * width;
  const out = target ?? new Float32Array(3 * plane);
  if (out.length !== 3 * plane) {
    throw new MmgemError(`target has ${out.length} values; an input of 3×${height}×${width} has ${3 * plane}.`);
  }
  for (let channel = 0; channel < 3; channel++) {
    const values = normalizedLevels(mean[channel]!, std[channel]!);
    for (let i = 0; i < plane; i++) out[channel * plane + i] = values[data[i * 3 + channel]!]!;
  }
  return out;
}

/** What each of the 256 levels becomes. */
function normalizedLevels(mean: number, std: number): Float32Array {
  return Float32Array.from({ length: 256 }, (_, level) => (level / 255 - mean) / std);
}
