// The graph code against the reference, both in float64: every part of MM-GEM's forward pass and the losses.
import { suite } from 'uvu';
import { type Dim, dim, input, interpret, symbol, type Tensor, trace } from '../../dsl/index.ts';
import { embedTokens, llm, logits } from '../../model/graph/llm.ts';
import { captionLogits, embedImage, embedRegion, embedText, imagePrefix } from '../../model/graph/mmgem.ts';
import { type ModelGraph, modelGraph } from '../../model/graph/model.ts';
import { boxCorners, maskPool } from '../../model/graph/pool.ts';
import { featureMap, vit } from '../../model/graph/vit.ts';
import { stageLosses, stages } from '../../model/train/graph/stages.ts';
import { assertClose, type GoldenName, goldenModel } from './golden-model.ts';

const test = suite('the forward pass in float64');

/** Results are stored as float32, so this is as near as they can be. */
const tolerance = 1e-6;

function inputsOf({ dims }: ModelGraph) {
  const { B, T, N } = dims;
  const regions = dim('R', symbol('B'));
  const pairs = {
    embeddingIds: input('emb_ids', [B, dim('T', symbol('embedding tokens'))], 'i32'),
    embeddingLengths: input('emb_lengths', [B], 'i32'),
    captionIds: input('cap_ids', [B, T], 'i32'),
    captionLengths: input('cap_lengths', [B], 'i32'),
  };
  return {
    ...pairs,
    images: input('images', [B, ...dims.image]),
    boxes: input('boxes', [regions, boxCorners]),
    masks: input('masks', [regions, N]),
    imageOf: input('imageOf', [regions], 'i32'),
  };
}

function forwardParts(m: ModelGraph): Record<string, Tensor> {
  const given = inputsOf(m);
  const features = featureMap(m, given.images);
  const image = embedImage(m, features);
  const hidden = llm(m, embedTokens(m, given.embeddingIds));
  return {
    vit: vit(m, given.images),
    image_embedding: image,
    text_embedding: embedText(m, given.embeddingIds, given.embeddingLengths),
    region_embedding: embedRegion(m, features, given.boxes),
    mask_feature: maskPool(features, given.masks, given.imageOf),
    llm_hidden: hidden,
    llm_logits: logits<readonly [Dim<'B'>, Dim<'T'>]>(m, hidden),
    caption_logits: captionLogits(m, imagePrefix(m, image), given.captionIds),
  };
}

function losses(m: ModelGraph): Record<string, Tensor> {
  const given = inputsOf(m);
  const { v2t, t2v, emb, gen, total } = stageLosses(stages.stage1, m, given) as Record<string, Tensor>;
  return {
    'stage1 v2t': v2t!,
    'stage1 t2v': t2v!,
    'stage1 emb': emb!,
    'stage1 gen': gen!,
    'stage1 total': total!,
    'stage2_caption total': stageLosses(stages['stage2-caption'], m, given).total,
    'stage2_retrieval total': stageLosses(stages['stage2-retrieval'], m, given).total,
  };
}

for (const name of ['tiny', 'odd'] satisfies GoldenName[]) {
  const golden = await goldenModel(name);
  const m = modelGraph(golden.config);
  const rows = golden.batch.emb_lengths!.length;
  const imageOf = Int32Array.from({ length: rows }, (_, i) => i);
  const given = { ...golden.parameters, ...golden.batch, imageOf };
  const sizes = {
    B: rows,
    T: golden.batch.cap_ids!.length / rows,
    'embedding tokens': golden.batch.emb_ids!.length / rows,
  };

  const parts = forwardParts(m);
  const lossParts = losses(m);
  const { outputs } = interpret(trace(name, { ...parts, ...lossParts }), given, sizes);
  for (const part of Object.keys(parts)) {
    test(`${name}: ${part}`, () => assertClose(outputs[part]!, golden.forward[part]!, tolerance, part));
  }
  for (const what of Object.keys(lossParts)) {
    const [stage, part] = what.split(' ') as ['stage1', string];
    test(`${name}: loss ${what}`, () =>
      assertClose(outputs[what]!, golden.losses[stage][`loss/${part}`]!, tolerance, what));
  }
}

test.run();
