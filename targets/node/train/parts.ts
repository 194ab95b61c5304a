// What a run is made of in Node: from a configuration to an engine, a trainer, batches and evaluations.
import type { Batch } from '../../../model/data/batch.ts';
import { openBatches } from '../../../model/data/batches.ts';
import type { Place } from '../../../model/data/dataset.ts';
import { type ImageTools, type NamedImage, pixelsOf } from '../../../model/data/prepare.ts';
import { graphEngine } from '../../../model/load.ts';
import { trainingBatches } from '../../../model/train/batch-stream.ts';
import { type TrainingEvaluation, trainingEvaluation } from '../../../model/train/evaluation.ts';
import type { StageName } from '../../../model/train/graph/stages.ts';
import type { OpenedParts } from '../../../model/train/lasting-run.ts';
import type { Objective, RunConfig } from '../../../model/train/run-config.ts';
import type { BatchStream, Trainer } from '../../../model/train/seam.ts';
import { openTrainer } from '../../../model/train/trainer.ts';
import type { Engine } from '../../../runtime/engine.ts';
import { backendOptions, type EngineOptions } from '../cli/engine-options.ts';
import type { Session } from '../cli/session.ts';
import { type OpenedItems, openItems } from '../data/items.ts';
import { openSource } from '../data/sources.ts';
import { imageThreads } from '../data/threads.ts';
import { imageTools } from '../data/tools.ts';
import { encodePng } from '../images.ts';
import { open } from '../index.ts';
import type { ConfigFile } from './config-file.ts';
import { type OpenedModel, openStartingModel } from './starting-model.ts';

/**
 * Puts a run's parts together; the session shows how programs are compiled and weights loaded.
 * @typeParam Batch what the trainer takes and the stream of batches gives
 */
export type OpenParts<Batch> = (
  file: ConfigFile,
  engine: EngineOptions,
  session: Pick<Session, 'progress' | 'note'>,
) => Promise<OpenedParts<Batch>>;

/** @throws MmgemError naming what is missing for a configuration to run here */
export const openParts: OpenParts<Batch> = async (file, engineOptions, session) => {
  const closing: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const end of closing.splice(0).reverse()) await end();
  };
  try {
    const engine = await open(engineOptions.backend, backendOptions(engineOptions));
    closing.push(() => engine.close());
    const model = await openStartingModel(file);
    closing.push(() => model.weights.close());
    for (const note of model.notes) session.note(`mmgem: ${note}`);
    const openRunBatches = await runBatches(file, model);
    const items = await evaluationItems(file, model, session);
    const trainer = await openRunTrainer(file, model, engine, session);
    closing.splice(-1, 1, () => trainer.close());
    const evaluation = items && openEvaluation(file, model, engine, trainer, items);
    if (evaluation) closing.push(() => evaluation.close());
    const { config, preprocessor, tokenizerText: tokenizer } = model;
    return {
      trainer,
      openBatches: async (place) => openRunBatches(place as Place | undefined),
      ...(evaluation && { evaluate: () => evaluation.run() }),
      model: { config, preprocessor, tokenizer },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};

const stageOfObjective: Readonly<Record<Objective, StageName>> = {
  joint: 'stage1',
  embedding: 'stage1-embedding',
  caption: 'stage1-caption',
};

/** What programs call a configuration's stage and objective. */
function stageOf({ stage, objective = 'joint' }: RunConfig): StageName {
  return stage === 'stage1' ? stageOfObjective[objective] : stage;
}

async function openRunTrainer(
  { config: run }: ConfigFile,
  { config, weights }: OpenedModel,
  engine: Engine,
  { progress }: Pick<Session, 'progress'>,
): Promise<Trainer<Batch>> {
  const { rate: base, projectionRate: projection, ...optimizer } = run.optimizer;
  progress.report('compiling a training step', 0, 1);
  return openTrainer({
    engine: graphEngine(engine),
    name: 'training',
    config,
    weights,
    stage: stageOf(run),
    optimizer,
    rates: { base, projection },
    lossWeights: run.lossWeights,
    scheduledTemperature: run.temperature !== 'learnable',
    ...(run.chunk !== undefined && { chunk: run.chunk }),
    batchSize: run.batchSize,
    description: `${engine.info.backend}: ${engine.info.description}`,
  });
}

/** What opens the stream of a run's batches at a place. */
async function runBatches(
  { config: run, path, folder }: ConfigFile,
  { config, settings, tokenizer }: OpenedModel,
): Promise<(place?: Place) => BatchStream<Batch>> {
  const { seed, augmentation, workers, shuffleBuffer, source: description, ...texts } = run.data;
  const described = { json: description, where: `${path}: data.source`, folder };
  const source = await openSource(described, { seed, side: settings.crop.height });
  const options = {
    source,
    kind: run.stage === 'stage1' ? 'pairs' : 'regions',
    batchSize: run.batchSize,
    config,
    settings,
    tokenizer,
    seed,
    ...(augmentation !== 'none' && { augmentation }),
    shuffle: shuffleBuffer,
    ...texts,
    prepare: imageThreads({ ...(workers !== undefined && { count: workers }) }),
  } as const;
  return (place) => trainingBatches(openBatches({ ...options, ...(place && { place }) }));
}

interface Items extends OpenedItems {
  readonly tools: ImageTools;
}

/** What the configuration's evaluation looks at. */
async function evaluationItems(
  { config: { evaluation }, path, folder }: ConfigFile,
  { settings }: OpenedModel,
  { note }: Pick<Session, 'note'>,
): Promise<Items | undefined> {
  if (evaluation === undefined) return undefined;
  const tools = await imageTools();
  const where = `${path}: evaluation.source`;
  const { source: json, items: limit } = evaluation;
  const opened = await openItems({ json, where, folder }, tools, { limit, side: settings.crop.height });
  for (const { key, reason } of opened.broken) note(`mmgem: ${where}: skipped ${key}: ${reason}`);
  return { ...opened, tools };
}

function openEvaluation(
  { config: run }: ConfigFile,
  { config, settings, tokenizer }: OpenedModel,
  engine: Engine,
  trainer: Trainer<Batch>,
  { items, areDistinct, tools }: Items,
): TrainingEvaluation {
  return trainingEvaluation<NamedImage>({
    engine: graphEngine(engine),
    trainer,
    config,
    settings,
    tokenizer,
    stage: stageOf(run),
    items,
    areDistinct,
    decodeImage: (image) => pixelsOf(image, tools),
    pictureOf: async (image) => `data:image/png;base64,${Buffer.from(await encodePng(image)).toString('base64')}`,
  });
}
