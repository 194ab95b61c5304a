/** Greedy captions of golden files: token ids, which must be the same. */
import { argmax, dim, input, symbol, type Tensor, trace } from '../../dsl/index.ts';
import { captionLogits, embedImage, imagePrefix, regionPrefix } from '../graph/mmgem.ts';
import { regionTokens } from '../graph/pool.ts';
import { featureMap } from '../graph/vit.ts';
import type { GoldenFile } from './golden-file.ts';
import type { GoldenModel } from './golden-model.ts';
import { equalIdsRow, failedRow, type VerifyRow } from './row.ts';
import type { GraphRunner } from './runner.ts';

/** `greedy_1`: behind the prefix of image 1. `greedy_region_1`: behind that of box 1. */
const pattern = /^greedy_(region_)?(\d+)$/;

export const isGreedy = (tensor: string): boolean => pattern.test(tensor);

const prefixes: Readonly<Record<string, (model: GoldenModel) => Tensor>> = {
  image: ({ graph, inputs }) => imagePrefix(graph, embedImage(graph, featureMap(graph, inputs.images))) as Tensor,
  region: ({ graph, inputs, config }) =>
    regionPrefix(
      graph,
      regionTokens(graph.dims, featureMap(graph, inputs.images), inputs.boxes, config.roi_grid),
    ) as Tensor,
};

interface Caption {
  readonly tensor: string;
  readonly row: number;
  readonly golden: ArrayLike<number>;
}

/** A row for every caption of the file. */
export async function* verifyGreedy(
  file: GoldenFile,
  model: GoldenModel,
  runner: GraphRunner,
): AsyncGenerator<VerifyRow, void> {
  const found = [...file.tensors].flatMap(([tensor, { data }]) => {
    const match = pattern.exec(tensor);
    return match ? [{ prefix: match[1] ? 'region' : 'image', tensor, row: Number(match[2]), golden: data }] : [];
  });
  const likeliest = likeliestTokens(model);
  for (const name of Object.keys(prefixes)) {
    const captions = found.filter(({ prefix }) => prefix === name);
    if (captions.length > 0) yield* verifyCaptions(file, captions, name, { model, runner, likeliest });
  }
}

/** prefix [B, P, D] before ids [B, T] → the likeliest token at the last place of the prefix and behind each id, [B, T + 1]. */
function likeliestTokens({ graph }: GoldenModel) {
  const { B, T, D } = graph.dims;
  const prefix = input('prefix', [B, dim('T', symbol('prefixTokens')), D]);
  return trace('greedy', { ids: argmax(captionLogits(graph, prefix, input('ids', [B, T], 'i32')), 'V') });
}

interface Means {
  readonly model: GoldenModel;
  readonly runner: GraphRunner;
  readonly likeliest: ReturnType<typeof likeliestTokens>;
}

async function* verifyCaptions(
  file: GoldenFile,
  captions: readonly Caption[],
  name: string,
  means: Means,
): AsyncGenerator<VerifyRow, void> {
  try {
    const results = await generate(captions, name, means);
    for (const [i, { tensor, golden }] of captions.entries()) {
      yield equalIdsRow({ file: file.name, case: 'greedy', tensor }, results[i]!, golden);
    }
  } catch (error) {
    for (const { tensor } of captions) yield failedRow({ file: file.name, case: 'greedy', tensor }, error);
  }
}

/** Captions up to EOS or the golden one's length, all of them at once. What follows a token cannot change what precedes it. */
async function generate(
  captions: readonly Caption[],
  name: string,
  { model, runner, likeliest }: Means,
): Promise<number[][]> {
  const { given, sizes, config } = model;
  const all = (await runner.run(trace(`${name}Prefix`, { prefix: prefixes[name]!(model) }), given, sizes)).prefix!;
  const perRow = all.length / sizes.B!;
  const prefix = new Float32Array(captions.length * perRow);
  for (const [i, { row }] of captions.entries()) prefix.set(all.subarray(row * perRow, (row + 1) * perRow), i * perRow);
  const steps = Math.max(...captions.map(({ golden }) => golden.length));
  const ids = new Int32Array(captions.length * steps);
  const rowSizes = { B: captions.length, T: steps, prefixTokens: perRow / config.language.hidden_size };
  for (let step = 0; step < steps; step++) {
    const next = (await runner.run(likeliest, { ...given, prefix, ids }, rowSizes)).ids!;
    captions.forEach((_, i) => {
      ids[i * steps + step] = next[i * (steps + 1) + step]!;
    });
  }
  return captions.map(({ golden }, i) =>
    untilEos([...ids.subarray(i * steps, i * steps + golden.length)], config.tokens.eos),
  );
}

function untilEos(ids: readonly number[], eos: number): number[] {
  const end = ids.indexOf(eos);
  return end < 0 ? [...ids] : ids.slice(0, end + 1);
}
