// Regions of an image as a user names them, and as programs take them.
import { gridSize, type MmgemConfig } from '../config.ts';
import { MmgemError } from '../errors.ts';
import { type Box, type BoxUnit, boxToCrop, describeBox } from '../preprocess/geometry.ts';
import type { ImageSize } from '../preprocess/image.ts';
import type { PreprocessSettings } from '../preprocess/settings.ts';
import { type Mask, maskToPatches } from './masks.ts';

/** A box x1, y1, x2, y2, in fractions of the image's width and height unless `unit` says pixels; or a mask over the image. */
export type Region = { readonly box: Box; readonly unit?: BoxUnit } | { readonly mask: Mask };

/** Regions of image 0 of the batch, ready for a program. */
export type RegionInputs =
  | { readonly kind: 'boxes'; readonly count: number; readonly boxes: Float32Array }
  | { readonly kind: 'masks'; readonly count: number; readonly masks: Float32Array; readonly imageOf: Int32Array };

export interface RegionContext {
  readonly config: MmgemConfig;
  readonly settings: PreprocessSettings;
  readonly onWarning: (message: string) => void;
}

/**
 * @throws MmgemError for a box that is empty, reaches outside of the image or is not seen at all, a mask that does not fit,
 * and for boxes and masks in one list
 */
export function regionInputs(regions: readonly Region[], image: ImageSize, context: RegionContext): RegionInputs {
  const count = regions.length;
  const boxes = regions.flatMap((region) => ('box' in region ? [boxInput(region, image, context)] : []));
  if (boxes.length === count) return { kind: 'boxes', count, boxes: Float32Array.from(boxes.flat()) };
  if (boxes.length > 0)
    throw new MmgemError('regions: boxes and masks are in one list. Ask for them one after the other.');
  const { config, settings } = context;
  const patches = gridSize(config.vision) ** 2;
  const masks = new Float32Array(count * patches);
  regions.forEach((region, i) => {
    if ('mask' in region) masks.set(maskToPatches(region.mask, image, settings, gridSize(config.vision)), i * patches);
  });
  return { kind: 'masks', count, masks, imageOf: new Int32Array(count) };
}

function boxInput(region: Extract<Region, { box: Box }>, image: ImageSize, context: RegionContext): number[] {
  const { box, visible } = boxToCrop(region.box, image, context.settings, region.unit);
  if (visible < 1) {
    const share = Math.round(visible * 100);
    context.onWarning(`${describeBox(region.box)}: the model sees ${share} % of it; the centre crop cuts off the rest`);
  }
  return [0, ...box];
}

/** One box an image, around all that the model sees of it. */
export function wholeImages(count: number): RegionInputs {
  const boxes = Array.from({ length: count }, (_, image) => [image, 0, 0, 1, 1]).flat();
  return { kind: 'boxes', count, boxes: Float32Array.from(boxes) };
}

/** The part of the inputs from `start` to `end`. */
export function sliceRegions(inputs: RegionInputs, start: number, end: number): RegionInputs {
  const count = Math.min(end, inputs.count) - start;
  const part = (data: Float32Array): Float32Array => {
    const each = data.length / inputs.count;
    return data.slice(start * each, (start + count) * each);
  };
  if (inputs.kind === 'boxes') return { kind: 'boxes', count, boxes: part(inputs.boxes) };
  return { kind: 'masks', count, masks: part(inputs.masks), imageOf: inputs.imageOf.slice(start, start + count) };
}

/** What the program of either kind is given. */
export function inputsOf(inputs: RegionInputs): Record<string, Float32Array | Int32Array> {
  return inputs.kind === 'boxes' ? { boxes: inputs.boxes } : { masks: inputs.masks, imageOf: inputs.imageOf };
}
