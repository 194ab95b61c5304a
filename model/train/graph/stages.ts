/** What is trained in each stage: a table of what the losses are taken of and of what learns. */
import { add, dim, exp, input, mul, neg, type Operand, symbol } from '../../../dsl/index.ts';
import { type Captions, captionLoss, infoNce, type Scalar } from '../../graph/losses.ts';
import {
  boxEmbeddings,
  type EmbeddingPair,
  pairCaptions,
  pairEmbeddings,
  regionCaptions,
  regionEmbeddings,
  type TrainingBatch,
} from '../../graph/mmgem.ts';
import type { ModelGraph } from '../../graph/model.ts';
import { boxCorners } from '../../graph/pool.ts';

/**
 * Stage 1; the two halves of it that the paper's ablation compares it with; stage 1 on regions, which the paper does not have: everything
 * learns from boxes and their texts, whole images among them; and stage 2 for captions and for retrieval.
 */
export type StageName =
  | 'stage1'
  | 'stage1-embedding'
  | 'stage1-caption'
  | 'stage1-regions'
  | 'stage2-caption'
  | 'stage2-retrieval';

export interface Stage {
  /** Whether a parameter of this name learns, if a loss depends on it. */
  learns(name: string): boolean;
  /** What the contrastive loss is taken of, … */
  readonly embeddings?: (m: ModelGraph, batch: TrainingBatch) => EmbeddingPair;
  /** … and what the caption loss is. */
  readonly captions?: (m: ModelGraph, batch: TrainingBatch) => Captions;
}

const learnsInStage1 = (name: string): boolean => !name.startsWith('h4.') && name !== 'soft_prompts';

export const stages: Readonly<Record<StageName, Stage>> = {
  stage1: { learns: learnsInStage1, embeddings: pairEmbeddings, captions: pairCaptions },
  'stage1-embedding': { learns: learnsInStage1, embeddings: pairEmbeddings },
  'stage1-caption': { learns: learnsInStage1, captions: pairCaptions },
  'stage1-regions': {
    learns: (name) => !name.startsWith('h4.'),
    embeddings: boxEmbeddings,
    captions: regionCaptions,
  },
  'stage2-caption': {
    learns: (name) => name.startsWith('h3.') || name === 'soft_prompts',
    captions: regionCaptions,
  },
  'stage2-retrieval': { learns: (name) => name.startsWith('h4.'), embeddings: regionEmbeddings },
};

/** Losses by name; `total` is what is minimised. Beside a contrastive one stands its `temperature`. */
export type Losses = { readonly total: Scalar } & Readonly<Record<string, Scalar>>;

/** What each loss counts for. */
export interface LossWeights {
  readonly emb: number;
  readonly gen: number;
}

/** The paper's. */
export const unweighted: LossWeights = { emb: 1, gen: 1 };

/** Equation 4: L = L_Emb + L_Gen, or the one that the stage has; unweighted unless told. The losses by name are those without weights. */
export function stageLosses(
  { embeddings, captions }: Stage,
  m: ModelGraph,
  batch: TrainingBatch,
  weights: LossWeights = unweighted,
): Losses {
  const contrastive = embeddings && contrastiveLosses(m, embeddings(m, batch));
  const gen = captions && captionLoss(captions(m, batch), m.config.tokens.eos);
  const parts = [contrastive && weighted(contrastive.emb, weights.emb), gen && weighted(gen, weights.gen)];
  const total = parts.filter((part) => part !== undefined).reduce(addition);
  return { ...contrastive, ...(gen && { gen }), total };
}

/** A loss times its weight; the loss itself where that is 1. */
export const weighted = (loss: Scalar, weight: number): Scalar => (weight === 1 ? loss : (mul(loss, weight) as Scalar));

/** L_Emb = L_v2t + L_t2v, and the temperature τ that they were taken with. */
export function contrastiveLosses(m: ModelGraph, { v, t }: EmbeddingPair) {
  const logitScale = m.vector('logit_scale', []);
  const { v2t, t2v } = infoNce(v, t, logitScale);
  return { v2t, t2v, emb: addition(v2t, t2v), temperature: exp(neg(logitScale)) };
}

const addition = (a: Scalar, b: Scalar): Scalar => add(a, b as Operand<readonly []>);

/** The inputs of a training program. Captions are of another length than texts with [EMB]; boxes as many as images. */
export function batchInputs({ dims: { B, T, image } }: ModelGraph): TrainingBatch {
  return {
    images: input('images', [B, ...image]),
    embeddingIds: input('embeddingIds', [B, T], 'i32'),
    embeddingLengths: input('embeddingLengths', [B], 'i32'),
    captionIds: input('captionIds', [B, dim('T', symbol('captionTokens'))], 'i32'),
    captionLengths: input('captionLengths', [B], 'i32'),
    boxes: input('boxes', [dim('R', B.extent), boxCorners]),
  };
}
