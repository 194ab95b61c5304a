// What a model is evaluated on, named as training data is.
import { type ImageTools, type NamedImage, pixelsOf } from '../../../model/data/prepare.ts';
import { scenesFormat } from '../../../model/data/sources/scenes.ts';
import { MmgemError } from '../../../model/errors.ts';
import type { EvaluationOptions } from '../../../model/evaluate/evaluate.ts';
import { type ItemsOfData, itemsOfData } from '../../../model/evaluate/from-data.ts';
import { itemsOfScenes } from '../../../model/evaluate/from-scenes.ts';
import { fieldAt } from '../../../model/files/fields.ts';
import { openSource, type SourceContext, scenesAt } from './sources.ts';

export interface OpenedItems extends ItemsOfData, Pick<EvaluationOptions, 'areDistinct'> {}

/**
 * The first items of what a description names, as openSource takes it. Scenes are those of the split for evaluation unless it
 * says otherwise, and what is said of them can be judged.
 * @throws MmgemError naming the field that is unusable, or the data of which nothing can be used
 */
export async function openItems(
  json: object,
  where: string,
  limit: number,
  tools: ImageTools,
  context: SourceContext,
): Promise<OpenedItems> {
  if (fieldAt(json, 'format') === scenesFormat) {
    const { seed, epoch, ...options } = scenesAt({ json, where, context });
    if (epoch !== undefined) throw new MmgemError(`${where}: epoch says nothing here; remove it.`);
    return { ...itemsOfScenes(limit, seed, options), broken: [] };
  }
  const sizeOf = (image: NamedImage) => pixelsOf(image, tools);
  return itemsOfData(await openSource(json, where, context), { limit, sizeOf });
}
