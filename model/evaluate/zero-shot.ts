// Zero-shot classification: an image belongs to the class whose name, put into sentences, is most like it.
import { MmgemError } from '../errors.ts';
import { type Measure, share } from './measure.ts';
import { rankOf } from './ranks.ts';
import { dot, meanDirection } from './vectors.ts';

/** Where the name of a class goes in a template. */
const place = '{}';

/** Sentences for every kind of image; what they have in common is the class. */
export const defaultTemplates: readonly string[] = [
  'a {}',
  'the {}',
  'a photo of a {}',
  'a picture of the {}',
  'an image that shows a {}',
  'a close view of a {}',
  'a {} seen from afar',
  'a drawing of a {}',
  'a blurred picture of a {}',
  'there is a {} here',
];

/** The sentences of a class. @throws MmgemError for a template that has no place for the name */
export function fillTemplates(templates: readonly string[], name: string): string[] {
  const without = templates.find((template) => !template.includes(place));
  if (templates.length === 0 || without !== undefined) {
    const what = without === undefined ? 'there is no template' : `template ${JSON.stringify(without)} has no ${place}`;
    throw new MmgemError(`${what}. Write ${place} where the name of the class goes, as in "a photo of a ${place}".`);
  }
  return templates.map((template) => template.replaceAll(place, name));
}

/** The embedding of each class: the normalised mean of its sentences' embeddings. */
export function classEmbeddings(sentences: readonly (readonly Float32Array[])[]): Float32Array[] {
  return sentences.map(meanDirection);
}

/**
 * The share of images whose class is among the `k` most similar ones, equally similar ones ordered by index.
 * @param labels the number of each image's class
 */
export function topK(
  images: readonly Float32Array[],
  classes: readonly Float32Array[],
  labels: readonly number[],
  ks: readonly number[],
): ReadonlyMap<number, Measure> {
  const ranks = images.map((image, i) =>
    rankOf(
      classes.map((name) => dot(image, name)),
      [labels[i]!],
    ),
  );
  const chance = (k: number): number[] => ranks.map(() => Math.min(1, k / classes.length));
  return new Map(
    ks.map((k) => [
      k,
      share(
        ranks.map((rank) => rank < k),
        chance(k),
      ),
    ]),
  );
}
