// CIDEr-D (Vedantam et al., arXiv 1411.5726): how much a caption is like what people wrote about the image, rare phrases weighing
// more than common ones. As pycocoevalcap computes what it calls CIDEr.
import { MmgemError } from '../errors.ts';
import { mean } from './measure.ts';
import { wordsOf } from './words.ts';

/** n-grams of 1 to so many words are compared. */
const longestGram = 4;
/** Standard deviation of the penalty on differences in length, words. */
const sigma = 6;
/** The mean similarity of n-grams, from 0 to 1, is given as a number up to this. */
const scale = 10;

export interface CiderD {
  /** The mean over the images. Papers print 100 times it. */
  readonly score: number;
  readonly perImage: readonly number[];
}

/** The n-grams of a text with their tf-idf weights. */
interface GramVector {
  /** Words. */
  readonly length: number;
  /** By n − 1: the weight of each n-gram. */
  readonly weights: readonly ReadonlyMap<string, number>[];
  /** By n − 1: the Euclidean length of the weights. */
  readonly norms: readonly number[];
}

/**
 * CIDEr-D with document frequencies over the reference sets of the given images themselves. With one image alone every weight, and
 * so the score, is 0.
 * @param references of each image, at least one
 * @throws MmgemError when captions and reference sets do not pair up, or a set is empty
 */
export function ciderD(captions: readonly string[], references: readonly (readonly string[])[]): CiderD {
  checkSets(captions, references);
  const weightOf = inverseDocumentFrequency(references);
  const perImage = captions.map((caption, i) => {
    const own = gramVector(caption, weightOf);
    return scale * mean(references[i]!.map((reference) => similarity(own, gramVector(reference, weightOf))));
  });
  return { score: mean(perImage), perImage };
}

/** How often each n-gram occurs, by n − 1. */
function gramCounts(words: readonly string[]): Map<string, number>[] {
  return Array.from({ length: longestGram }, (_, i) => {
    const counts = new Map<string, number>();
    for (let at = 0; at + i < words.length; at++) {
      const gram = words.slice(at, at + i + 1).join(' ');
      counts.set(gram, (counts.get(gram) ?? 0) + 1);
    }
    return counts;
  });
}

/** ln(images) − ln(max(1, reference sets that hold the n-gram)) */
function inverseDocumentFrequency(references: readonly (readonly string[])[]): (gram: string) => number {
  const frequencies = new Map<string, number>();
  for (const set of references) {
    const grams = new Set(set.flatMap((text) => gramCounts(wordsOf(text)).flatMap((counts) => [...counts.keys()])));
    for (const gram of grams) frequencies.set(gram, (frequencies.get(gram) ?? 0) + 1);
  }
  return (gram) => Math.log(references.length) - Math.log(Math.max(1, frequencies.get(gram) ?? 0));
}

function gramVector(text: string, weightOf: (gram: string) => number): GramVector {
  const words = wordsOf(text);
  const weights = gramCounts(words).map(
    (counts) => new Map([...counts].map(([gram, count]) => [gram, count * weightOf(gram)])),
  );
  return { length: words.length, weights, norms: weights.map((weight) => Math.hypot(...weight.values())) };
}

/** The mean over n of Σ min(h, r) · r / (‖h‖ ‖r‖), times exp(−Δ² / 2σ²) for a difference of Δ words. */
function similarity(caption: GramVector, reference: GramVector): number {
  const penalty = Math.exp(-((caption.length - reference.length) ** 2) / (2 * sigma ** 2));
  const perLength = caption.weights.map((weights, i) => {
    let overlap = 0;
    for (const [gram, weight] of weights) {
      const other = reference.weights[i]!.get(gram) ?? 0;
      overlap += Math.min(weight, other) * other;
    }
    const norms = caption.norms[i]! * reference.norms[i]!;
    return norms > 0 ? overlap / norms : 0;
  });
  return penalty * mean(perLength);
}

function checkSets(captions: readonly string[], references: readonly (readonly string[])[]): void {
  if (captions.length !== references.length || captions.length === 0) {
    throw new MmgemError(
      `CIDEr-D: there are ${captions.length} captions and ${references.length} reference sets. Give one set for each caption.`,
    );
  }
  const empty = references.findIndex((set) => set.length === 0);
  if (empty >= 0) throw new MmgemError(`CIDEr-D: image ${empty} has no reference. Leave it out.`);
}
