// The model that a run begins with: of a model directory, or random, with parts that public weights replace.
import { type LanguageConfig, type MmgemConfig, parseConfig, type VisionConfig } from '../config.ts';
import { namedConfig } from '../configs.ts';
import { MmgemError } from '../errors.ts';
import { type Checkpoint, openCheckpoint } from '../files/checkpoint.ts';
import type { WeightsLocation } from '../files/import.ts';
import { openLanguageWeights } from '../files/language-weights.ts';
import type { MappedTensor } from '../files/mapped-tensor.ts';
import { openModelDirectory } from '../files/model-directory.ts';
import {
  type Normalization,
  type PreprocessorConfig,
  preprocessorFor,
  usualNormalization,
} from '../files/preprocessor.ts';
import { type FileStore, readJson } from '../files/source.ts';
import { openVisionWeights } from '../files/vision-weights.ts';
import { initParameter } from '../initial-parameters.ts';
import { parameterShapes } from '../parameters.ts';
import { type PreprocessSettings, parsePreprocessSettings } from '../preprocess/settings.ts';
import { checkpointWeights, type WeightSource, weightsOf } from '../session/weights.ts';

export interface StartingModel {
  readonly config: MmgemConfig;
  /** Stays open until it is closed. */
  readonly weights: WeightSource;
  readonly preprocessor: PreprocessorConfig;
  /** What the preprocessor's description means. */
  readonly settings: PreprocessSettings;
  /** A tokenizer.json that lies beside the weights, and what errors call it. */
  readonly tokenizer?: NamedText;
  /** What was decided without being asked, for the user to see. */
  readonly notes: readonly string[];
}

export interface NamedText {
  readonly name: string;
  readonly text: string;
}

/** What of a model's configuration may become another with the same weights. */
export interface ConfigChanges {
  /** `roi_grid`: the number of tokens before a caption is its square, and no parameter has it in its shape. */
  readonly roiGrid?: number | undefined;
}

/**
 * @throws MmgemError naming the file of the model directory that is missing or does not fit the others, or what a change has made
 * impossible
 */
export async function modelOfDirectory(store: FileStore, { roiGrid }: ConfigChanges = {}): Promise<StartingModel> {
  const { config: own, checkpoint } = await openModelDirectory(store);
  try {
    const config =
      roiGrid === undefined ? own : parseConfig({ ...own, roi_grid: roiGrid }, `${store.name}/config.json, changed`);
    const file = 'preprocessor_config.json';
    const preprocessor = (await readJson(store, file)) as PreprocessorConfig;
    return {
      config,
      weights: checkpointWeights(checkpoint, config),
      preprocessor,
      settings: parsePreprocessSettings(preprocessor, `${store.name}/${file}`),
      ...(await tokenizerIn(store)),
      notes: [],
    };
  } catch (error) {
    await checkpoint.close();
    throw error;
  }
}

export interface FreshModel {
  /** A name of namedConfigs, or a configuration. */
  readonly config: string | MmgemConfig;
  /** Of the random weights. */
  readonly seed: number;
  /** OpenCLIP, Hugging Face CLIP or timm weights of the vision transformer. */
  readonly vision?: WeightsLocation | undefined;
  /** A Hugging Face Llama. */
  readonly language?: WeightsLocation | undefined;
}

/**
 * A model of random weights, as `mmgem init` makes it, with public weights where they are given.
 * @throws MmgemError naming tensors and fields when public weights are no such part, or of another configuration
 */
export async function modelOfConfig({ config: given, seed, vision, language }: FreshModel): Promise<StartingModel> {
  const config = typeof given === 'string' ? namedConfig(given) : parseConfig(given, 'the configuration');
  const opened: Checkpoint[] = [];
  const close = async (): Promise<void> => {
    for (const checkpoint of opened) await checkpoint.close();
  };
  const open = async ({ store, base }: WeightsLocation): Promise<Checkpoint> => {
    opened.push(await openCheckpoint(store, base === undefined ? {} : { base }));
    return opened.at(-1)!;
  };
  try {
    const seeing = vision && (await visionPart(await open(vision), vision.store, config));
    const speaking = language && (await languagePart(await open(language), language.store, config, seed));
    const parts = [seeing, speaking].filter((part) => part !== undefined);
    const preprocessor = preprocessorFor(config.vision, seeing?.normalization ?? usualNormalization(config.vision));
    return {
      config,
      weights: weightsOf(config, { read: reader(config, seed, parts), close }),
      preprocessor,
      settings: parsePreprocessSettings(preprocessor, 'the preprocessor'),
      ...(language && (await tokenizerIn(language.store))),
      notes: parts.flatMap(({ notes }) => notes),
    };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Part {
  readonly tensors: readonly MappedTensor[];
  readonly notes: readonly string[];
}

/** Tensors of the parts where they have them, random ones otherwise. */
function reader(config: MmgemConfig, seed: number, parts: readonly Part[]): WeightSource['read'] {
  const shapes = parameterShapes(config);
  const given = new Map(parts.flatMap(({ tensors }) => tensors.map((tensor) => [tensor.name, tensor] as const)));
  return async (name) => {
    return given.get(name)?.read() ?? initParameter(name, shapes.get(name)!, config, seed);
  };
}

async function visionPart(
  checkpoint: Checkpoint,
  store: FileStore,
  { vision }: MmgemConfig,
): Promise<Part & { readonly normalization: Normalization }> {
  const { image_size: imageSize } = vision;
  const weights = await openVisionWeights(checkpoint, store, { imageSize });
  checkSame(weights.config, vision, `${checkpoint.name}: model.config.vision`);
  const { image_mean: mean, image_std: std } = weights.preprocessor;
  return { tensors: weights.tensors, notes: weights.notes, normalization: { mean, std } };
}

async function languagePart(
  checkpoint: Checkpoint,
  store: FileStore,
  config: MmgemConfig,
  seed: number,
): Promise<Part> {
  const file = 'config.json';
  const weights = await openLanguageWeights(checkpoint, await readJson(store, file), `${store.name}/${file}`);
  checkSame(weights.config, config.language, `${checkpoint.name}: model.config.language`);
  checkSame(weights.tokens, config.tokens, `${checkpoint.name}: model.config.tokens`);
  const rows = (table: string): Float32Array => initParameter(table, [2, config.language.hidden_size], config, seed);
  return { tensors: weights.tensors(rows), notes: weights.notes };
}

/** @throws MmgemError naming the first field in which the model is not what the weights are */
function checkSame<Config extends VisionConfig | LanguageConfig | MmgemConfig['tokens']>(
  weights: Config,
  model: Config,
  what: string,
): void {
  for (const field of Object.keys(weights) as (keyof Config & string)[]) {
    if (weights[field] === model[field]) continue;
    throw new MmgemError(
      `${what}.${field} is ${JSON.stringify(model[field])}, but ${JSON.stringify(weights[field])} in these weights. ` +
        'Correct the configuration, or leave the weights out of model.initFrom.',
    );
  }
}

async function tokenizerIn(store: FileStore): Promise<{ readonly tokenizer?: NamedText }> {
  const file = 'tokenizer.json';
  if (!(await store.exists(file))) return {};
  return { tokenizer: { name: `${store.name}/${file}`, text: await store.readText(file) } };
}
