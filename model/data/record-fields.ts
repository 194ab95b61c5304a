// Texts and regions of a record as JSON has them, in the shards of WebDataset and in lines of JSONL.
import { MmgemError } from '../errors.ts';
import { fieldAt, stringAt, wrongField } from '../files/fields.ts';
import type { Box } from '../preprocess/geometry.ts';
import type { BrokenRecord, DataRecord, DataRegion } from './record.ts';

export type RecordFields = Pick<DataRecord, 'captions' | 'longCaption' | 'label' | 'regions'>;

/**
 * Reads `captions` (or `caption`, one of them), `longCaption`, `label` and `regions`, a list of {"box": [x1, y1, x2, y2] in fractions
 * of the image, "text"}. All of them may be absent; other fields are not looked at.
 * @param key names unusable regions: `KEY region 3`
 * @param where what errors call the JSON
 * @throws MmgemError naming the field when one of them is unusable
 */
export function recordFields(json: unknown, key: string, where: string): RecordFields {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new MmgemError(`${where}: is no JSON object. Give one with captions or regions.`);
  }
  const captions = captionsOf(json, where);
  const longCaption = stringAt(json, 'longCaption', where)?.trim();
  const label = stringAt(json, 'label', where)?.trim();
  const regions = listAt(json, 'regions', where)?.map((_, i) => readRegion(json, i, key, where));
  return {
    captions,
    ...(longCaption !== undefined && { longCaption }),
    ...(label !== undefined && { label }),
    ...(regions !== undefined && { regions }),
  };
}

function captionsOf(json: object, where: string): string[] {
  const list = listAt(json, 'captions', where)?.map((_, i) => textAt(json, `captions.${i}`, where)) ?? [];
  const single = stringAt(json, 'caption', where)?.trim();
  return single === undefined || list.includes(single) ? list : [...list, single];
}

function readRegion(json: object, index: number, key: string, where: string): DataRegion | BrokenRecord {
  return attemptRegion(key, index, () => ({
    box: boxAt(json, `regions.${index}.box`, where),
    text: textAt(json, `regions.${index}.text`, where),
  }));
}

/** A region, or the reason why there is none. */
export function attemptRegion(key: string, index: number, read: () => DataRegion): DataRegion | BrokenRecord {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof MmgemError)) throw error;
    return { key: regionKey(key, index), reason: error.message };
  }
}

/** What a region is called where it is reported; they are counted from 0, as in the file. */
export function regionKey(key: string, index: number): string {
  return `${key} region ${index}`;
}

/** @throws MmgemError naming file and field unless it is absent or a list */
export function listAt(json: unknown, path: string, fileName: string): readonly unknown[] | undefined {
  const value = fieldAt(json, path);
  if (value === undefined || Array.isArray(value)) return value;
  throw wrongField(fileName, path, value, 'a list');
}

/**
 * A caption or a phrase, without the space around it.
 * @throws MmgemError naming file and field unless it is a string
 */
export function textAt(json: unknown, path: string, fileName: string): string {
  return requiredString(json, path, fileName).trim();
}

/** @throws MmgemError naming file and field unless it is a string */
export function requiredString(json: unknown, path: string, fileName: string): string {
  const value = stringAt(json, path, fileName);
  if (value === undefined) throw wrongField(fileName, path, value, 'a string');
  return value;
}

function boxAt(json: unknown, path: string, fileName: string): Box {
  const value = fieldAt(json, path);
  const isBox = Array.isArray(value) && value.length === 4 && value.every((corner) => Number.isFinite(corner));
  if (isBox && value[0] < value[2] && value[1] < value[3]) return value as unknown as Box;
  throw wrongField(fileName, path, value, 'x1, y1, x2, y2 in fractions of the image, x1 < x2 and y1 < y2');
}
