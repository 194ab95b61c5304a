/** MM-GEM (arXiv 2405.19333), equations 1 to 7, put together from its parts. Embeddings are not normalised here. */
import {
  add,
  concat,
  constant,
  type Dim,
  dim,
  expand,
  gather,
  mean,
  type Operand,
  rename,
  slice,
  sub,
  subtractExtents,
  type Tensor,
} from '../../dsl/index.ts';
import {
  embedTokens,
  finalNorm,
  type HiddenStates,
  type Logits,
  llm,
  llmLayers,
  logits,
  type TokenIds,
  wholeSequence,
} from './llm.ts';
import { captionLoss, infoNce, type Scalar } from './losses.ts';
import type { ModelGraph } from './model.ts';
import { type Boxes, meanPool, type RegionFeature, regionTokens } from './pool.ts';
import { h1, h2, h3, h4 } from './projections.ts';
import { featureMap, type Images, type VisionTokens } from './vit.ts';

export type Embeddings<B extends string = 'B'> = Tensor<readonly [Dim<B>, Dim<'E'>]>;
export type Lengths = Tensor<readonly [Dim<'B'>]>;

/** Equations 1 and 5: V_Emb = h1(MeanPool(V)). */
export function embedImage(m: ModelGraph, features: VisionTokens): Embeddings {
  return h1(m, meanPool(features));
}

/**
 * Equations 1 and 5: W_Emb = h2(hidden state at [EMB]). ids [B, T] hold BOS, text, [EMB], then padding; lengths [B] count up to and
 * with [EMB]. The mask is causal, so that what stands behind [EMB] changes nothing.
 */
export function embedText(m: ModelGraph, ids: TokenIds, lengths: Lengths): Embeddings {
  const layers = llmLayers(m, embedTokens(m, ids), wholeSequence(ids.shape[1]));
  return h2(m, finalNorm(m, gather(layers, sub(lengths, 1), 'T')));
}

/** Equation 7: h4(h1(mean over the bins of V_R)), [R, E]. */
export function embedRegion(m: ModelGraph, features: VisionTokens, boxes: Boxes): Embeddings<'R'> {
  const tokens = regionTokens(m.dims, features, boxes, m.config.roi_grid_retrieval);
  return embedRegionFeature(m, mean(tokens, 'bin'));
}

/** Equation 7 for a feature that was pooled in another way, under a mask for instance. */
export function embedRegionFeature(m: ModelGraph, feature: RegionFeature): Embeddings<'R'> {
  return h4(m, h1(m, feature));
}

/** Stage 1: [V_in, [CAP]], or [[CAP], V_in] if the configuration says so; V_in = h3(V_Emb). [B, 2, D]. */
export function imagePrefix(m: ModelGraph, embedding: Embeddings): HiddenStates {
  const { D } = m.dims;
  const one = dim('T', 1);
  const [batch] = embedding.shape;
  const vIn = expand(h3(m, embedding), [batch, one, D]);
  const cap = embedTokens(m, expand(constant(m.config.tokens.cap, 'i32'), [batch, one]));
  return concat(m.config.cap_first ? [cap, vIn] : [vIn, cap], 'T');
}

/** Stage 2: [h3(h1(token)) for every token of the region, soft prompts]. tokens [R, bin, C] → [R, bin + prompts, D]. */
export function regionPrefix(
  m: ModelGraph,
  tokens: Tensor<readonly [Dim<'R'>, Dim<'bin'>, Dim<'C'>]>,
): Tensor<readonly [Dim<'R'>, Dim<'T'>, Dim<'D'>]> {
  const { D } = m.dims;
  const vIn = rename(h3(m, h1(m, tokens)), 'bin', 'T');
  const prompts = dim('T', m.config.soft_prompts);
  const soft = expand(m.vector('soft_prompts', [prompts, D]), [tokens.shape[0], prompts, D]);
  return concat([vIn, soft], 'T');
}

/** A prefix of each region before a text of each region: the regions become the batch. */
export function asBatch(prefix: Tensor<readonly [Dim<'R'>, Dim<'T'>, Dim<'D'>]>): HiddenStates {
  return rename(prefix, 'R', 'B');
}

/** prefix [B, P, D] before ids [B, T] → logits [B, T + 1, V] that predict ids[0 … T − 1] and then what follows. */
export function captionLogits(m: ModelGraph, prefix: HiddenStates, ids: TokenIds): Logits {
  const hidden = llm(m, concat([prefix, embedTokens(m, ids)], 'T'));
  return logits(m, slice(hidden, 'T', { start: subtractExtents(prefix.shape[1].extent, 1) }));
}

/** A batch of image–text pairs: the same texts with [EMB] and as captions. */
export interface Stage1Batch {
  readonly images: Images;
  readonly embeddingIds: TokenIds;
  readonly embeddingLengths: Lengths;
  readonly captionIds: TokenIds;
  readonly captionLengths: Lengths;
}

export interface Stage1Losses {
  readonly v2t: Scalar;
  readonly t2v: Scalar;
  readonly emb: Scalar;
  readonly gen: Scalar;
  readonly total: Scalar;
}

const sumOf = (a: Scalar, b: Scalar): Scalar => add(a, b as Operand<readonly []>);
const logitScale = (m: ModelGraph): Scalar => m.vector('logit_scale', []);

/** Equation 4: L = L_Emb + L_Gen, unweighted. */
export function stage1Losses(m: ModelGraph, batch: Stage1Batch): Stage1Losses {
  const v = embedImage(m, featureMap(m, batch.images));
  const t = embedText(m, batch.embeddingIds, batch.embeddingLengths);
  const { v2t, t2v } = infoNce(v, t, logitScale(m));
  const predicted = captionLogits(m, imagePrefix(m, v), batch.captionIds);
  const gen = captionLoss(predicted, batch.captionIds, batch.captionLengths, m.config.tokens.eos);
  const emb = sumOf(v2t, t2v);
  return { v2t, t2v, emb, gen, total: sumOf(emb, gen) };
}

/** Regions with their texts, as many of one as of the other: the boxes' dimension R has the extent of B. */
export interface RegionBatch {
  readonly images: Images;
  readonly boxes: Boxes;
  readonly ids: TokenIds;
  readonly lengths: Lengths;
}

/** Stage 2, captions: L_Gen behind the region's prefix; h3 and the soft prompts learn. */
export function stage2CaptionLoss(m: ModelGraph, { images, boxes, ids, lengths }: RegionBatch): Scalar {
  const tokens = regionTokens(m.dims, featureMap(m, images), boxes, m.config.roi_grid);
  return captionLoss(captionLogits(m, asBatch(regionPrefix(m, tokens)), ids), ids, lengths, m.config.tokens.eos);
}

/** Stage 2, retrieval: L_Emb of regions and their texts; h4 learns. */
export function stage2RetrievalLoss(m: ModelGraph, { images, boxes, ids, lengths }: RegionBatch): Scalar {
  const regions = rename(embedRegion(m, featureMap(m, images), boxes), 'R', 'B');
  const { v2t, t2v } = infoNce(regions, embedText(m, ids, lengths), logitScale(m));
  return sumOf(v2t, t2v);
}
