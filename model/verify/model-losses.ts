/** The losses of training files. Gradients and updated parameters are not compared yet. */
import { type Tensor, trace } from '../../dsl/index.ts';
import { stage1Losses, stage2CaptionLoss, stage2RetrievalLoss } from '../graph/mmgem.ts';
import type { GoldenFile } from './golden-file.ts';
import type { GoldenModel } from './golden-model.ts';
import { comparedRow, failedRow, notCoveredRow, type VerifyRow } from './row.ts';
import type { GraphRunner } from './runner.ts';
import { tolerances } from './tolerances.ts';

type Losses = Readonly<Record<string, Tensor>>;

const stages: Readonly<Record<string, (model: GoldenModel) => Losses>> = {
  stage1: ({ graph, inputs }) => ({ ...stage1Losses(graph, inputs) }) as unknown as Losses,
  stage2_caption: ({ graph, inputs }) => ({
    total: stage2CaptionLoss(graph, { ...inputs, ids: inputs.captionIds, lengths: inputs.captionLengths }) as Tensor,
  }),
  stage2_retrieval: ({ graph, inputs }) => ({
    total: stage2RetrievalLoss(graph, {
      ...inputs,
      ids: inputs.embeddingIds,
      lengths: inputs.embeddingLengths,
    }) as Tensor,
  }),
};

/** Parts of model file names that `verifyLosses` takes. */
export const lossStages: readonly string[] = Object.keys(stages);

/** What training files hold besides `loss/*`. */
const later = [/^grad\//, /^step\d+\//, /^losses$/, /^grad_norms$/];

/** A row for every loss of the first step, and one for each kind of tensor that is not compared yet. */
export async function* verifyLosses(
  file: GoldenFile,
  stage: string,
  model: GoldenModel,
  runner: GraphRunner,
): AsyncGenerator<VerifyRow, void> {
  const names = [...file.tensors.keys()];
  const results = await runLosses(stage, model, runner);
  for (const tensor of names.filter((name) => !later.some((kind) => kind.test(name)))) {
    const place = { file: file.name, case: stage, tensor };
    const name = tensor.replace(/^loss\//, '');
    if (results instanceof Error) yield failedRow(place, results);
    else
      yield comparedRow(
        place,
        results[name],
        file.tensors.get(tensor)!.data,
        tolerances[runner.kind].modelLossOrGradient,
      );
  }
  for (const kind of new Set(
    names.filter((name) => later.some((one) => one.test(name))).map((name) => name.replace(/\/.*/, '/*')),
  )) {
    const count = names.filter((name) => name.replace(/\/.*/, '/*') === kind).length;
    yield notCoveredRow(
      { file: file.name, case: stage, tensor: kind },
      count === 1 ? 'training' : `training, ${count} tensors`,
    );
  }
}

async function runLosses(stage: string, model: GoldenModel, runner: GraphRunner) {
  try {
    return await runner.run(trace(stage, stages[stage]!(model)), model.given, model.sizes);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
