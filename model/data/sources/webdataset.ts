// WebDataset: tar shards in which consecutive files of one name, up to its first dot, are one record.
import { MmgemError } from '../../errors.ts';
import { type FileStore, parseJson } from '../../files/source.ts';
import { decodeUtf8, readChunks } from '../chunks.ts';
import type { BrokenRecord, DataItem, DataRecord, DataSource, Pass } from '../record.ts';
import { recordFields } from '../record-fields.ts';
import { orderOf } from '../shuffle.ts';
import { type TarFile, tarFiles } from '../tar.ts';

/** What a file of a record is, by the ending of its name. Files with other endings are passed over. */
const endings: Readonly<Record<string, 'image' | 'caption' | 'fields'>> = {
  jpg: 'image',
  jpeg: 'image',
  png: 'image',
  webp: 'image',
  txt: 'caption',
  json: 'fields',
};

/**
 * Shards of a folder: `KEY.jpg` (or .jpeg, .png, .webp) with `KEY.txt`, one caption, or `KEY.json`, whose fields
 * `record-fields.ts` reads, or both. Shards are streamed one after the other, their order shuffled with the pass; a shard
 * that is damaged is an error.
 */
export function webDataset(store: FileStore, shards: readonly string[]): DataSource {
  return {
    name: store.name,
    async *records(pass: Pass) {
      for (const index of orderOf(shards.length, pass)) yield* shardRecords(store, shards[index]!);
    },
  };
}

async function* shardRecords(store: FileStore, shard: string): AsyncGenerator<DataItem, void> {
  const files = tarFiles(readChunks(store, shard), `${store.name}/${shard}`, (path) => kindOf(path) !== undefined);
  let key: string | undefined;
  let group: TarFile[] = [];
  for await (const file of files) {
    const { stem } = split(file.path)!;
    if (key !== undefined && stem !== key) {
      yield recordOf(key, shard, group);
      group = [];
    }
    key = stem;
    group.push(file);
  }
  if (key !== undefined) yield recordOf(key, shard, group);
}

/** As WebDataset splits names: folders and what stands before the first dot are the key. Hidden files have none. */
function split(path: string): { readonly stem: string; readonly ending: string } | undefined {
  const [, stem, ending] = /^((?:.*\/)?[^./][^./]*)\.([^/]*)$/s.exec(path) ?? [];
  return stem === undefined || ending === undefined ? undefined : { stem, ending: ending.toLowerCase() };
}

function kindOf(path: string): (typeof endings)[string] | undefined {
  const ending = split(path)?.ending;
  return ending !== undefined && Object.hasOwn(endings, ending) ? endings[ending] : undefined;
}

function recordOf(key: string, shard: string, files: readonly TarFile[]): DataRecord | BrokenRecord {
  const origin = `${shard}/${key}`;
  try {
    const image = only(files, 'image', origin);
    if (image === undefined) throw new MmgemError(`${origin}: has no image (.jpg, .jpeg, .png, .webp). Add one.`);
    return { key, origin, image: image.bytes, ...textsOf(files, key, origin) };
  } catch (error) {
    if (!(error instanceof MmgemError)) throw error;
    return { key, reason: error.message };
  }
}

function textsOf(files: readonly TarFile[], key: string, origin: string) {
  const caption = only(files, 'caption', origin);
  const json = only(files, 'fields', origin);
  const text = caption && decodeUtf8(caption.bytes, `${origin}.txt`).trim();
  const fields = json && parseJson(decodeUtf8(json.bytes, `${origin}.json`), `${origin}.json`);
  const { captions, ...others } = fields === undefined ? { captions: [] } : recordFields(fields, key, `${origin}.json`);
  return { captions: text === undefined || captions.includes(text) ? captions : [...captions, text], ...others };
}

/** The file of a kind, or undefined. */
function only(files: readonly TarFile[], kind: (typeof endings)[string], origin: string): TarFile | undefined {
  const [first, second] = files.filter(({ path }) => kindOf(path) === kind);
  if (second === undefined) return first;
  throw new MmgemError(`${origin}: has two files of one kind, ${first!.path} and ${second.path}. Take one out.`);
}
