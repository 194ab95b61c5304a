/** The tensors of a model's forward pass that golden files hold, each as graph code. */
import { type Tensor, trace } from '../../dsl/index.ts';
import { embedTokens, llm, logits } from '../graph/llm.ts';
import { captionLogits, embedImage, embedRegion, embedText, imagePrefix } from '../graph/mmgem.ts';
import { maskPool } from '../graph/pool.ts';
import { featureMap, vit } from '../graph/vit.ts';
import type { GoldenFile } from './golden-file.ts';
import type { GoldenModel } from './golden-model.ts';
import { isGreedy, verifyGreedy } from './model-greedy.ts';
import { comparedRow, failedRow, type VerifyRow } from './row.ts';
import type { GraphRunner } from './runner.ts';
import { tolerances } from './tolerances.ts';

const quantities: Readonly<Record<string, (model: GoldenModel) => Tensor>> = {
  vit: ({ graph, inputs }) => vit(graph, inputs.images) as Tensor,
  image_embedding: ({ graph, inputs }) => embedImage(graph, featureMap(graph, inputs.images)) as Tensor,
  text_embedding: ({ graph, inputs }) => embedText(graph, inputs.embeddingIds, inputs.embeddingLengths) as Tensor,
  region_embedding: ({ graph, inputs }) => embedRegion(graph, featureMap(graph, inputs.images), inputs.boxes) as Tensor,
  mask_feature: ({ graph, inputs }) =>
    maskPool(featureMap(graph, inputs.images), inputs.masks, inputs.imageOf) as Tensor,
  llm_hidden: ({ graph, inputs }) => llm(graph, embedTokens(graph, inputs.embeddingIds)) as Tensor,
  llm_logits: ({ graph, inputs }) => logits(graph, llm(graph, embedTokens(graph, inputs.embeddingIds))) as Tensor,
  caption_logits: ({ graph, inputs }) => {
    const prefix = imagePrefix(graph, embedImage(graph, featureMap(graph, inputs.images)));
    return captionLogits(graph, prefix, inputs.captionIds) as Tensor;
  },
};

/** A row for every tensor of a `_forward` file. */
export async function* verifyForward(
  file: GoldenFile,
  model: GoldenModel,
  runner: GraphRunner,
): AsyncGenerator<VerifyRow, void> {
  const names = [...file.tensors.keys()];
  const known = names.filter((name) => quantities[name] !== undefined);
  const results = await runForward(known, model, runner);
  const tolerance = tolerances[runner.kind].modelForward;
  for (const name of names.filter((candidate) => !isGreedy(candidate))) {
    const place = { file: file.name, case: 'forward', tensor: name };
    if (!known.includes(name)) yield failedRow(place, 'no such tensor is known to this version; update mmgem');
    else if (results instanceof Error) yield failedRow(place, results);
    else yield comparedRow(place, results[name], file.tensors.get(name)!.data, tolerance);
  }
  yield* verifyGreedy(file, model, runner);
}

/** All of them as one graph: they share most of their work. */
async function runForward(names: readonly string[], model: GoldenModel, runner: GraphRunner) {
  try {
    const graph = trace('forward', Object.fromEntries(names.map((name) => [name, quantities[name]!(model)])));
    return await runner.run(graph, model.given, model.sizes);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
