// Retrieval by long captions, beside that by the short captions of the same images.
import { mean } from '../measure.ts';
import { recall, recallInGroups } from '../retrieval.ts';
import { type EmbeddedItem, embedItems } from './embed-items.ts';
import type { EvaluatedModel } from './evaluation.ts';
import { groupNote, groupsOf, namedRecall, recallPlaces } from './retrieval.ts';
import { assertSome, type Suite } from './suite.ts';

/** The texts of an item that are compared. */
const kinds = ['long', 'short'] as const;

export const long: Suite = {
  title: 'long captions',
  prepare: ['embed'],
  needs: 'long caption beside a short one',
  fits: ({ captions, longCaption }) => captions.length > 0 && longCaption !== undefined,
  run: async (evaluation, items) => {
    const { embedded, skipped } = await embedItems(evaluation, items, ({ captions, longCaption }) => [
      longCaption!,
      captions[0]!,
    ]);
    assertSome(embedded.length, 'images with long captions', skipped);
    const groups = groupsOf(embedded, evaluation, kinds.length);
    const ofKind = (_: unknown, kind: number) => embedded.map(({ texts }) => texts[kind]!.text);
    return {
      measures: Object.assign({}, ...kinds.map((_, kind) => measuresOf(embedded, kind, groups))),
      used: { images: embedded.length },
      skipped,
      notes: [
        groupNote(groups.length, embedded.length, evaluation.groupSize),
        ...kinds.map((name, kind) => `${name} captions: ${lengths(ofKind(name, kind), evaluation.model)}`),
        ...evaluation.cutNotes(kinds.flatMap(ofKind)),
      ],
      examples: [],
    };
  },
};

/** R@K of one kind of text, one to an image, among all and within groups. */
function measuresOf(embedded: readonly EmbeddedItem<unknown>[], kind: number, groups: readonly (readonly number[])[]) {
  const images = embedded.map(({ image }) => image);
  const texts = embedded.map((item) => item.texts[kind]!.embedding);
  const suffix = `, ${kinds[kind]}`;
  const among =
    groups[0] &&
    namedRecall(new Map([[1, recallInGroups(images, texts, groups)]]), ` among ${groups[0].length}${suffix}`);
  return { ...namedRecall(recall({ images, texts, imageOf: [...images.keys()] }, recallPlaces), suffix), ...among };
}

function lengths(texts: readonly string[], model: Pick<EvaluatedModel<unknown>, 'countTokens'>): string {
  const counts = texts.map((text) => model.countTokens(text));
  return `${mean(counts).toFixed(1)} tokens on average, at most ${counts.reduce((a, b) => Math.max(a, b))}`;
}
