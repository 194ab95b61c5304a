/** The index of a folder of images: their embeddings beside what tells whether they are still right. */
import { MmgemError } from '../../../../dsl/errors.ts';
import { readAll } from '../../../../model/files/safetensors.ts';
import { safetensorsSize, type TensorToWrite, writeSafetensors } from '../../../../model/files/safetensors-writer.ts';
import { parseJson } from '../../../../model/files/source.ts';
import { openFile, writeAtomically } from '../../files.ts';

export const indexName = '.mmgem-index.safetensors';

/** What a file looked like when it was embedded. */
export interface FileState {
  /** Below the folder, with '/' between its parts. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Time of the last change, milliseconds since 1970. */
  readonly modified: number;
}

export interface IndexedFile extends FileState {
  /** [E], of length 1 */
  readonly embedding: Float32Array;
}

export interface FolderIndex {
  /** The fingerprint of the model that made the embeddings. */
  readonly model: string;
  readonly files: readonly IndexedFile[];
}

/** A later version may write another one; it is then made anew. */
const version = '1';

/** @throws MmgemError naming the file when it is damaged, or of another version */
export async function readIndex(path: string): Promise<FolderIndex> {
  const source = await openFile(path);
  try {
    const { tensors, file } = await readAll(source);
    const { metadata } = file;
    if (metadata.get('version') !== version) throw damaged(path, 'is no index of this version');
    const states = parseJson(metadata.get('files') ?? '', `${path}: field files`);
    const model = metadata.get('model');
    const embeddings = tensors.get('embeddings');
    if (!Array.isArray(states) || !states.every(isFileState) || model === undefined || !embeddings) {
      throw damaged(path, 'lacks a part');
    }
    const [count = 0, width = 0] = embeddings.shape;
    const { data } = embeddings;
    if (embeddings.shape.length !== 2 || count !== states.length || !(data instanceof Float32Array)) {
      throw damaged(path, `lists ${states.length} files, but holds embeddings of shape [${embeddings.shape}]`);
    }
    if (!data.every(Number.isFinite)) throw damaged(path, 'holds numbers that are none');
    const files = states.map((state, i) => ({ ...state, embedding: data.slice(i * width, (i + 1) * width) }));
    return { model, files };
  } finally {
    await source.close?.();
  }
}

function damaged(path: string, problem: string): MmgemError {
  return new MmgemError(`${path}: ${problem}`);
}

function isFileState(value: unknown): value is FileState {
  const { name, size, modified } = (value ?? {}) as Partial<FileState>;
  return typeof name === 'string' && Number.isFinite(size) && Number.isFinite(modified);
}

/** Writes the index, complete or not at all. */
export async function writeIndex(path: string, { model, files }: FolderIndex): Promise<void> {
  const width = files[0]?.embedding.length ?? 0;
  const states = files.map(({ name, size, modified }): FileState => ({ name, size, modified }));
  const metadata = { version, model, files: JSON.stringify(states) };
  const tensors: TensorToWrite[] = [
    {
      name: 'embeddings',
      dtype: 'F32',
      shape: [files.length, width],
      data: () => files.map(({ embedding }) => embedding),
    },
  ];
  await writeAtomically(
    path,
    (writer) => writeSafetensors(writer, tensors, { metadata }),
    safetensorsSize(tensors, metadata),
  );
}
