// The model that a configuration says a run begins with, from files of the disk and of the package.
import { MmgemError } from '../../../model/errors.ts';
import { modelTokenizer } from '../../../model/load.ts';
import type { Tokenizer } from '../../../model/tokenizer.ts';
import { checkpointName, checkpointSteps } from '../../../model/train/checkpoint.ts';
import type { Stage } from '../../../model/train/run-config.ts';
import {
  modelOfConfig,
  modelOfDirectory,
  type NamedText,
  type StartingModel,
} from '../../../model/train/starting-model.ts';
import { directoryStore, weightsAt } from '../files.ts';
import { packagedTokenizer, packagedTokenizerNamed } from '../package-files.ts';
import type { ConfigFile } from './config-file.ts';
import { runFolder } from './run-folder.ts';

export interface OpenedModel extends Omit<StartingModel, 'tokenizer'> {
  readonly tokenizer: Tokenizer;
  /** Text of its tokenizer.json. */
  readonly tokenizerText: string;
}

/**
 * Opens the configuration's `model`. A directory may be that of a run, which means its newest checkpoint.
 * @throws MmgemError naming the file that is missing or does not fit, and where the model has no tokenizer
 */
export async function openStartingModel(file: ConfigFile): Promise<OpenedModel> {
  const opened = await openModel(file);
  if (!teachesPrompts.includes(file.config.stage)) return opened;
  // What these stages teach to stand before captions of regions stands before those of whole images too.
  return { ...opened, config: { ...opened.config, caption_prefix: 'soft_prompts' } };
}

const teachesPrompts: readonly Stage[] = ['stage1-regions', 'stage2-caption'];

async function openModel({ config: { model }, at }: ConfigFile): Promise<OpenedModel> {
  if ('directory' in model) {
    const folder = await modelFolder(at(model.directory));
    return withTokenizer(await modelOfDirectory(directoryStore(folder), model), undefined);
  }
  const { config, seed, initFrom: { vision, language } = {}, tokenizer } = model;
  const opened = await modelOfConfig({
    config,
    seed,
    vision: vision === undefined ? undefined : await weightsAt(at(vision)),
    language: language === undefined ? undefined : await weightsAt(at(language)),
  });
  const store =
    tokenizer === undefined
      ? typeof config === 'string' && packagedTokenizer(config)
      : (packagedTokenizerNamed(tokenizer) ?? directoryStore(at(tokenizer)));
  const text = store ? await store.readText('tokenizer.json') : undefined;
  return withTokenizer(opened, store && text !== undefined ? { name: store.name, text } : undefined);
}

/** The folder of a model, or of the newest checkpoint of a run. */
async function modelFolder(path: string): Promise<string> {
  const run = runFolder(path);
  const newest = (await checkpointSteps(run)).at(-1);
  return newest === undefined ? path : checkpointName(run, newest);
}

async function withTokenizer(model: StartingModel, named: NamedText | undefined): Promise<OpenedModel> {
  const { tokenizer: own, ...others } = model;
  const file = named ?? own;
  try {
    if (file === undefined) {
      throw new MmgemError(
        'model: has no tokenizer, and training needs one. Name the folder of its tokenizer.json in model.tokenizer.',
      );
    }
    return { ...others, tokenizer: modelTokenizer(model.config, file.text, file.name), tokenizerText: file.text };
  } catch (error) {
    await model.weights.close();
    throw error;
  }
}
