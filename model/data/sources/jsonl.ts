// A folder of images with JSONL files: a line, a record.
import { MmgemError } from '../../errors.ts';
import { type FileStore, parseJson } from '../../files/source.ts';
import { decodeUtf8, lines, type Piece, readChunks } from '../chunks.ts';
import type { DataItem, DataSource, Pass } from '../record.ts';
import { recordFields, requiredString } from '../record-fields.ts';
import { orderOf } from '../shuffle.ts';
import type { ImageFolder } from './images.ts';

/**
 * Lines {"image": path below the folder, …} with the fields that `record-fields.ts` reads. Files are streamed one after
 * the other, their order shuffled with the pass; empty lines are passed over.
 */
export function jsonLines(store: FileStore, files: readonly string[], images: ImageFolder): DataSource {
  return {
    name: store.name,
    async *records(pass: Pass) {
      for (const index of orderOf(files.length, pass)) {
        const file = files[index]!;
        for await (const line of lines(readChunks(store, file), `${store.name}/${file}`)) {
          const item = readLine(line, `${file}:${line.index + 1}`, images);
          if (item !== undefined) yield item;
        }
      }
    },
  };
}

/** @param origin the file and the line, counted from 1 as editors do */
function readLine({ bytes }: Piece, origin: string, images: ImageFolder): DataItem | undefined {
  try {
    const text = decodeUtf8(bytes, origin);
    if (text.trim() === '') return undefined;
    const json = parseJson(text, origin);
    const key = requiredString(json, 'image', origin);
    return { key, origin, image: images.image(key), ...recordFields(json, key, origin) };
  } catch (error) {
    if (!(error instanceof MmgemError)) throw error;
    return { key: origin, reason: error.message };
  }
}
