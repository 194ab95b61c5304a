// Captions of regions: true where truth is known, and like what people wrote.
import type { EvaluationItem } from '../item.ts';
import { type Captioned, captionMeasures } from './captions.ts';
import type { Evaluation } from './evaluation.ts';
import { imageRegions, regionKey } from './image-regions.ts';
import { outcomesOf } from './outcomes.ts';
import { assertSome, type Skipped, type Suite } from './suite.ts';

export const regionCaptions: Suite = {
  title: 'region captions',
  prepare: ['regionCaption'],
  needs: 'regions',
  fits: ({ regions = [] }) => regions.length > 0,
  run: async (evaluation, items) => {
    const skipped: Skipped[] = [];
    const captioned: Captioned[] = [];
    let images = 0;
    for (const [i, item] of items.entries()) {
      evaluation.report('writing captions of regions', i, items.length);
      const written = await captionRegions(evaluation, item, skipped);
      if (written.length > 0) images++;
      captioned.push(...written);
    }
    assertSome(captioned.length, 'regions to caption', skipped);
    return { ...captionMeasures(captioned), used: { images, regions: captioned.length }, skipped };
  },
};

/** A caption of each box of an image; all texts of the box are right. */
async function captionRegions<Image>(
  { model, captionOptions }: Evaluation<Image>,
  { key, image, regions = [], judgeRegion }: EvaluationItem<Image>,
  skipped: Skipped[],
): Promise<Captioned[]> {
  const { boxes } = imageRegions(regions);
  const written = await outcomesOf(boxes, boxes.length, (part) =>
    model.captionRegions(
      image,
      part.map(([{ box }]) => box),
      captionOptions,
    ),
  );
  return boxes.flatMap((all, i): Captioned[] => {
    const { result: text, reason } = written[i]!;
    const name = regionKey(key, all[0].box);
    if (reason === undefined) {
      const references = all.map((one) => one.text);
      return [{ key: name, item: key, box: all[0].box, text, references, verdict: judgeRegion?.(text, all[0]) }];
    }
    skipped.push({ key: name, reason });
    return [];
  });
}
