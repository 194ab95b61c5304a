/** Brings the index of a folder up to date. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { MmgemError } from '../../../../dsl/errors.ts';
import { decodeImage, type ImageSource } from '../../images.ts';
import { findImages } from './folder.ts';
import { type FileState, type FolderIndex, type IndexedFile, indexName, readIndex, writeIndex } from './index-file.ts';

/** Images that are embedded at one time. */
const batch = 16;

/** After so many images the index is saved, so that an interruption costs no more than these. */
const savedAfter = 256;

export interface UpdateOptions {
  readonly folder: string;
  /** The fingerprint of the model. */
  readonly model: string;
  embed(images: readonly ImageSource[]): Promise<Float32Array[]>;
  /** Told what happens to the index without having been asked for. */
  onNote(message: string): void;
  onProgress(done: number, total: number, file: string): void;
}

export interface Update {
  readonly index: FolderIndex;
  readonly embedded: number;
  readonly reused: number;
  /** Files that are gone since the index was made. */
  readonly removed: number;
  /** Files that cannot be decoded. */
  readonly skipped: readonly { readonly file: string; readonly reason: string }[];
}

/**
 * Embeds what is new or has changed since the index was written, and writes the index beside the images.
 * @throws MmgemError when the folder cannot be read, holds no images, or the index cannot be written
 */
export async function updateIndex(options: UpdateOptions): Promise<Update> {
  const { folder, model, onProgress } = options;
  const path = join(folder, indexName);
  const present = await findImages(folder);
  const before = await knownFiles(path, options);
  const reused = present.flatMap((state) => {
    const known = before.get(state.name);
    return known && isSame(known, state) ? [known] : [];
  });
  const names = new Set(reused.map(({ name }) => name));
  const due = present.filter(({ name }) => !names.has(name));
  const files: IndexedFile[] = [...reused];
  const skipped: { file: string; reason: string }[] = [];
  const save = (): Promise<void> => writeIndex(path, { model, files: sorted(files) });
  let unsaved = 0;
  for (let at = 0; at < due.length; at += batch) {
    const part = due.slice(at, at + batch);
    onProgress(at, due.length, part[0]!.name);
    const decoded = await decodeAll(folder, part, skipped);
    const embeddings = decoded.length === 0 ? [] : await options.embed(decoded.map(({ image }) => image));
    decoded.forEach(({ state }, i) => {
      files.push({ ...state, embedding: embeddings[i]! });
    });
    unsaved += decoded.length;
    if (unsaved >= savedAfter) {
      await save();
      unsaved = 0;
    }
  }
  const removed = [...before.keys()].filter((name) => !present.some((state) => state.name === name)).length;
  if (unsaved > 0 || removed > 0) await save();
  return {
    index: { model, files: sorted(files) },
    embedded: files.length - reused.length,
    reused: reused.length,
    removed,
    skipped,
  };
}

/** What the index holds for this model; nothing where there is none, or none that can be used. */
async function knownFiles(path: string, { model, onNote }: UpdateOptions): Promise<ReadonlyMap<string, IndexedFile>> {
  if (!existsSync(path)) return new Map();
  try {
    const index = await readIndex(path);
    if (index.model === model) return new Map(index.files.map((file) => [file.name, file]));
    onNote(`${path}: was made with another model; the images are embedded anew`);
  } catch (error) {
    if (!(error instanceof MmgemError)) throw error;
    onNote(`the index is damaged and is made anew (${error.message})`);
  }
  return new Map();
}

const isSame = (a: FileState, b: FileState): boolean => a.size === b.size && a.modified === b.modified;

const sorted = (files: readonly IndexedFile[]): IndexedFile[] => [...files].sort((a, b) => (a.name < b.name ? -1 : 1));

/** The images that can be decoded; the others are told. */
async function decodeAll(
  folder: string,
  states: readonly FileState[],
  skipped: { file: string; reason: string }[],
): Promise<{ state: FileState; image: ImageSource }[]> {
  const decoded: { state: FileState; image: ImageSource }[] = [];
  for (const state of states) {
    try {
      decoded.push({ state, image: await decodeImage(join(folder, state.name)) });
    } catch (error) {
      if (!(error instanceof MmgemError)) throw error;
      skipped.push({ file: state.name, reason: error.message });
    }
  }
  return decoded;
}
