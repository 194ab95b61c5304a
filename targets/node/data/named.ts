// Data as users name it on the command line: a folder, a file in it, or a description.
import { stat } from 'node:fs/promises';
import { basename, dirname, extname } from 'node:path';
import { MmgemError } from '../../../model/errors.ts';
import { readJson } from '../../../model/files/source.ts';
import { directoryStore } from '../files.ts';
import type { Described } from './sources.ts';

/** What a file of this ending holds: the format, and the field that names it beside its folder. */
const formatsByEnding: Readonly<Record<string, { readonly format: string; readonly field: string }>> = {
  '.tar': { format: 'webdataset', field: 'shards' },
  '.jsonl': { format: 'jsonl', field: 'files' },
};

/**
 * What `openSource` and `openItems` open: a folder of WebDataset shards (`*.tar`) or of images with JSONL files, one such file, or what
 * a JSON file describes, whose paths begin at its folder.
 * @throws MmgemError when there is nothing at the path, or nothing that tells the format
 */
export async function describeNamed(path: string): Promise<Described> {
  const info = await stat(path).catch((error: unknown) => {
    throw new MmgemError(`${path}: there is no such file or folder. Check the path.`, { cause: error });
  });
  if (info.isDirectory()) return { json: { format: await formatOfFolder(path), folder: path }, where: path };
  const [folder, file] = [dirname(path), basename(path)];
  const known = formatsByEnding[extname(path)];
  if (known) return { json: { format: known.format, folder, [known.field]: file }, where: path };
  if (extname(path) === '.json') return { json: await readJson(directoryStore(folder), file), where: path, folder };
  throw new MmgemError(
    `${path}: is no data that is known. Name a folder, a .tar shard, a .jsonl file, or a .json file that describes data.`,
  );
}

async function formatOfFolder(path: string): Promise<string> {
  const names = await directoryStore(path).list();
  const endings = Object.keys(formatsByEnding).filter((ending) => names.some((name) => name.endsWith(ending)));
  const [ending, ...others] = endings;
  if (ending !== undefined && others.length === 0) return formatsByEnding[ending]!.format;
  const problem =
    ending === undefined ? 'holds no .tar shards and no .jsonl file' : 'holds .tar shards and .jsonl files';
  throw new MmgemError(
    `${path}: ${problem}. Name a folder with one of these, or a .json file that describes the data.`,
  );
}
