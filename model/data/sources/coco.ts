// Captions as COCO's annotation files have them: images, and captions that name theirs by its id.
import { MmgemError } from '../../errors.ts';
import { fieldAt, wrongField } from '../../files/fields.ts';
import { type FileStore, readJson } from '../../files/source.ts';
import type { DataRecord, DataSource, Pass } from '../record.ts';
import { listAt, requiredString, textAt } from '../record-fields.ts';
import { orderOf } from '../shuffle.ts';
import type { ImageFolder } from './images.ts';

/**
 * `annotations/captions_*.json` of COCO. The file is read once and kept; images come in its order, or shuffled as a whole
 * with the pass.
 */
export function cocoCaptions(store: FileStore, file: string, images: ImageFolder): DataSource {
  let read: Promise<readonly DataRecord[]> | undefined;
  return {
    name: `${store.name}/${file}`,
    async *records(pass: Pass) {
      read ??= readCaptions(store, file, images);
      const records = await read;
      for (const index of orderOf(records.length, pass)) yield records[index]!;
    },
  };
}

async function readCaptions(store: FileStore, file: string, images: ImageFolder): Promise<readonly DataRecord[]> {
  const json = await readJson(store, file);
  const where = `${store.name}/${file}`;
  const captions = new Map<number, string[]>();
  const records: DataRecord[] = [];
  for (const [i] of requiredList(json, 'images', where).entries()) {
    const id = idAt(json, `images.${i}.id`, where);
    const name = requiredString(json, `images.${i}.file_name`, where);
    if (captions.has(id))
      throw new MmgemError(`${where}: images.${i}.id is ${id}, as that of an earlier one. Remove one.`);
    const texts: string[] = [];
    captions.set(id, texts);
    records.push({ key: name, origin: `${file}/${name}`, image: images.image(name), captions: texts });
  }
  for (const [i] of requiredList(json, 'annotations', where).entries()) {
    const id = idAt(json, `annotations.${i}.image_id`, where);
    const texts = captions.get(id);
    if (texts === undefined) throw wrongField(where, `annotations.${i}.image_id`, id, 'the id of one of the images');
    texts.push(textAt(json, `annotations.${i}.caption`, where));
  }
  return records;
}

function requiredList(json: unknown, path: string, where: string): readonly unknown[] {
  const list = listAt(json, path, where);
  if (list === undefined) throw wrongField(where, path, list, 'a list');
  return list;
}

/** @throws MmgemError naming file and field unless it is an integer */
export function idAt(json: unknown, path: string, where: string): number {
  const id = fieldAt(json, path);
  if (Number.isSafeInteger(id)) return id as number;
  throw wrongField(where, path, id, 'an integer');
}
