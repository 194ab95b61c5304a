// Items to evaluate on from the records of a data source.
import { insideOf, type NamedImage } from '../data/prepare.ts';
import { type BrokenRecord, type DataRecord, type DataSource, isBroken } from '../data/record.ts';
import { regionKey } from '../data/record-fields.ts';
import { MmgemError } from '../errors.ts';
import type { ImageSize } from '../preprocess/image.ts';
import type { EvaluationItem, EvaluationRegion } from './item.ts';

export interface ItemsOfData {
  readonly items: readonly EvaluationItem<NamedImage>[];
  /** Records and regions that cannot be used. */
  readonly broken: readonly BrokenRecord[];
}

export interface ItemsOptions {
  /** Most items; all of the source unless told. */
  readonly limit?: number;
  /** Tells the size of an image, for boxes in pixels. @throws MmgemError when it cannot be decoded */
  readonly sizeOf: (image: NamedImage) => Promise<ImageSize>;
  readonly onProgress?: (items: number) => void;
}

/**
 * The records of a source in its own order.
 * @throws MmgemError when the source cannot be read, or has no records that can be used
 */
export async function itemsOfData(source: DataSource, options: ItemsOptions): Promise<ItemsOfData> {
  const { limit = Number.POSITIVE_INFINITY, onProgress } = options;
  const items: EvaluationItem<NamedImage>[] = [];
  const broken: BrokenRecord[] = [];
  for await (const record of source.records({ epoch: 0 })) {
    if (items.length >= limit) break;
    if (isBroken(record)) broken.push(record);
    else items.push(await itemOf(record, options, broken));
    onProgress?.(items.length);
  }
  if (items.length > 0) return { items, broken };
  const reason = broken[0] ? ` (${broken[0].key}: ${broken[0].reason})` : '';
  throw new MmgemError(`${source.name}: has no records that can be used${reason}. Name data that has some.`);
}

async function itemOf(
  record: DataRecord,
  { sizeOf }: ItemsOptions,
  broken: BrokenRecord[],
): Promise<EvaluationItem<NamedImage>> {
  const { key, origin, captions, longCaption, label } = record;
  const image = { name: origin, image: record.image };
  const regions = await regionsOf(record, () => sizeOf(image), broken);
  return {
    key,
    image,
    captions,
    ...(longCaption !== undefined && { longCaption }),
    ...(label !== undefined && { label }),
    ...(regions.length > 0 && { regions }),
  };
}

/** The regions that can be used, in fractions of the image; what reaches a little beyond the edge is cut off. */
async function regionsOf(
  { key, origin, regions = [], boxUnit = 'fractions' }: DataRecord,
  sizeOf: () => Promise<ImageSize>,
  broken: BrokenRecord[],
): Promise<EvaluationRegion[]> {
  const usable: EvaluationRegion[] = [];
  let size: ImageSize | undefined;
  for (const [i, region] of regions.entries()) {
    if (isBroken(region)) {
      broken.push(region);
      continue;
    }
    try {
      size ??= boxUnit === 'pixels' ? await sizeOf() : { width: 1, height: 1 };
    } catch (error) {
      if (!(error instanceof MmgemError)) throw error;
      broken.push({ key, reason: error.message });
      break;
    }
    const box = insideOf(region.box, boxUnit, size);
    if (typeof box !== 'string') usable.push({ box, text: region.text });
    else broken.push({ key: regionKey(key, i), reason: `${origin}: ${box}` });
  }
  return usable;
}
