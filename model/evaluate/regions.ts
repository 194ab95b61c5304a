// Which region of an image a text belongs to, and the reverse.
import { chanceOfHit, type Measure, share } from './measure.ts';
import { rankOf } from './ranks.ts';
import { dot } from './vectors.ts';

/** The regions of one image and the texts about them. */
export interface RegionsOfImage {
  /** An embedding [E] of each region, of length 1. */
  readonly regions: readonly Float32Array[];
  /** An embedding [E] of each text, of length 1. */
  readonly texts: readonly Float32Array[];
  /** Numbers of the regions that each text is right for: at least one; every region has a text. */
  readonly regionsOf: readonly (readonly number[])[];
}

export interface RegionRetrieval {
  /** The share of texts for which a right region is the most similar of the image's regions. */
  readonly textToRegion: Measure;
  /** The share of regions for which a right text is the most similar of the image's texts. */
  readonly regionToText: Measure;
}

/** Equally similar ones are ordered by index. @param images at least one */
export function regionRetrieval(images: readonly RegionsOfImage[]): RegionRetrieval {
  const textToRegion: Attempt[] = [];
  const regionToText: Attempt[] = [];
  for (const { regions, texts, regionsOf } of images) {
    const textsOf = regions.map((_, region) => [...texts.keys()].filter((text) => regionsOf[text]!.includes(region)));
    textToRegion.push(...texts.map((text, i) => attempt(text, regions, regionsOf[i]!)));
    regionToText.push(...regions.map((region, i) => attempt(region, texts, textsOf[i]!)));
  }
  return { textToRegion: shareOf(textToRegion), regionToText: shareOf(regionToText) };
}

interface Attempt {
  readonly hit: boolean;
  readonly chance: number;
}

function attempt(query: Float32Array, candidates: readonly Float32Array[], rights: readonly number[]): Attempt {
  const similarities = candidates.map((candidate) => dot(query, candidate));
  return { hit: rankOf(similarities, rights) === 0, chance: chanceOfHit(rights.length, candidates.length, 1) };
}

const shareOf = (attempts: readonly Attempt[]): Measure =>
  share(
    attempts.map(({ hit }) => hit),
    attempts.map(({ chance }) => chance),
  );
