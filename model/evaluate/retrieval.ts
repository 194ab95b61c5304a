// Recall at K between images and texts, among all and in small groups.
import { chanceOfHit, type Measure, share } from './measure.ts';
import { retrievalRanks } from './ranks.ts';

/** Embeddings of images and of their texts. */
export interface EmbeddedPairs {
  /** [E] each, of length 1 */
  readonly images: readonly Float32Array[];
  readonly texts: readonly Float32Array[];
  /** The number of each text's image. */
  readonly imageOf: ArrayLike<number>;
}

export interface Recall {
  readonly imageToText: Measure;
  readonly textToImage: Measure;
}

/**
 * R@K: from an image, the share of images of whose texts any is among the K most similar; from a text, the share of texts whose
 * one image is. Equally similar ones are ordered by index.
 * @returns by K
 * @throws MmgemError when an image has no text
 */
export function recall({ images, texts, imageOf }: EmbeddedPairs, ks: readonly number[]): ReadonlyMap<number, Recall> {
  const ranks = retrievalRanks(images, texts, imageOf);
  const textsOf = new Int32Array(images.length);
  for (let text = 0; text < texts.length; text++) textsOf[imageOf[text]!]!++;
  const within = (ranked: Int32Array, k: number): boolean[] => Array.from(ranked, (rank) => rank < k);
  return new Map(
    ks.map((k) => [
      k,
      {
        imageToText: share(
          within(ranks.imageToText, k),
          Array.from(textsOf, (right) => chanceOfHit(right, texts.length, k)),
        ),
        textToImage: share(
          within(ranks.textToImage, k),
          texts.map(() => chanceOfHit(1, images.length, k)),
        ),
      },
    ]),
  );
}

/**
 * R@1 within groups of images of one text each, the mean over the groups. `images` and `texts` belong together one by one.
 * @param groups numbers of pairs, at least one group, all of one size
 */
export function recallInGroups(
  images: readonly Float32Array[],
  texts: readonly Float32Array[],
  groups: readonly (readonly number[])[],
): Recall {
  const [imageToText, textToImage, chances]: [boolean[], boolean[], number[]] = [[], [], []];
  for (const group of groups) {
    const [own, ownTexts] = [group.map((pair) => images[pair]!), group.map((pair) => texts[pair]!)];
    const ranks = retrievalRanks(
      own,
      ownTexts,
      group.map((_, i) => i),
    );
    imageToText.push(...Array.from(ranks.imageToText, (rank) => rank === 0));
    textToImage.push(...Array.from(ranks.textToImage, (rank) => rank === 0));
    chances.push(...group.map(() => 1 / group.length));
  }
  return { imageToText: share(imageToText, chances), textToImage: share(textToImage, chances) };
}

/**
 * Items in groups of `size`, all of which are distinct from each other: each goes, in order, to the first group that has room and
 * nothing like it. Groups that are not full in the end are left out.
 * @returns numbers of items
 */
export function distinctGroups<Item>(
  items: readonly Item[],
  size: number,
  areDistinct: (one: Item, other: Item) => boolean,
): number[][] {
  const groups: number[][] = [];
  for (const [i, item] of items.entries()) {
    const takes = (group: readonly number[]): boolean =>
      group.length < size && group.every((member) => areDistinct(items[member]!, item));
    const fitting = groups.find(takes);
    if (fitting) fitting.push(i);
    else groups.push([i]);
  }
  return groups.filter((group) => group.length === size);
}
