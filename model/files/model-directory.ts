// A model directory: config.json, model.safetensors (or shards with an index), preprocessor_config.json, tokenizer.json.
import { type MmgemConfig, parseConfig } from '../config.ts';
import { MmgemError } from '../errors.ts';
import { validateParameters } from '../parameters.ts';
import { type Checkpoint, openCheckpoint } from './checkpoint.ts';
import type { FloatType } from './element-type.ts';
import type { PreprocessorConfig } from './preprocessor.ts';
import { safetensorsSize, type TensorToWrite, type WriteOptions, writeSafetensors } from './safetensors-writer.ts';
import { type DirectoryWriter, type FileStore, type OutputDirectory, readJson } from './source.ts';

export interface ModelParts {
  readonly config: MmgemConfig;
  readonly tensors: readonly TensorToWrite[];
  readonly preprocessor: PreprocessorConfig;
  /** Text of tokenizer.json. */
  readonly tokenizer?: string | undefined;
  readonly onProgress?: WriteOptions['onProgress'] | undefined;
}

/**
 * Writes a model directory as a stream, one piece of a tensor in memory at a time.
 * @throws MmgemError when the place is taken or the disk full; then nothing is left behind
 */
export async function writeModelDirectory(out: OutputDirectory, parts: ModelParts): Promise<void> {
  await out.create((directory) => writeModelFiles(directory, parts));
}

/** Writes the files of a model directory into a folder that may get others besides. */
export async function writeModelFiles(directory: DirectoryWriter, parts: ModelParts): Promise<void> {
  const { config, tensors, preprocessor, tokenizer, onProgress } = parts;
  const metadata = { format: 'pt' }; // the usual mark of row-major tensors in PyTorch's names
  await writeText(directory, 'config.json', `${JSON.stringify(config, null, 2)}\n`);
  await writeText(directory, 'preprocessor_config.json', `${JSON.stringify(preprocessor, null, 2)}\n`);
  if (tokenizer !== undefined) await writeText(directory, 'tokenizer.json', tokenizer);
  const options = onProgress === undefined ? { metadata } : { metadata, onProgress };
  const write = (writer: Parameters<typeof writeSafetensors>[0]) => writeSafetensors(writer, tensors, options);
  await directory.file('model.safetensors', write, safetensorsSize(tensors, metadata));
}

/**
 * Opens a model directory and checks that its weights are those that its configuration describes.
 * @throws MmgemError naming the file and what is wrong with it
 */
export async function openModelDirectory(store: FileStore): Promise<{ config: MmgemConfig; checkpoint: Checkpoint }> {
  if (!(await store.exists('config.json'))) {
    throw new MmgemError(
      `${store.name}: is no model directory, as it has no config.json. Name a folder that mmgem init or mmgem import has made.`,
    );
  }
  const config = parseConfig(await readJson(store, 'config.json'), `${store.name}/config.json`);
  const checkpoint = await openCheckpoint(store);
  try {
    validateParameters(checkpoint, config);
  } catch (error) {
    await checkpoint.close();
    throw error;
  }
  return { config, checkpoint };
}

/** The tensors in the type that was asked for; scalars stay float32, where a rounding error would count most. */
export function inType(tensors: readonly TensorToWrite[], dtype: FloatType | undefined): TensorToWrite[] {
  return tensors.map((tensor) => {
    if (dtype === undefined || tensor.shape.length === 0 || tensor.dtype === 'I32' || tensor.dtype === 'U8')
      return tensor;
    return { ...tensor, dtype };
  });
}

/** Writes a whole UTF-8 file. */
export async function writeText(directory: DirectoryWriter, path: string, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  await directory.file(path, (writer) => writer.write(bytes), bytes.byteLength);
}
