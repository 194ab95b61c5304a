/** What is trained in each stage: a table of losses and of what learns. */
import { type Dim, dim, input, symbol, type Tensor } from '../../../dsl/index.ts';
import {
  type RegionBatch,
  type Stage1Batch,
  stage1Losses,
  stage2CaptionLoss,
  stage2RetrievalLoss,
} from '../../graph/mmgem.ts';
import type { ModelGraph } from '../../graph/model.ts';
import { boxCorners } from '../../graph/pool.ts';

export type StageName = 'stage1' | 'stage1-embedding' | 'stage1-caption' | 'stage2-caption' | 'stage2-retrieval';

type Scalar = Tensor<readonly []>;

/** Losses by name; `total` is what is minimised. */
export type Losses = { readonly total: Scalar } & Readonly<Record<string, Scalar>>;

export interface Stage {
  /** Whether a parameter of this name learns, if the loss depends on it. */
  learns(name: string): boolean;
  losses(m: ModelGraph): Losses;
}

/** Inputs of a batch of image–text pairs; captions are of another length than texts with [EMB]. */
function pairs({ dims: { B, T, image } }: ModelGraph): Stage1Batch {
  return {
    images: input('images', [B, ...image]),
    embeddingIds: input('embeddingIds', [B, T], 'i32'),
    embeddingLengths: input('embeddingLengths', [B], 'i32'),
    captionIds: input('captionIds', [B, dim('T', symbol('captionTokens'))], 'i32'),
    captionLengths: input('captionLengths', [B], 'i32'),
  };
}

/** Inputs of a batch of regions: as many texts as boxes, of images that may have several. */
function regions({ dims: { B, T, image } }: ModelGraph): RegionBatch {
  const pictures = dim('B', symbol('pictures')) as Dim<'B'>;
  return {
    images: input('images', [pictures, ...image]),
    boxes: input('boxes', [dim('R', B.extent), boxCorners]),
    ids: input('ids', [B, T], 'i32'),
    lengths: input('lengths', [B], 'i32'),
  };
}

const isOfStage1 = (name: string): boolean => !name.startsWith('h4.') && name !== 'soft_prompts';

function stage1(choose: (losses: ReturnType<typeof stage1Losses>) => Losses): Stage {
  return { learns: isOfStage1, losses: (m) => choose(stage1Losses(m, pairs(m))) };
}

/** Stage 1, and the two halves of it that the paper's ablation compares it with; stage 2 for captions and for retrieval. */
export const stages: Readonly<Record<StageName, Stage>> = {
  stage1: stage1(({ v2t, t2v, emb, gen, total }) => ({ v2t, t2v, emb, gen, total })),
  'stage1-embedding': stage1(({ v2t, t2v, emb }) => ({ v2t, t2v, total: emb })),
  'stage1-caption': stage1(({ gen }) => ({ total: gen })),
  'stage2-caption': {
    learns: (name) => name.startsWith('h3.') || name === 'soft_prompts',
    losses: (m) => ({ total: stage2CaptionLoss(m, regions(m)) }),
  },
  'stage2-retrieval': {
    learns: (name) => name.startsWith('h4.'),
    losses: (m) => ({ total: stage2RetrievalLoss(m, regions(m)) }),
  },
};
