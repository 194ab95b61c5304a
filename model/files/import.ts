// Assembles an MM-GEM model from public parts: a vision transformer, a Llama, fresh projections.
import { type Activation, type MmgemConfig, parseConfig } from '../config.ts';
import { initParameter, initParameters } from '../initial-parameters.ts';
import { type Checkpoint, openCheckpoint } from './checkpoint.ts';
import type { FloatType } from './element-type.ts';
import { type LanguageWeights, openLanguageWeights } from './language-weights.ts';
import { inType, writeModelDirectory } from './model-directory.ts';
import type { TensorToWrite, WriteOptions } from './safetensors-writer.ts';
import { type FileStore, type OutputDirectory, readJson } from './source.ts';
import { checkTokenizer } from './tokenizer-file.ts';
import { openVisionWeights, type VisionWeights } from './vision-weights.ts';

/** Weights in a folder; `base` names the file where it is not the usual one. */
export interface WeightsLocation {
  readonly store: FileStore;
  readonly base?: string | undefined;
}

export interface ImportOptions {
  readonly vision: FileStore | WeightsLocation;
  /** With the Llama's config.json, and its tokenizer.json where the model is to read text. */
  readonly language: FileStore | WeightsLocation;
  readonly out: OutputDirectory;
  /** Side of the image, pixels; otherwise the checkpoint's. */
  readonly imageSize?: number | undefined;
  /** E; otherwise that of the checkpoint's own projection, or the vision width where it has none. */
  readonly embeddingSize?: number | undefined;
  /** Of every tensor; otherwise each keeps its own and fresh ones are F32. */
  readonly dtype?: FloatType | undefined;
  readonly activation?: Activation | undefined;
  /** Heads of the vision transformer; otherwise what its files say, or width / 64. */
  readonly visionHeads?: number | undefined;
  /** Of the fresh tensors. */
  readonly seed?: number | undefined;
  /** MM-GEM's own settings, where they are not the paper's. */
  readonly settings?: Partial<MmgemSettings> | undefined;
  readonly onProgress?: WriteOptions['onProgress'] | undefined;
}

export type MmgemSettings = Pick<
  MmgemConfig,
  'soft_prompts' | 'roi_grid' | 'roi_grid_retrieval' | 'cap_first' | 'max_text_length'
>;

export interface ImportResult {
  readonly config: MmgemConfig;
  /** Tensors of the given checkpoints that have no place in the model. */
  readonly leftOut: readonly string[];
  /** What was decided without being asked, for the user to see. */
  readonly notes: readonly string[];
}

const paperSettings: MmgemSettings = {
  soft_prompts: 64,
  roi_grid: 7,
  roi_grid_retrieval: 7,
  cap_first: false,
  max_text_length: 50,
};

/**
 * Writes a model directory from OpenCLIP, Hugging Face CLIP or timm vision weights and a Hugging Face Llama.
 * [EMB] and [CAP] become the last two rows of the Llama's tables; h1, h2, h3 and the soft prompts are random, h4 the identity.
 * @throws MmgemError naming file, tensor or field; then nothing is left behind
 */
export async function importModel(options: ImportOptions): Promise<ImportResult> {
  const opened: Checkpoint[] = [];
  const open = async (given: FileStore | WeightsLocation) => {
    const { store, base } = 'store' in given ? given : { store: given };
    const checkpoint = await openCheckpoint(store, base === undefined ? {} : { base });
    opened.push(checkpoint);
    return { store, checkpoint };
  };
  try {
    return await assemble(await open(options.vision), await open(options.language), options);
  } finally {
    for (const checkpoint of opened) await checkpoint.close();
  }
}

interface Opened {
  readonly store: FileStore;
  readonly checkpoint: Checkpoint;
}

async function assemble(visionFiles: Opened, languageFiles: Opened, options: ImportOptions): Promise<ImportResult> {
  const { imageSize, activation, visionHeads, dtype, out, onProgress, seed = 0 } = options;
  const vision = await openVisionWeights(visionFiles.checkpoint, visionFiles.store, {
    imageSize,
    activation,
    heads: visionHeads,
  });
  const { store } = languageFiles;
  const json = await readJson(store, 'config.json');
  const language = await openLanguageWeights(languageFiles.checkpoint, json, `${store.name}/config.json`);
  const config = combine(vision, language, options);
  const { tokenizer, notes } = await readTokenizer(store, language);
  const tensors = inType([...givenTensors(vision, language, config, seed), ...freshTensors(config, seed)], dtype);
  await writeModelDirectory(out, { config, tensors, preprocessor: vision.preprocessor, tokenizer, onProgress });
  return {
    config,
    leftOut: [...vision.leftOut, ...language.leftOut],
    notes: [
      ...vision.notes,
      ...language.notes,
      ...notes,
      `h1, h2, h3, soft prompts and the rows of [EMB] and [CAP] are random (seed ${seed}): the model has to be trained`,
    ],
  };
}

function combine(
  vision: VisionWeights,
  language: LanguageWeights,
  { embeddingSize, settings }: ImportOptions,
): MmgemConfig {
  const given = Object.fromEntries(Object.entries(settings ?? {}).filter(([, value]) => value !== undefined));
  const config = {
    model_type: 'mmgem',
    vision: vision.config,
    language: language.config,
    embedding_size: embeddingSize ?? vision.projectionSize ?? vision.config.width,
    ...paperSettings,
    ...given,
    tokens: language.tokens,
  };
  return parseConfig(config, 'the imported configuration');
}

function givenTensors(
  vision: VisionWeights,
  language: LanguageWeights,
  config: MmgemConfig,
  seed: number,
): TensorToWrite[] {
  const rows = (table: string) => initParameter(table, [2, config.language.hidden_size], config, seed);
  return [...vision.tensors, ...language.tensors(rows)];
}

/** MM-GEM's own parts, which no public checkpoint has. */
function freshTensors(config: MmgemConfig, seed: number): TensorToWrite[] {
  return [...initParameters(config, seed)]
    .filter(({ name }) => !/^(visual|model|lm_head)\./.test(name))
    .map(({ name, shape, pieces }) => ({ name, shape, dtype: 'F32', data: pieces }));
}

async function readTokenizer(
  store: FileStore,
  { config }: LanguageWeights,
): Promise<{ tokenizer: string | undefined; notes: string[] }> {
  if (!(await store.exists('tokenizer.json'))) {
    const note = `language: ${store.name} has no tokenizer.json; copy the Llama's into the model directory before texts are read`;
    return { tokenizer: undefined, notes: [note] };
  }
  const tokenizer = await store.readText('tokenizer.json');
  checkTokenizer(tokenizer, `${store.name}/tokenizer.json`, config.vocab_size - 2);
  return { tokenizer, notes: [] };
}
