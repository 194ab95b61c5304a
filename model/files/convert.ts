// Writes a model directory again, its weights in another element type: a checkpoint of a run, as it is passed on.
import { parameterShapes } from '../parameters.ts';
import type { FloatType } from './element-type.ts';
import { inType, openModelDirectory, writeModelDirectory } from './model-directory.ts';
import type { PreprocessorConfig } from './preprocessor.ts';
import type { TensorToWrite, WriteOptions } from './safetensors-writer.ts';
import { type FileStore, type OutputDirectory, readJson } from './source.ts';

export interface ConvertOptions {
  readonly model: FileStore;
  readonly out: OutputDirectory;
  readonly dtype: FloatType;
  readonly onProgress?: WriteOptions['onProgress'] | undefined;
}

/**
 * Copies configuration, tokenizer and preprocessing as they are, and the parameters in another type; whatever else lies in the folder, such
 * as an optimiser's moments, stays behind.
 * @throws MmgemError for a directory that is no model, and for a value beyond the range of the type
 */
export async function convertModel({ model, out, dtype, onProgress }: ConvertOptions): Promise<void> {
  const { config, checkpoint } = await openModelDirectory(model);
  try {
    const tensors = [...parameterShapes(config)].map(
      ([name, shape]): TensorToWrite => ({
        name,
        shape,
        dtype: 'F32',
        data: () => checkpoint.chunks(name),
      }),
    );
    const tokenizer = (await model.exists('tokenizer.json')) ? await model.readText('tokenizer.json') : undefined;
    const preprocessor = (await readJson(model, 'preprocessor_config.json')) as PreprocessorConfig;
    await writeModelDirectory(out, { config, tensors: inType(tensors, dtype), preprocessor, tokenizer, onProgress });
  } finally {
    await checkpoint.close();
  }
}
