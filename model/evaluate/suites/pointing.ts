// Pointing: whether `locate` finds what the texts of regions are about.
import { MmgemError } from '../../errors.ts';
import type { HeatMap } from '../../heat-map.ts';
import type { Box } from '../../preprocess/geometry.ts';
import type { EvaluationItem } from '../item.ts';
import { chanceOf, type Pointed, pointingAccuracy } from '../pointing.ts';
import type { Evaluation } from './evaluation.ts';
import { imageRegions } from './image-regions.ts';
import { outcomesOf } from './outcomes.ts';
import { assertSome, type Skipped, type Suite } from './suite.ts';

export const pointing: Suite = {
  title: 'pointing',
  prepare: ['locate'],
  needs: 'regions',
  fits: ({ regions = [] }) => regions.length > 0,
  run: async (evaluation, items) => {
    const skipped: Skipped[] = [];
    const pointed: Pointed[] = [];
    let images = 0;
    for (const [i, item] of items.entries()) {
      evaluation.report('locating texts', i, items.length);
      const found = await locateTexts(evaluation, item, skipped);
      if (found.length > 0) images++;
      pointed.push(...found);
    }
    assertSome(pointed.length, 'texts to locate', skipped);
    const tooSmall = pointed.filter((one) => chanceOf(one) === 0).length;
    return {
      measures: { 'pointing accuracy': pointingAccuracy(pointed) },
      used: { images, texts: pointed.length },
      skipped,
      notes:
        tooSmall === 0 ? [] : [`${tooSmall} texts are of boxes that hold the middle of no patch: they count as missed`],
      examples: [],
    };
  },
};

/** A heat map of each text of an image, with the boxes that it is right for. */
async function locateTexts<Image>(
  { model, textOptions }: Evaluation<Image>,
  { key, image, regions = [] }: EvaluationItem<Image>,
  skipped: Skipped[],
): Promise<Pointed[]> {
  const { boxes, texts } = imageRegions(regions);
  const maps = await outcomesOf(texts, texts.length, async (part) => {
    const queries = part.map(({ region }) => region.text);
    const located = await model.locateAll(image, queries, textOptions);
    for (const map of located) checkHeat(map);
    return located;
  });
  return texts.flatMap((text, i) => {
    const { result: map, reason } = maps[i]!;
    const skip = (why: string): Pointed[] => {
      skipped.push({ key: `${key}, ${JSON.stringify(text.region.text)}`, reason: why });
      return [];
    };
    if (reason !== undefined) return skip(reason);
    const right = text.boxes.map((box) => boxes[box]![0].box);
    if (!right.some((box) => overlaps(box, map.region))) return skip('lies outside of the centre crop');
    return [{ map, boxes: right }];
  });
}

function checkHeat({ values }: HeatMap): void {
  if (values.every(Number.isFinite)) return;
  throw new MmgemError("the heat map is not made of finite numbers. The model's weights are broken; check them.");
}

function overlaps(a: Box, b: Box): boolean {
  return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
}
