// Makes a model directory with random weights.
import { type MmgemConfig, parseConfig } from '../config.ts';
import { namedConfig } from '../configs.ts';
import { MmgemError } from '../errors.ts';
import { initParameters } from '../initial-parameters.ts';
import type { FloatType } from './element-type.ts';
import { inType, writeModelDirectory } from './model-directory.ts';
import { preprocessorFor, usualNormalization } from './preprocessor.ts';
import type { TensorToWrite, WriteOptions } from './safetensors-writer.ts';
import type { FileStore, OutputDirectory } from './source.ts';
import { checkTokenizer } from './tokenizer-file.ts';

export interface InitOptions {
  /** A name of namedConfigs, or a configuration. */
  readonly config: string | MmgemConfig;
  /** The same seed gives the same weights on every host. */
  readonly seed: number;
  readonly out: OutputDirectory;
  /** A folder with the tokenizer.json that is copied in; without one the model reads no texts. */
  readonly tokenizer?: FileStore | undefined;
  /** F32 unless given. */
  readonly dtype?: FloatType | undefined;
  readonly onProgress?: WriteOptions['onProgress'] | undefined;
}

/**
 * Writes a model directory with random weights, a piece of a tensor at a time.
 * @throws MmgemError for an unknown or faulty configuration, a seed that is no integer, a tokenizer that does not fit
 */
export async function initModel({
  config: given,
  seed,
  out,
  tokenizer,
  dtype,
  onProgress,
}: InitOptions): Promise<MmgemConfig> {
  const config = typeof given === 'string' ? namedConfig(given) : parseConfig(given, 'the configuration');
  if (!Number.isSafeInteger(seed)) throw new MmgemError(`seed ${seed} is no integer. Give one.`);
  const text = await tokenizer?.readText('tokenizer.json');
  if (text !== undefined) checkTokenizer(text, `${tokenizer?.name}/tokenizer.json`, config.language.vocab_size - 2);
  const tensors: TensorToWrite[] = [...initParameters(config, seed)].map(({ name, shape, pieces }) => ({
    name,
    shape,
    dtype: 'F32',
    data: pieces,
  }));
  const preprocessor = preprocessorFor(config.vision, usualNormalization(config.vision));
  await writeModelDirectory(out, {
    config,
    tensors: inType(tensors, dtype),
    preprocessor,
    tokenizer: text,
    onProgress,
  });
  return config;
}
