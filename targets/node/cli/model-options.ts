/** Commands that run a model: their options, and a model that is open as long as they need it. */
import { type Command, Option } from 'commander';
import type { Host } from '../../../model/host.ts';
import { type LoadOptions, load, type Preparation } from '../../../model/load.ts';
import type { Mmgem } from '../../../model/mmgem.ts';
import type { Engine } from '../../../runtime/engine.ts';
import { nodeHost } from '../host.ts';
import { type Model, open } from '../index.ts';
import { addEngineOptions, backendOptions, type EngineOptions } from './engine-options.ts';
import { loadProgress } from './load-progress.ts';
import { choice } from './options.ts';
import type { Session } from './session.ts';

export interface ModelOptions extends EngineOptions {
  readonly model: string;
  readonly precision?: 'f32' | 'f16' | 'bf16';
}

export function addModelOptions(command: Command): Command {
  const model = new Option('-m, --model <folder>', 'the model directory, as mmgem init and mmgem import make it')
    .env('MMGEM_MODEL')
    .makeOptionMandatory();
  const precision = choice('--precision <type>', 'how weight matrices are held: f32 unless told', [
    'f32',
    'f16',
    'bf16',
  ]);
  return addEngineOptions(command.addOption(model).addOption(precision));
}

/** Opens engine and model, lets `work` use them, closes both whatever happens. */
export function withModel<T>(
  session: Session,
  options: ModelOptions,
  prepare: readonly Preparation[],
  work: (model: Model, engine: Engine) => Promise<T>,
): Promise<T> {
  return withHostedModel(nodeHost, session, options, { prepare }, work);
}

/** How a command wants its model loaded. */
export interface Loading extends Pick<LoadOptions, 'maxBatch' | 'onWarning'> {
  readonly prepare: readonly Preparation[];
}

/** As `withModel`, for images that another host decodes. */
export async function withHostedModel<Image, T>(
  host: Host<Image>,
  session: Session,
  options: ModelOptions,
  loading: Loading,
  work: (model: Mmgem<Image>, engine: Engine) => Promise<T>,
): Promise<T> {
  const { progress } = session;
  const { model: path, precision } = options;
  await using engine = await open(options.backend, backendOptions(options));
  await using model = await load(path, host, {
    engine,
    ...(precision !== undefined && { precision }),
    onProgress: loadProgress(progress, `loading ${path}`, loading.prepare),
    onWarning: (message) => session.note(`mmgem: ${message}`),
    ...loading,
  });
  progress.stop();
  return await work(model, engine);
}
