// Visual Genome's region descriptions: for every image its regions in pixels, each with a phrase.
import { MmgemError } from '../../errors.ts';
import { numberAt, wrongField } from '../../files/fields.ts';
import { type FileStore, parseJson } from '../../files/source.ts';
import { arrayElements, decodeUtf8, readChunks } from '../chunks.ts';
import type { DataImage, DataItem, DataRegion, DataSource } from '../record.ts';
import { attemptRegion, listAt, textAt } from '../record-fields.ts';
import { idAt } from './coco.ts';
import type { ImageFolder } from './images.ts';

/**
 * `region_descriptions.json`: [{"id", "regions": [{"x", "y", "width", "height", "phrase"}]}]. The file, which is larger
 * than a string can be, is streamed in its own order.
 * @param folders where `ID.jpg` may lie: Visual Genome comes in two (VG_100K, VG_100K_2)
 */
export function visualGenome(store: FileStore, file: string, folders: readonly ImageFolder[]): DataSource {
  const where = `${store.name}/${file}`;
  return {
    name: where,
    async *records() {
      for await (const { index, bytes } of arrayElements(readChunks(store, file), where)) {
        const element = `${where}, element ${index}`;
        yield await readElement(parseJson(decodeUtf8(bytes, element), element), `${file}[${index}]`, folders);
      }
    },
  };
}

async function readElement(json: unknown, origin: string, folders: readonly ImageFolder[]): Promise<DataItem> {
  try {
    const key = String(idAt(json, 'id', origin));
    const list = listAt(json, 'regions', origin) ?? [];
    const regions = list.map((_, i) => attemptRegion(key, i, () => regionAt(json, `regions.${i}`, origin)));
    return { key, origin, image: await imageOf(key, origin, folders), captions: [], regions, boxUnit: 'pixels' };
  } catch (error) {
    if (!(error instanceof MmgemError)) throw error;
    return { key: origin, reason: error.message };
  }
}

function regionAt(json: unknown, path: string, origin: string): DataRegion {
  const [x, y] = [sideAt(json, `${path}.x`, origin), sideAt(json, `${path}.y`, origin)];
  const [width, height] = (['width', 'height'] as const).map((name) => {
    const side = sideAt(json, `${path}.${name}`, origin);
    if (!(side > 0)) throw wrongField(origin, `${path}.${name}`, side, 'above 0');
    return side;
  });
  return { box: [x, y, x + width!, y + height!], text: textAt(json, `${path}.phrase`, origin) };
}

function sideAt(json: unknown, path: string, origin: string): number {
  const value = numberAt(json, path, origin);
  if (value === undefined) throw wrongField(origin, path, value, 'a number, in pixels');
  return value;
}

async function imageOf(key: string, origin: string, folders: readonly ImageFolder[]): Promise<DataImage> {
  const path = `${key}.jpg`;
  for (const folder of folders) if (await folder.exists(path)) return folder.image(path);
  throw new MmgemError(`${origin}: there is no ${path} in ${folders.map(({ name }) => name).join(' or ')}. Add it.`);
}
