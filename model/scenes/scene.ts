/**
 * Scenes without end, drawn from seeds: a picture of one to four objects, and texts that are true of it. A scene is
 * the same, bit for bit, on every machine; the size of its picture changes nothing but the picture.
 */
import { MmgemError } from '../errors.ts';
import type { Box } from '../preprocess/geometry.ts';
import { checkImageSize, type RgbImage } from '../preprocess/image.ts';
import { type Random, random } from '../random.ts';
import type { Mask } from '../session/masks.ts';
import { draw, drawMask } from './draw.ts';
import { sampleGround } from './ground.ts';
import { type CountWeights, type Layout, type PlacedObject, sampleObjects } from './layout.ts';
import { type Split, splitOf } from './split.ts';
import type { GroundName } from './vocabulary.ts';
import { writeCaptions, writeLongCaption, writeRegion } from './write.ts';

export type { Split } from './split.ts';

/** A number alone is the first scene of its seed. */
export type SceneSeed = number | { readonly seed: number; readonly index: number };

export interface SceneOptions {
  /** Side of the picture, pixels; 160 unless told. */
  readonly side?: number;
  /** How likely 1, 2, 3 and 4 objects are, relative to each other; one to three unless told. */
  readonly counts?: CountWeights;
  /** Training scenes unless told. No scene of one split has the content of one of the other. */
  readonly split?: Split;
}

export interface SceneObject extends PlacedObject {
  /** How much of each pixel the object covers in a picture of this side, or of each patch on a grid. */
  mask(side: number): Mask;
}

/** A part of the picture, and a phrase that is true of this object alone. */
export interface SceneRegion {
  readonly box: Box;
  readonly text: string;
}

/** Pictures and texts are made when they are first asked for. */
export interface Scene {
  readonly image: RgbImage;
  readonly objects: readonly SceneObject[];
  readonly ground: { readonly name: GroundName };
  /** One sentence that names all objects, and how they lie if there are more than one. */
  readonly caption: string;
  /** Up to four different ones, `caption` first. */
  readonly captions: readonly string[];
  /** All attributes and positions of all objects, and the background. */
  readonly longCaption: string;
  /** One for each object, in the order of `objects`. */
  readonly regions: readonly SceneRegion[];
}

const defaultCounts: CountWeights = [0.25, 0.45, 0.3, 0];
const defaultSide = 160;
const captionCount = 4;

/**
 * Draws the scene of a seed.
 * @throws MmgemError for a seed or an index that is no whole number, a side that is none above 0, and weights that are
 * not four numbers of at least 0
 */
export function scene(
  seed: SceneSeed,
  { side = defaultSide, counts = defaultCounts, split = 'train' }: SceneOptions = {},
): Scene {
  checkImageSize({ width: side, height: side }, 'the picture of a scene');
  checkCounts(counts);
  const source = sourcesOf(seed, split);
  const layout = { objects: objectsOf(source('objects'), counts, split), ground: sampleGround(source('ground')) };
  const objects = layout.objects.map((object): SceneObject => ({ ...object, mask: (size) => drawMask(object, size) }));
  const image = lazy(() => draw(layout, side));
  const captions = lazy(() => writeCaptions(layout, source('captions'), captionCount));
  const longCaption = lazy(() => writeLongCaption(layout, source('long caption')));
  const regions = lazy(() => regionsOf(layout, source('regions')));
  return {
    objects,
    ground: layout.ground,
    get image() {
      return image();
    },
    get caption() {
      return captions()[0]!;
    },
    get captions() {
      return captions();
    },
    get longCaption() {
      return longCaption();
    },
    get regions() {
      return regions();
    },
  };
}

/** A source of chance for each thing that is drawn or said, so that what is asked for first changes nothing. */
function sourcesOf(seed: SceneSeed, split: Split): (purpose: string) => Random {
  const { seed: number, index } = typeof seed === 'number' ? { seed, index: 0 } : seed;
  for (const [name, value] of Object.entries({ seed: number, index })) {
    if (!Number.isSafeInteger(value)) throw new MmgemError(`scene: ${name} is ${value}. Give a whole number.`);
  }
  return (purpose) => random(number, `scene ${split} ${index} ${purpose}`);
}

function checkCounts(counts: CountWeights): void {
  const right = counts.length === 4 && counts.every((weight) => weight >= 0 && weight < Number.POSITIVE_INFINITY);
  if (right && counts.some((weight) => weight > 0)) return;
  throw new MmgemError(
    `scene: counts are ${counts.join(', ')}. Give four numbers of at least 0, one of them above 0: ` +
      'how likely 1, 2, 3 and 4 objects are.',
  );
}

function objectsOf(source: Random, counts: CountWeights, split: Split): PlacedObject[] {
  for (;;) {
    const objects = sampleObjects(source, counts);
    if (splitOf(objects) === split) return objects;
  }
}

function regionsOf(layout: Layout, source: Random): SceneRegion[] {
  return layout.objects.map((object) => ({ box: object.box, text: writeRegion(object, source) }));
}

function lazy<T extends object | string>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
