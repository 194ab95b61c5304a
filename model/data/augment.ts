// Random resized crops: which part of an image a training step sees.
import { MmgemError } from '../errors.ts';
import { type Box, roundHalfToEven } from '../preprocess/geometry.ts';
import type { ImageSize, RgbImage } from '../preprocess/image.ts';
import type { Region } from '../preprocess/resize.ts';
import type { Random } from '../random.ts';
import { below } from './shuffle.ts';

export interface Augmentation {
  /**
   * Least and greatest part of the image's area that a crop takes. OpenCLIP's 0.9 to 1 unless told; from a photograph of
   * 3 : 2 no such crop has one of the default ratios, so that its middle is taken: choose a smaller part to see more.
   */
  readonly scale?: readonly [least: number, greatest: number];
  /** Least and greatest width of a crop divided by its height. 3/4 to 4/3 unless told. */
  readonly ratio?: readonly [least: number, greatest: number];
  /** Mirrors every second image. Off unless told, because captions say left and right. */
  readonly flip?: boolean;
}

/** The part of an image that is seen. */
export interface View {
  readonly region: Region;
  /** Left and right change places. */
  readonly mirrored: boolean;
}

/** OpenCLIP's. */
export const defaultAugmentation = { scale: [0.9, 1], ratio: [3 / 4, 4 / 3] } as const satisfies Augmentation;
const defaults = defaultAugmentation;
/** After so many crops that did not fit inside of the image, the largest one in its middle is taken. */
const attempts = 10;

/** @throws MmgemError naming the field that is unusable */
export function checkAugmentation({
  scale = defaults.scale,
  ratio = defaults.ratio,
  flip = false,
}: Augmentation): void {
  checkRange('scale', scale, 1);
  checkRange('ratio', ratio, Number.MAX_VALUE);
  if (typeof flip === 'boolean') return;
  throw new MmgemError(`augmentation.flip is ${JSON.stringify(flip)}; it must be true or false.`);
}

function checkRange(name: string, range: unknown, most: number): void {
  const [least, greatest] = Array.isArray(range) && range.length === 2 ? range : [];
  if (least > 0 && least <= greatest && greatest <= most) return;
  const bound = most === 1 ? ' ≤ 1' : '';
  throw new MmgemError(
    `augmentation.${name} is ${JSON.stringify(range)}; it must be [least, greatest] with 0 < least ≤ greatest${bound}.`,
  );
}

/**
 * torchvision's RandomResizedCrop: area and ratio (evenly in its logarithm) are drawn, then a place where such a crop fits;
 * and its RandomHorizontalFlip.
 */
export function randomView(image: ImageSize, { scale, ratio, flip }: Augmentation, source: Random): View {
  const region = randomRegion(image, scale ?? defaults.scale, ratio ?? defaults.ratio, source);
  return { region, mirrored: flip === true && source.uniform() < 0.5 };
}

function randomRegion(
  image: ImageSize,
  [leastScale, greatestScale]: readonly [number, number],
  ratio: readonly [number, number],
  source: Random,
): Region {
  const between = (from: number, to: number) => from + (to - from) * source.uniform();
  for (let attempt = 0; attempt < attempts; attempt++) {
    const area = image.width * image.height * between(leastScale, greatestScale);
    const aspect = Math.exp(between(Math.log(ratio[0]), Math.log(ratio[1])));
    const width = roundHalfToEven(Math.sqrt(area * aspect));
    const height = roundHalfToEven(Math.sqrt(area / aspect));
    if (width < 1 || height < 1 || width > image.width || height > image.height) continue;
    const top = below(image.height - height + 1, source);
    return { left: below(image.width - width + 1, source), top, width, height };
  }
  return middleRegion(image, ratio);
}

function middleRegion(image: ImageSize, [least, greatest]: readonly [number, number]): Region {
  const aspect = image.width / image.height;
  const height = aspect < least ? Math.max(1, roundHalfToEven(image.width / least)) : image.height;
  const width = aspect > greatest ? Math.max(1, roundHalfToEven(image.height * greatest)) : image.width;
  const left = Math.floor((image.width - width) / 2);
  return { left, top: Math.floor((image.height - height) / 2), width, height };
}

export function wholeView({ width, height }: ImageSize): View {
  return { region: { left: 0, top: 0, width, height }, mirrored: false };
}

/** The view's region in fractions of the image. */
export function windowOf({ region }: View, { width, height }: ImageSize): Box {
  const { left, top } = region;
  return [left / width, top / height, (left + region.width) / width, (top + region.height) / height];
}

/** A box of the view as it lies when the view is mirrored. */
export function mirrorBox([x1, y1, x2, y2]: Box): Box {
  return [1 - x2, y1, 1 - x1, y2];
}

/** Left and right exchanged. */
export function mirrorImage({ width, height, data }: RgbImage): RgbImage {
  const mirrored = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * 3;
      const to = (y * width + (width - 1 - x)) * 3;
      for (let channel = 0; channel < 3; channel++) mirrored[to + channel] = data[from + channel]!;
    }
  }
  return { width, height, data: mirrored };
}
