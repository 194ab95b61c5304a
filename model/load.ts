// Opens a model directory on an engine.
import { compileGraph } from '../kernels/compile.ts';
import type { Engine } from '../runtime/engine.ts';
import type { MmgemConfig } from './config.ts';
import { MmgemError } from './errors.ts';
import { openModelDirectory } from './files/model-directory.ts';
import { type FileStore, readJson } from './files/source.ts';
import { modelGraph } from './graph/model.ts';
import type { ProgramName } from './graph/programs.ts';
import type { Generable } from './graph/selection.ts';
import type { Host } from './host.ts';
import { Mmgem, type MmgemParts } from './mmgem.ts';
import { type PreprocessSettings, parsePreprocessSettings } from './preprocess/settings.ts';
import { type Limits, limitsOf, stateElements } from './session/limits.ts';
import { type GraphEngine, type OnProgress, type ProgramKey, Programs } from './session/programs.ts';
import { checkpointWeights, type WeightSource } from './session/weights.ts';
import { checkVocabulary, loadTokenizer, type Tokenizer } from './tokenizer.ts';

/** What a model can be made ready for when it is loaded; everything else is compiled when it is first asked for. */
export const preparations = {
  embed: ['imageFeatures', 'textEmbedding'],
  regions: ['imageFeatures', 'regionEmbedding'],
  caption: ['imageFeatures', 'captionPrefix', 'prefill.greedy', 'decode.greedy'],
  regionCaption: ['imageFeatures', 'regionCaptionPrefix', 'prefill.greedy', 'decode.greedy'],
  maskCaption: ['imageFeatures', 'maskCaptionPrefix', 'prefill.greedy', 'decode.greedy'],
  locate: ['imageFeatures', 'textEmbedding', 'heatMap'],
} as const satisfies Readonly<Record<string, readonly ProgramName[]>>;

export type Preparation = keyof typeof preparations;

export interface LoadOptions extends Partial<Limits> {
  readonly engine: Engine;
  /** Called while programs are compiled and weights are loaded. */
  readonly onProgress?: OnProgress;
  /** What to compile and load now. */
  readonly prepare?: readonly Preparation[];
  /** How weight matrices are held on the device: `f32` unless told; the others take half of the memory. */
  readonly precision?: 'f32' | 'f16' | 'bf16';
  /** A folder whose tokenizer.json is used instead of the model directory's. */
  readonly tokenizer?: string;
  /** Told what a user should know and did not ask for; written to the console unless given. */
  readonly onWarning?: (message: string) => void;
}

/** Graphs compiled for an engine's target. */
export function graphEngine(engine: Engine): GraphEngine {
  return {
    compile: (graph) => engine.compile(compileGraph(graph, engine.target)),
    createStore: (name) => engine.createStore(name),
    memory: () => engine.memory(),
    recover: (error, losses) => engine.recover(error, losses),
  };
}

/**
 * Loads a model directory.
 * @throws MmgemError naming file, field and remedy when a part of it is missing or does not fit the others, and naming the tensor
 * for weights that are no finite numbers
 */
export function load<Image>(path: string, host: Host<Image>, options: LoadOptions): Promise<Mmgem<Image>> {
  return loadOn(path, host, graphEngine(options.engine), options);
}

/** As `load`, on anything that compiles graphs. */
export async function loadOn<Image>(
  path: string,
  host: Host<Image>,
  engine: GraphEngine,
  options: Omit<LoadOptions, 'engine'> = {},
): Promise<Mmgem<Image>> {
  const { prepare = [] } = options;
  checkPreparations(prepare);
  const store = await host.openStore(path);
  const { config, checkpoint } = await openModelDirectory(store);
  try {
    const tokenizer = await readTokenizer(config, await tokenizerStore(host, store, options.tokenizer));
    const settings = await readPreprocessor(config, store);
    const weights = checkpointWeights(checkpoint, config);
    const { model, programs } = assemble({ name: path, config, settings, tokenizer, weights }, host, engine, options);
    await prepareAll(programs, programsFor(prepare, config), options.onProgress);
    return model;
  } catch (error) {
    await checkpoint.close();
    throw error;
  }
}

