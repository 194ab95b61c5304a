/** MM-GEM (arXiv 2405.19333), equations 1 to 7, put together from its parts. Embeddings are not normalised here. */
import {
  concat,
  constant,
  type Dim,
  dim,
  expand,
  gather,
  mean,
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
import type { Captions, Embeddings } from './losses.ts';
import type { ModelGraph } from './model.ts';
import { type Boxes, meanPool, type RegionFeature, regionTokens } from './pool.ts';
import { h1, h2, h3, h4 } from './projections.ts';
import { featureMap, type Images, type VisionTokens } from './vit.ts';

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
  return embedRegionFeature(m, boxFeature(m, features, boxes));
}

/** The mean over the bins of V_R, [R, C]. */
function boxFeature(m: ModelGraph, features: VisionTokens, boxes: Boxes): RegionFeature {
  return mean(regionTokens(m.dims, features, boxes, m.config.roi_grid_retrieval), 'bin');
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

/** A batch of image–text pairs: the same texts with [EMB] and as captions. Of regions there is one an image, with the text's box. */
export interface TrainingBatch {
  readonly images: Images;
  readonly embeddingIds: TokenIds;
  readonly embeddingLengths: Lengths;
  readonly captionIds: TokenIds;
  readonly captionLengths: Lengths;
  readonly boxes: Boxes;
}

/** Embeddings that belong together, row by row. */
export interface EmbeddingPair {
  readonly v: Embeddings;
  readonly t: Embeddings;
}

/** Stage 1: whole images and their texts. */
export function pairEmbeddings(
  m: ModelGraph,
  { images, embeddingIds, embeddingLengths }: TrainingBatch,
): EmbeddingPair {
  return { v: embedImage(m, featureMap(m, images)), t: embedText(m, embeddingIds, embeddingLengths) };
}

/** Stage 1: captions of whole images. */
export function pairCaptions(m: ModelGraph, { images, captionIds, captionLengths }: TrainingBatch): Captions {
  const prefix = imagePrefix(m, embedImage(m, featureMap(m, images)));
  return { logits: captionLogits(m, prefix, captionIds), ids: captionIds, lengths: captionLengths };
}

/** Whole images and regions alike, by equation 5 for both: h1(mean over the bins of V_R), without h4; and their texts. */
export function boxEmbeddings(
  m: ModelGraph,
  { images, boxes, embeddingIds, embeddingLengths }: TrainingBatch,
): EmbeddingPair {
  const feature = boxFeature(m, featureMap(m, images), boxes);
  return { v: rename(h1(m, feature), 'R', 'B'), t: embedText(m, embeddingIds, embeddingLengths) };
}

/** Stage 2, retrieval: regions and their texts; h4 learns. */
export function regionEmbeddings(
  m: ModelGraph,
  { images, boxes, embeddingIds, embeddingLengths }: TrainingBatch,
): EmbeddingPair {
  const regions = rename(embedRegion(m, featureMap(m, images), boxes), 'R', 'B');
  return { v: regions, t: embedText(m, embeddingIds, embeddingLengths) };
}

/** Stage 2, captions: texts behind the region's prefix; h3 and the soft prompts learn. */
export function regionCaptions(m: ModelGraph, { images, boxes, captionIds, captionLengths }: TrainingBatch): Captions {
  const tokens = regionTokens(m.dims, featureMap(m, images), boxes, m.config.roi_grid);
  const prefix = asBatch(regionPrefix(m, tokens));
  return { logits: captionLogits(m, prefix, captionIds), ids: captionIds, lengths: captionLengths };
}
