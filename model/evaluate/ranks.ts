// Where among candidates the right one stands when they are ordered by similarity, ties by index.
import { MmgemError } from '../errors.ts';
import { dot } from './vectors.ts';

/** Rank 0 is the first place. */
export interface RetrievalRanks {
  /** Of each image: the rank of the best placed of its texts among all texts. */
  readonly imageToText: Int32Array;
  /** Of each text: the rank of its image among all images. */
  readonly textToImage: Int32Array;
}

/** Images and texts are compared in tiles of so many of either, which stay in the processor's cache. */
const tile = 64;

/**
 * Ranks both ways from cosines. An image may have several texts; a text has one image. What is held grows with images plus texts,
 * not with their product.
 * @param imageOf the number of each text's image
 * @throws MmgemError when an image has no text
 */
export function retrievalRanks(
  images: readonly Float32Array[],
  texts: readonly Float32Array[],
  imageOf: ArrayLike<number>,
): RetrievalRanks {
  const toOwnImage = Float64Array.from(texts, (text, t) => dot(images[imageOf[t]!]!, text));
  const best = bestTexts(toOwnImage, imageOf, images.length);
  const imageToText = new Int32Array(images.length);
  const textToImage = new Int32Array(texts.length);
  const compare = (image: number, text: number): void => {
    const similarity = dot(images[image]!, texts[text]!);
    const bestText = best[image]!;
    const ownImage = imageOf[text]!;
    if (isAhead(similarity, text, toOwnImage[bestText]!, bestText)) imageToText[image]!++;
    if (isAhead(similarity, image, toOwnImage[text]!, ownImage)) textToImage[text]!++;
  };
  for (let firstText = 0; firstText < texts.length; firstText += tile) {
    const endText = Math.min(texts.length, firstText + tile);
    for (let firstImage = 0; firstImage < images.length; firstImage += tile) {
      const endImage = Math.min(images.length, firstImage + tile);
      for (let image = firstImage; image < endImage; image++)
        for (let text = firstText; text < endText; text++) compare(image, text);
    }
  }
  return { imageToText, textToImage };
}

/** The rank of the best placed right candidate. `rights` are numbers of candidates, at least one. */
export function rankOf(similarities: ArrayLike<number>, rights: readonly number[]): number {
  const best = rights.reduce((a, b) => (isAhead(similarities[b]!, b, similarities[a]!, a) ? b : a));
  let rank = 0;
  for (let i = 0; i < similarities.length; i++) {
    if (isAhead(similarities[i]!, i, similarities[best]!, best)) rank++;
  }
  return rank;
}

/** Whether a candidate stands before another: it is more similar, or as similar and comes first. */
function isAhead(similarity: number, index: number, otherSimilarity: number, otherIndex: number): boolean {
  return similarity > otherSimilarity || (similarity === otherSimilarity && index < otherIndex);
}

/** The number of each image's text that is placed best. */
function bestTexts(toOwnImage: Float64Array, imageOf: ArrayLike<number>, images: number): Int32Array {
  const best = new Int32Array(images).fill(-1);
  for (let text = 0; text < toOwnImage.length; text++) {
    const image = imageOf[text]!;
    const before = best[image]!;
    if (before < 0 || toOwnImage[text]! > toOwnImage[before]!) best[image] = text;
  }
  const without = best.indexOf(-1);
  if (without < 0) return best;
  throw new MmgemError(`image ${without} of ${images} has no text, so that nothing can be right for it. Leave it out.`);
}
