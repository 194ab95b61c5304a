// Models that know everything or nothing of the items they are asked about; an image is the key of its item.
import { namedConfigs } from '../../model/configs.ts';
import { MmgemError } from '../../model/errors.ts';
import type { EvaluatedModel } from '../../model/evaluate/evaluate.ts';
import type { EvaluationItem } from '../../model/evaluate/item.ts';
import type { HeatMap } from '../../model/heat-map.ts';
import type { Box } from '../../model/preprocess/geometry.ts';
import { random } from '../../model/random.ts';
import type { Region } from '../../model/session/regions.ts';

export type Item = EvaluationItem<string>;

const width = 64;
const side = 10;

/** A direction that follows from a name; those of two names are almost at right angles. */
export function directionOf(name: string): Float32Array {
  const { normal } = random(1, name);
  const values = Array.from({ length: width }, normal);
  const length = Math.hypot(...values);
  return Float32Array.from(values, (value) => value / length);
}

/** Ten to a row, ten rows, each from a corner of its own: boxes that hold the middles of patches. */
export function boxAt(column: number, row: number): Box {
  return [column / side, row / side, (column + 1) / side, (row + 1) / side];
}

const cornersOf = (region: Box | Region): Box => ('box' in region ? region.box : (region as Box));

/** What the models have in common: images that are in no item cannot be decoded, words are tokens. */
function model(items: readonly Item[], answers: Answers): EvaluatedModel<string> {
  const itemOf = (image: string): Item => {
    const item = items.find(({ image: own }) => own === image);
    if (item && !image.startsWith('broken')) return item;
    throw new MmgemError(`${image}: is truncated or damaged; get the file again.`);
  };
  const embedTexts = async (texts: readonly string[]) => {
    if (texts.includes('')) throw new MmgemError('empty text: "" holds nothing to embed. Give at least one word.');
    return texts.map(answers.text);
  };
  return {
    config: namedConfigs.nano,
    embedImages: async (images) => images.map((image) => answers.image(itemOf(image))),
    embedTexts,
    embedRegions: async (image, regions) => regions.map((region) => answers.box(itemOf(image), cornersOf(region))),
    captions: async (images) => images.map((image) => answers.caption(itemOf(image))),
    captionRegions: async (image, regions) => {
      return regions.map((region) => answers.regionCaption(itemOf(image), cornersOf(region)));
    },
    locateAll: async (image, texts) => {
      await embedTexts(texts);
      return texts.map((text) => answers.heat(itemOf(image), text));
    },
    countTokens: (text) => text.split(' ').length,
  };
}

interface Answers {
  image(item: Item): Float32Array;
  text(text: string): Float32Array;
  box(item: Item, box: Box): Float32Array;
  caption(item: Item): string;
  regionCaption(item: Item, box: Box): string;
  heat(item: Item, text: string): HeatMap;
}

function heatMap(valueAt: (patch: number) => number): HeatMap {
  const values = Float32Array.from({ length: side * side }, (_, patch) => valueAt(patch));
  return { width: side, height: side, values, region: [0, 0, 1, 1] };
}

/** Gives an image and its texts one direction, a box and its text another, and says what the item says. */
export function knowingModel(items: readonly Item[]): EvaluatedModel<string> {
  const meant = new Map<string, string>();
  for (const { key, captions, longCaption = '', regions = [] } of items) {
    for (const text of [...captions, longCaption]) meant.set(text, key);
    for (const { text } of regions) meant.set(text, `region ${text}`);
  }
  const labelIn = (text: string) => items.find(({ label }) => label !== undefined && text.includes(label))?.label;
  const regionAt = ({ regions = [] }: Item, box: Box) => regions.find((region) => region.box.join() === box.join())!;
  return model(items, {
    image: ({ key, label }) => {
      if (label === undefined) return directionOf(key);
      const [own, ofLabel] = [directionOf(key), directionOf(`label ${label}`)];
      return own.map((value, i) => Math.SQRT1_2 * (value + ofLabel[i]!));
    },
    text: (text) => directionOf(meant.get(text) ?? `label ${labelIn(text)}`),
    box: (item, box) => directionOf(`region ${regionAt(item, box).text}`),
    caption: ({ captions }) => captions[0]!,
    regionCaption: (item, box) => regionAt(item, box).text,
    heat: ({ regions = [] }, text) => {
      const [x, y] = regions.find((region) => region.text === text)!.box;
      const hot = Math.round(y * side) * side + Math.round(x * side);
      return heatMap((patch) => (patch === hot ? 1 : 0));
    },
  });
}

/** Looks at nothing: all directions are drawn, and all captions are the same. */
export function blindModel(items: readonly Item[]): EvaluatedModel<string> {
  return model(items, {
    image: ({ key }) => directionOf(`image ${key}`),
    text: (text) => directionOf(`text ${text}`),
    box: ({ key }, box) => directionOf(`box ${key} ${box.join()}`),
    caption: () => 'something',
    regionCaption: () => 'something',
    heat: ({ key }, text) => {
      const { uniform } = random(1, `heat ${key} ${text}`);
      return heatMap(uniform);
    },
  });
}
