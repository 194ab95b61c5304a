// From a record's image to the vision transformer's input: what a host runs in threads ahead of the training step.
import { type Box, type BoxUnit, boxInFractions, boxInWindow } from '../preprocess/geometry.ts';
import { checkPixels, type ImageSize, type RgbImage } from '../preprocess/image.ts';
import { normalize, preprocess, visibleRegion } from '../preprocess/preprocess.ts';
import { cutOut, resize } from '../preprocess/resize.ts';
import type { PreprocessSettings } from '../preprocess/settings.ts';
import { random } from '../random.ts';
import { type Augmentation, mirrorBox, mirrorImage, randomView, type View, wholeView, windowOf } from './augment.ts';
import type { DataImage, LazyImage } from './record.ts';

/** What all images of a run have in common. Plain data. */
export interface Preparation {
  readonly settings: PreprocessSettings;
  /** Without it images are prepared as for evaluation: shorter side resized, centre crop. */
  readonly augmentation?: Augmentation;
  readonly seed: number;
}

/** One image to prepare. Plain data. */
export interface ImageTask {
  /** What errors call the image. */
  readonly name: string;
  readonly image: DataImage;
  /** Names this image's random numbers among those of the seed, so that they do not depend on who draws them. */
  readonly stream: string;
  /** Regions whose place in the result is wanted. */
  readonly boxes: readonly Box[];
  readonly boxUnit: BoxUnit;
}

/** A region's box in fractions of the result; a reason why it is unusable; or nothing, where too little of it is seen. */
export type PreparedBox = Box | string | undefined;

export interface PreparedImage {
  /** [3, H, W] */
  readonly pixels: Float32Array;
  /** As many as the task has boxes. */
  readonly boxes: readonly PreparedBox[];
}

/** Prepares images, several at a time if the host can. */
export interface ImagePreparer {
  /** @throws MmgemError when the image cannot be used; any other error means that the preparer itself has failed */
  prepare(task: ImageTask): Promise<PreparedImage>;
  /** Ends what runs; what was asked for and is not ready is rejected. */
  close(): Promise<void>;
}

/** How a host starts a preparer. */
export type StartPreparer = (preparation: Preparation) => ImagePreparer;

/** Makes the image of a `LazyImage`: the bytes of a file, or pixels. */
export type ImageResolver = (image: LazyImage) => RgbImage | Uint8Array | Promise<RgbImage | Uint8Array>;
/** By kind of lazy image. */
export type ImageResolvers = Readonly<Record<string, ImageResolver>>;

/** What preparing takes of the host. */
export interface ImageTools {
  /** @throws MmgemError naming the image when the bytes cannot be decoded */
  decode(bytes: Uint8Array, name: string): Promise<RgbImage>;
  readonly resolvers: ImageResolvers;
}

/** Prepares images where it is called, without threads. */
export function inlinePreparer(tools: ImageTools): StartPreparer {
  return (preparation) => ({
    prepare: (task) => prepareImage(task, preparation, tools),
    close: async () => undefined,
  });
}

/** Less than this part of a region is no region. */
const leastVisible = 0.5;
/** Crops that are tried until one shows a region; then it is the whole image. */
const attempts = 10;

/**
 * Decodes, crops and normalises an image, and follows its boxes. With boxes the crop is one that shows at least half of one
 * of them.
 * @throws MmgemError naming the image when it cannot be had or decoded
 */
export async function prepareImage(
  task: ImageTask,
  preparation: Preparation,
  tools: ImageTools,
): Promise<PreparedImage> {
  const image = await pixelsOf(task, tools);
  const { settings, augmentation } = preparation;
  const inside = task.boxes.map((box) => insideOf(box, task.boxUnit, image));
  if (augmentation === undefined) {
    const window = visibleRegion(image, settings);
    return { pixels: preprocess(image, settings), boxes: inside.map((box) => seen(box, window, false)) };
  }
  const { view, boxes } = chooseView(image, inside, augmentation, preparation.seed, task.stream);
  return { pixels: draw(image, view, settings), boxes };
}

/** A record's image with the name that errors call it. */
export type NamedImage = Pick<ImageTask, 'name' | 'image'>;

/** @throws MmgemError naming the image when it cannot be had or decoded */
export async function pixelsOf({ image, name }: NamedImage, { decode, resolvers }: ImageTools): Promise<RgbImage> {
  let given = image;
  if ('kind' in given) {
    const resolve = Object.hasOwn(resolvers, given.kind) ? resolvers[given.kind] : undefined;
    if (resolve === undefined) {
      const known = Object.keys(resolvers).join(', ') || 'none';
      throw new TypeError(
        `${name}: nothing makes images of the kind ${JSON.stringify(given.kind)} here (known: ${known})`,
      );
    }
    given = await resolve(given);
  }
  if (given instanceof Uint8Array) return decode(given, name);
  checkPixels(given as RgbImage, [3], name);
  return given as RgbImage;
}

/**
 * The part of a box that lies in the image, in fractions of it, or the reason why it is unusable. Boxes that people drew
 * often reach a little beyond the edge.
 * @param image only boxes in pixels need it
 */
export function insideOf(box: Box, unit: BoxUnit, image: ImageSize): Box | string {
  const [x1, y1, x2, y2] = boxInFractions(box, image, unit);
  const within: Box = [Math.max(0, x1), Math.max(0, y1), Math.min(1, x2), Math.min(1, y2)];
  const share = (Math.max(0, within[2] - within[0]) * Math.max(0, within[3] - within[1])) / ((x2 - x1) * (y2 - y1));
  if (share >= leastVisible) return within;
  const size = unit === 'pixels' ? `; image ${image.width}×${image.height} pixels` : '';
  return (
    `box ${box.join(', ')} (${unit}${size}): most of it lies outside of the image. ` +
    'Correct the box, or say what it counts in.'
  );
}

/** Where a box of the image lies in a view. */
function seen(box: Box | string, window: Box, mirrored: boolean): PreparedBox {
  if (typeof box === 'string') return box;
  const cropped = boxInWindow(box, window);
  if (cropped === undefined || cropped.visible < leastVisible) return undefined;
  return mirrored ? mirrorBox(cropped.box) : cropped.box;
}

function chooseView(
  image: ImageSize,
  inside: readonly (Box | string)[],
  augmentation: Augmentation,
  seed: number,
  stream: string,
): { readonly view: View; readonly boxes: readonly PreparedBox[] } {
  const source = random(seed, stream);
  const boxesIn = (view: View) => inside.map((box) => seen(box, windowOf(view, image), view.mirrored));
  const isWanted = inside.some((box) => typeof box !== 'string');
  for (let attempt = 0; attempt < attempts; attempt++) {
    const view = randomView(image, augmentation, source);
    const boxes = boxesIn(view);
    if (!isWanted || boxes.some((box) => typeof box === 'object')) return { view, boxes };
  }
  const view = wholeView(image);
  return { view, boxes: boxesIn(view) };
}

/** The view at the model's size, whatever its shape, by the same bicubic filter as in evaluation. */
function draw(image: RgbImage, { region, mirrored }: View, settings: PreprocessSettings): Float32Array {
  const resized = resize(cutOut(image, region), settings.crop);
  return normalize(mirrored ? mirrorImage(resized) : resized, settings);
}
