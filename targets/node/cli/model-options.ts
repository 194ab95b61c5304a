/** Commands that run a model: their options, and a model that is open as long as they need it. */
import { type Command, Option } from 'commander';
import type { Preparation } from '../../../model/load.ts';
import type { Engine } from '../../../runtime/engine.ts';
import { load, type Model, open } from '../index.ts';
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
export async function withModel<T>(
  session: Session,
  options: ModelOptions,
  prepare: readonly Preparation[],
  work: (model: Model, engine: Engine) => Promise<T>,
): Promise<T> {
  const { progress } = session;
  const { model: path, precision } = options;
  await using engine = await open(options.backend, backendOptions(options));
  await using model = await load(path, {
    engine,
    prepare,
    ...(precision !== undefined && { precision }),
    onProgress: loadProgress(progress, `loading ${path}`, prepare),
    onWarning: (message) => session.note(`mmgem: ${message}`),
  });
  progress.stop();
  return await work(model, engine);
}
