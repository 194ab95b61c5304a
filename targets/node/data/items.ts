// What a model is evaluated on, named as training data is.
import { type ImageTools, type NamedImage, pixelsOf } from '../../../model/data/prepare.ts';
import { scenesFormat } from '../../../model/data/sources/scenes.ts';
import { MmgemError } from '../../../model/errors.ts';
import type { EvaluationOptions } from '../../../model/evaluate/evaluate.ts';
import { type ItemsOfData, itemsOfData } from '../../../model/evaluate/from-data.ts';
import { itemsOfScenes } from '../../../model/evaluate/from-scenes.ts';
import { fieldAt } from '../../../model/files/fields.ts';
import { type Described, openSource, type SceneDefaults, scenesAt } from './sources.ts';

export interface OpenedItems extends ItemsOfData, Pick<EvaluationOptions, 'areDistinct'> {}

export interface ItemsLimits extends SceneDefaults {
  /** Most items; all of the data unless told. Scenes have no end. */
  readonly limit?: number;
  readonly onProgress?: (items: number) => void;
}

/**
 * The first items of what a description names, as openSource takes it. Scenes are those of the split for evaluation unless it
 * says otherwise, and what is said of them can be judged.
 * @throws MmgemError naming the field that is unusable, or the data of which nothing can be used
 */
export async function openItems(
  described: Described,
  tools: ImageTools,
  { limit, onProgress, ...defaults }: ItemsLimits,
): Promise<OpenedItems> {
  const { json, where } = described;
  if (fieldAt(json, 'format') === scenesFormat) {
    const { seed, epoch, ...options } = scenesAt(described, defaults);
    if (epoch !== undefined) throw new MmgemError(`${where}: epoch is no field of scenes to evaluate on. Remove it.`);
    if (limit === undefined) throw new MmgemError(`${where}: scenes have no end. Say how many to evaluate on.`);
    return { ...itemsOfScenes(limit, seed, options), broken: [] };
  }
  const sizeOf = (image: NamedImage) => pixelsOf(image, tools);
  return itemsOfData(await openSource(described, defaults), { limit, sizeOf, onProgress });
}