/** What makes a model, wherever it comes from. */
export interface Ingredients extends Pick<MmgemParts<never>, 'name' | 'config' | 'settings' | 'tokenizer'> {
  readonly weights: WeightSource;
}

/** A model and its programs, of which none is compiled yet. Closing the model closes the weights' source. */
export function assemble<Image>(
  { name, config, settings, tokenizer, weights }: Ingredients,
  { decodeImage }: Pick<Host<Image>, 'decodeImage'>,
  engine: GraphEngine,
  options: Pick<LoadOptions, keyof Limits | 'precision' | 'onWarning'> = {},
): { readonly model: Mmgem<Image>; readonly programs: Programs } {
  const limits = limitsOf(config, options);
  const { precision = 'f32', onWarning = (message) => console.warn(message) } = options;
  const programs = new Programs({
    name,
    engine,
    model: modelGraph(config, { storage: precision, maxRows: limits.maxBatch }),
    generable: generableTokens(config, tokenizer),
    weights,
    states: stateElements(config, limits),
    onWarning,
  });
  const model = new Mmgem<Image>({
    name,
    config,
    settings,
    tokenizer,
    programs,
    limits,
    decodeImage: (image) => decodeImage(image),
    engineMemory: () => engine.memory(),
    onWarning,
  });
  return { model, programs };
}

function checkPreparations(wanted: readonly Preparation[]): void {
  const unknown = wanted.find((name) => !Object.hasOwn(preparations, name));
  if (unknown !== undefined) {
    throw new MmgemError(
      `prepare holds ${JSON.stringify(unknown)}; a model is prepared for ${Object.keys(preparations).join(', ')}.`,
    );
  }
}

function programsFor(wanted: readonly Preparation[], { caption_prefix }: MmgemConfig): ProgramKey[] {
  const names = wanted.flatMap((name): readonly ProgramName[] =>
    name === 'caption' && caption_prefix === 'soft_prompts' ? preparations.regionCaption : preparations[name],
  );
  return [...new Set(names)].map((name) => ({ name }));
}

async function prepareAll(programs: Programs, wanted: readonly ProgramKey[], onProgress?: OnProgress): Promise<void> {
  try {
    await programs.prepareAll(wanted, onProgress);
  } catch (error) {
    await programs.close();
    throw error;
  }
}

/** Where the tokenizer lies: in the folder that was named, or in the model directory if it has one. */
async function tokenizerStore<Image>(
  host: Host<Image>,
  store: FileStore,
  named?: string,
): Promise<FileStore | undefined> {
  if (named !== undefined) return host.openStore(named);
  return (await store.exists('tokenizer.json')) ? store : undefined;
}

async function readTokenizer(config: MmgemConfig, store: FileStore | undefined): Promise<Tokenizer | undefined> {
  if (store === undefined) return undefined;
  return modelTokenizer(config, await store.readText('tokenizer.json'), `${store.name}/tokenizer.json`);
}

/** The tokenizer of a model from the text of a tokenizer.json. @throws MmgemError when it does not fit the model */
export function modelTokenizer({ tokens, language }: MmgemConfig, text: string, fileName: string): Tokenizer {
  const tokenizer = loadTokenizer(text, fileName, { '[EMB]': tokens.emb, '[CAP]': tokens.cap });
  checkVocabulary(tokenizer, language.vocab_size);
  return tokenizer;
}

async function readPreprocessor({ vision }: MmgemConfig, store: FileStore): Promise<PreprocessSettings> {
  const name = 'preprocessor_config.json';
  const file = `${store.name}/${name}`;
  const settings = parsePreprocessSettings(await readJson(store, name), file);
  const { height, width } = settings.crop;
  if (height === vision.image_size && width === vision.image_size) return settings;
  throw new MmgemError(
    `${file}: crop_size is ${height}×${width}, but the vision transformer takes ${vision.image_size}×${vision.image_size} ` +
      '(config.json: vision.image_size). Correct one of them.',
  );
}

/** Rows of the vocabulary that are text (or EOS): neither [EMB] and [CAP] nor rows that only pad the table. */
function generableTokens({ language, tokens }: MmgemConfig, tokenizer: Tokenizer | undefined): Generable {
  return { below: tokenizer?.size ?? language.vocab_size, except: [tokens.emb, tokens.cap] };
}
