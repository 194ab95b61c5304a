// Retrieval between images and short captions: among all, and within groups of distinct captions.
import type { Measure } from '../measure.ts';
import { distinctGroups, type Recall, recall, recallInGroups } from '../retrieval.ts';
import { normalised } from '../words.ts';
import { type EmbeddedItem, embedItems } from './embed-items.ts';
import type { Evaluation } from './evaluation.ts';
import { assertSome, type Suite } from './suite.ts';

/** The K of R@K. */
export const recallPlaces: readonly number[] = [1, 5, 10];

export const retrieval: Suite = {
  title: 'retrieval',
  prepare: ['embed'],
  needs: 'captions',
  fits: ({ captions }) => captions.length > 0,
  run: async (evaluation, items) => {
    const { embedded, skipped } = await embedItems(evaluation, items, ({ captions }) => captions);
    assertSome(embedded.length, 'images with captions', skipped);
    const texts = embedded.flatMap(({ texts }) => texts);
    const pairs = {
      images: embedded.map(({ image }) => image),
      texts: texts.map(({ embedding }) => embedding),
      imageOf: embedded.flatMap((item, i) => item.texts.map(() => i)),
    };
    const groups = inGroups(embedded, evaluation);
    return {
      measures: { ...namedRecall(recall(pairs, recallPlaces)), ...groups.measures },
      used: { images: embedded.length, texts: texts.length },
      skipped,
      notes: [...groups.notes, ...evaluation.cutNotes(texts.map(({ text }) => text))],
      examples: [],
    };
  },
};

/** Measures by name, both ways. @param suffix what tells them from others of the suite */
export function namedRecall(recalls: ReadonlyMap<number, Recall>, suffix = ''): Record<string, Measure> {
  const ways = [
    ['image to text', 'imageToText'],
    ['text to image', 'textToImage'],
  ] as const;
  return Object.fromEntries(
    ways.flatMap(([way, field]) => [...recalls].map(([k, both]) => [`${way} R@${k}${suffix}`, both[field]] as const)),
  );
}

/** The first caption of each image within groups in which captions are distinct. */
function inGroups(
  embedded: readonly EmbeddedItem<unknown>[],
  evaluation: Evaluation<unknown>,
): { readonly measures: Readonly<Record<string, Measure>>; readonly notes: readonly string[] } {
  const groups = groupsOf(embedded, evaluation, 1);
  const size = evaluation.groupSize;
  const note = groupNote(groups.length, embedded.length, size);
  if (groups.length === 0) return { measures: {}, notes: [note] };
  const found = recallInGroups(
    embedded.map(({ image }) => image),
    embedded.map(({ texts }) => texts[0]!.embedding),
    groups,
  );
  return { measures: namedRecall(new Map([[1, found]]), ` among ${size}`), notes: [note] };
}

/**
 * Numbers of images in full groups, within each of which the texts of one are distinct from those of another.
 * @param compared how many texts of each item, from the first on; the first is compared with the first, and so on
 */
export function groupsOf(
  embedded: readonly EmbeddedItem<unknown>[],
  { groupSize, options }: Evaluation<unknown>,
  compared: number,
): number[][] {
  const marked = embedded.map(({ item, texts }) => ({
    item,
    marks: texts.slice(0, compared).map(({ text }) => normalised(text)),
  }));
  return distinctGroups(marked, groupSize, (one, other) => {
    const differ = one.marks.every((mark, i) => mark !== other.marks[i]);
    return differ && (options.areDistinct?.(one.item, other.item) ?? true);
  });
}

/** How the images were grouped. */
export function groupNote(groups: number, images: number, size: number): string {
  const distinct = `groups of ${size} with distinct captions`;
  if (groups === 0) return `no ${distinct}: ${images} images do not fill one`;
  const left = images - groups * size;
  return `${groups} ${distinct}${left > 0 ? `; ${left} images are left over` : ''}`;
}
