// Data as a training configuration names it: a format, and where its files lie.
import { basename, dirname, isAbsolute, join } from 'node:path';
import type { DataSource } from '../../../model/data/record.ts';
import { requiredString } from '../../../model/data/record-fields.ts';
import { cocoCaptions } from '../../../model/data/sources/coco.ts';
import { jsonLines } from '../../../model/data/sources/jsonl.ts';
import { type ScenesOptions, scenes, scenesFormat } from '../../../model/data/sources/scenes.ts';
import { visualGenome } from '../../../model/data/sources/visual-genome.ts';
import { webDataset } from '../../../model/data/sources/webdataset.ts';
import { MmgemError } from '../../../model/errors.ts';
import {
  between,
  checkFields,
  count,
  type Fields,
  integer,
  listOf,
  oneOf,
  optional,
} from '../../../model/field-rules.ts';
import { fieldAt, stringAt, wrongField } from '../../../model/files/fields.ts';
import type { FileStore } from '../../../model/files/source.ts';
import { directoryStore } from '../files.ts';
import { imageFolder } from './resolvers.ts';

/** A description as a user wrote it. */
export interface Described {
  readonly json: unknown;
  /** What errors call it: the file and the field. */
  readonly where: string;
  /** Where relative paths begin; the working directory unless told. */
  readonly folder?: string;
}

/** What holds for scenes where their description leaves it open. */
export interface SceneDefaults {
  readonly seed?: number;
  /** Pixels. */
  readonly side?: number;
}

/** A description under way. */
interface Description extends Described {
  readonly json: object;
  readonly defaults: SceneDefaults;
  at(path: string): string;
}

interface Format {
  /** Fields besides `format`. */
  readonly fields: readonly string[];
  open(description: Description): DataSource | Promise<DataSource>;
}

const sceneFields: Fields = {
  seed: optional(integer),
  counts: optional(listOf(between(0, Number.MAX_VALUE), 4)),
  split: optional(oneOf('train', 'eval')),
  epoch: optional(count),
  side: optional(count),
};

/** One row a format. */
const formats: Readonly<Record<string, Format>> = {
  /** { folder, shards: pattern of their names, *.tar unless told } */
  webdataset: {
    fields: ['folder', 'shards'],
    async open(description) {
      const store = folderAt(description);
      return webDataset(store, await filesLike(store, optionalAt(description, 'shards') ?? '*.tar'));
    },
  },
  /** { folder: with images and JSONL files, files: pattern of their names, *.jsonl unless told } */
  jsonl: {
    fields: ['folder', 'files'],
    async open(description) {
      const store = folderAt(description);
      const files = await filesLike(store, optionalAt(description, 'files') ?? '*.jsonl');
      return jsonLines(store, files, imageFolder(store.name));
    },
  },
  /** { captions: annotations/captions_*.json, images: folder } */
  coco: {
    fields: ['captions', 'images'],
    open(description) {
      const { store, file } = fileAt(description, 'captions');
      return cocoCaptions(store, file, imageFolder(description.at(textOf(description, 'images'))));
    },
  },
  /** { regions: region_descriptions.json, images: folder, or several of them } */
  'visual-genome': {
    fields: ['regions', 'images'],
    open(description) {
      const { store, file } = fileAt(description, 'regions');
      return visualGenome(store, file, foldersAt(description, 'images').map(imageFolder));
    },
  },
  /** { seed, counts: how likely 1, 2, 3, 4 objects are, split: train unless told, epoch: scenes an epoch, side } */
  [scenesFormat]: {
    fields: Object.keys(sceneFields),
    open: (description) => scenes(scenesAt(description, description.defaults)),
  },
};

/** Names of the formats. */
export const dataFormats: readonly string[] = Object.keys(formats);

/**
 * Opens what a description names: {"format": "webdataset", "folder": "data", "shards": "train-*.tar"}, for instance.
 * @throws MmgemError naming the field that is unusable, or the folder where nothing is found
 */
export async function openSource(described: Described, defaults: SceneDefaults = {}): Promise<DataSource> {
  const { json, where, folder = '.' } = described;
  const name = stringAt(json, 'format', where);
  const format = name !== undefined && Object.hasOwn(formats, name) ? formats[name] : undefined;
  if (format === undefined) throw wrongField(where, 'format', name, `one of ${dataFormats.join(', ')}`);
  const unknown = Object.keys(json as object).find((field) => field !== 'format' && !format.fields.includes(field));
  if (unknown !== undefined) {
    throw new MmgemError(
      `${where}: ${unknown} is no field of the format ${name}; it has ${format.fields.join(', ')}. Correct it.`,
    );
  }
  const at = (path: string) => (isAbsolute(path) ? path : join(folder, path));
  return format.open({ json: json as object, where, folder, defaults, at });
}

/**
 * What a description of the format `scenes` says; scenes of seed 0 unless something else is said.
 * @throws MmgemError naming the field that is unusable
 */
export function scenesAt({ json, where }: Described, { seed = 0, side }: SceneDefaults): ScenesOptions {
  const { format, ...fields } = json as Partial<ScenesOptions> & { readonly format: string };
  checkFields(fields, sceneFields, '', where);
  return { seed, side, ...fields };
}

function folderAt(description: Description): FileStore {
  return directoryStore(description.at(textOf(description, 'folder')));
}

function fileAt(description: Description, field: string): { readonly store: FileStore; readonly file: string } {
  const path = description.at(textOf(description, field));
  return { store: directoryStore(dirname(path)), file: basename(path) };
}

function foldersAt({ json, where, at }: Description, field: string): string[] {
  const value = fieldAt(json, field);
  const list = typeof value === 'string' ? [value] : value;
  const areFolders = Array.isArray(list) && list.length > 0 && list.every((folder) => typeof folder === 'string');
  if (!areFolders) throw wrongField(where, field, value, 'a folder or a list of folders');
  return list.map(at);
}

function textOf({ json, where }: Description, field: string): string {
  return requiredString(json, field, where);
}

function optionalAt({ json, where }: Description, field: string): string | undefined {
  return stringAt(json, field, where);
}

/** Names of a folder's files that a pattern fits, in which * stands for anything. */
async function filesLike(store: FileStore, pattern: string): Promise<string[]> {
  const fits = new RegExp(`^${pattern.split('*').map(escapeForRegExp).join('.*')}$`, 's');
  const names = (await store.list()).filter((name) => fits.test(name));
  if (names.length > 0) return names;
  throw new MmgemError(`${store.name}: holds no file like ${pattern}. Check the folder and the pattern.`);
}

function escapeForRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
