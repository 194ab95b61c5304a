/** Golden training files: losses and gradients of the first step, norms and losses of five, parameters after the first and the last. */
import { type Graph, trace } from '../../dsl/index.ts';
import { optimize, optimizerInput, paperOptimizer } from '../train/graph/optimizer.ts';
import type { StageName } from '../train/graph/stages.ts';
import { type TrainingParts, trainingParts } from '../train/graph/step.ts';
import type { GoldenFile } from './golden-file.ts';
import type { GoldenModel } from './golden-model.ts';
import { comparedRow, failedRow, type VerifyRow } from './row.ts';
import type { GraphRunner } from './runner.ts';
import { type Quantity, tolerances } from './tolerances.ts';

interface GoldenStage {
  readonly stage: StageName;
  /** The golden files' rates, which are large, so that five steps move visibly. */
  readonly rates: { readonly baseRate: number; readonly projectionRate: number };
}

/** The golden names of a batch's tensors. */
const batchTensors = {
  images: 'images',
  boxes: 'boxes',
  embeddingIds: 'emb_ids',
  embeddingLengths: 'emb_lengths',
  captionIds: 'cap_ids',
  captionLengths: 'cap_lengths',
};

const fast = { baseRate: 5e-2, projectionRate: 5e-2 };

/** By the part of a model's file names. */
const goldenStages: Readonly<Record<string, GoldenStage>> = {
  stage1: { stage: 'stage1', rates: { ...fast, baseRate: 5e-3 } },
  stage2_caption: { stage: 'stage2-caption', rates: fast },
  stage2_retrieval: { stage: 'stage2-retrieval', rates: fast },
};

/** Parts of model file names that `verifyTraining` takes. */
export const trainingFiles: readonly string[] = Object.keys(goldenStages);

/** A row for every tensor of a training file. */
export async function* verifyTraining(
  file: GoldenFile,
  part: string,
  model: GoldenModel,
  runner: GraphRunner,
): AsyncGenerator<VerifyRow, void> {
  const place = (tensor: string) => ({ file: file.name, case: part, tensor });
  const results = await trainFiveSteps(goldenStages[part]!, model, runner).catch((error: unknown) => error as Error);
  for (const [tensor, { data }] of file.tensors) {
    if (results instanceof Error) yield failedRow(place(tensor), results);
    else yield comparedRow(place(tensor), results.get(tensor), data, tolerances[runner.kind][quantityOf(tensor)]);
  }
}

/** Losses and norms of later steps come from parameters that have changed. */
const quantityOf = (tensor: string): Quantity =>
  /^(step\d|losses$|grad_norms$)/.test(tensor) ? 'parametersAfterFiveSteps' : 'modelLossOrGradient';

const steps = 5;

/** What the golden file holds, by the same names. */
async function trainFiveSteps(
  { stage, rates }: GoldenStage,
  { config, given, sizes }: GoldenModel,
  runner: GraphRunner,
): Promise<Map<string, ArrayLike<number>>> {
  const parts = trainingParts(config, stage);
  const batch = Object.fromEntries(Object.entries(batchTensors).map(([name, tensor]) => [name, given[tensor]!]));
  const session = await runner.open(stepWithGradients(stage, parts), given, sizes);
  const results = new Map<string, ArrayLike<number>>();
  const [losses, norms]: [number[], number[]] = [[], []];
  try {
    for (let step = 1; step <= steps; step++) {
      const optimizer = optimizerInput(paperOptimizer, { ...rates, step });
      const { gradientNorm, ...outputs } = await session.run({ ...batch, optimizer });
      losses.push(outputs['loss/total']![0]!);
      norms.push(gradientNorm![0]!);
      if (step === 1) for (const [name, value] of Object.entries(outputs)) results.set(name, value);
      if (step !== 1 && step !== steps) continue;
      for (const { name } of parts.learned) results.set(`step${step}/${name}`, await session.read(name));
    }
  } finally {
    await session.close();
  }
  return results.set('losses', losses).set('grad_norms', norms);
}

/** A training step whose outputs are called as in the golden files. */
function stepWithGradients(name: string, { losses, learned }: TrainingParts): Graph {
  const { updates, gradientNorm } = optimize(learned, paperOptimizer);
  const outputs = [
    ...Object.entries(losses).map(([loss, value]) => [`loss/${loss}`, value] as const),
    ...learned.map(({ name: parameter, gradient }) => [`grad/${parameter}`, gradient] as const),
  ];
  return trace(name, { ...Object.fromEntries(outputs), gradientNorm }, updates);
}
