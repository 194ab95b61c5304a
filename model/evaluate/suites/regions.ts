// Region retrieval: which region of an image a text is about, and the reverse.
import type { EvaluationItem, EvaluationRegion } from '../item.ts';
import { type RegionsOfImage, regionRetrieval } from '../regions.ts';
import { checkFinite } from '../vectors.ts';
import type { Evaluation } from './evaluation.ts';
import { areSeveral, imageRegions, regionKey } from './image-regions.ts';
import { outcomesOf } from './outcomes.ts';
import { assertSome, type Skipped, type Suite } from './suite.ts';

export const regions: Suite = {
  title: 'region retrieval',
  prepare: ['embed', 'regions'],
  needs: 'two regions with texts of their own',
  fits: ({ regions = [] }) => areSeveral(imageRegions(regions)),
  run: async (evaluation, items) => {
    const allTexts = items.flatMap((item) => item.regions!.map(({ text }) => text));
    const skipped: Skipped[] = [];
    const images: RegionsOfImage[] = [];
    await evaluation.texts(allTexts);
    for (const [i, item] of items.entries()) {
      evaluation.report('embedding regions', i, items.length);
      const usable = imageRegions(await embedRegions(evaluation, item, skipped));
      if (areSeveral(usable)) images.push(embeddingsOf(usable));
      else skipped.push({ key: item.key, reason: 'there are no two regions to tell apart' });
    }
    assertSome(images.length, 'images with regions', skipped);
    const { textToRegion, regionToText } = regionRetrieval(images);
    return {
      measures: { 'text to region': textToRegion, 'region to text': regionToText },
      used: { images: images.length, regions: regionToText.cases, texts: textToRegion.cases },
      skipped,
      notes: evaluation.cutNotes(allTexts),
      examples: [],
    };
  },
};

interface EmbeddedRegion extends EvaluationRegion {
  readonly ofBox: Float32Array;
  readonly ofText: Float32Array;
}

/** The regions of an image that can be embedded, and their texts. What cannot goes to `skipped`. */
async function embedRegions<Image>(
  evaluation: Evaluation<Image>,
  { key, image, regions = [] }: EvaluationItem<Image>,
  skipped: Skipped[],
): Promise<EmbeddedRegion[]> {
  const texts = await evaluation.texts(regions.map(({ text }) => text));
  const boxes = await outcomesOf(regions, regions.length, async (part) => {
    const embeddings = await evaluation.model.embedRegions(
      image,
      part.map(({ box }) => box),
    );
    for (const [i, embedding] of embeddings.entries()) checkFinite(embedding, regionKey(key, part[i]!.box));
    return embeddings;
  });
  return regions.flatMap((region, i) => {
    const [box, text] = [boxes[i]!, texts.get(region.text)!];
    if (box.result && text.result) return [{ ...region, ofBox: box.result, ofText: text.result }];
    skipped.push({ key: regionKey(key, region.box), reason: box.reason ?? text.reason! });
    return [];
  });
}

function embeddingsOf({ boxes, texts }: ReturnType<typeof imageRegions<EmbeddedRegion>>): RegionsOfImage {
  return {
    regions: boxes.map(([{ ofBox }]) => ofBox),
    texts: texts.map(({ region }) => region.ofText),
    regionsOf: texts.map(({ boxes }) => boxes),
  };
}
