/** The PoolAggregator: from the feature map V [B, N, C] to vectors of the whole image, of boxes, of masks. */
import {
  add,
  type Dim,
  dim,
  div,
  gather,
  mean,
  merge,
  mul,
  type Operand,
  permute,
  roiAlign,
  split,
  sum,
  type Tensor,
} from '../../dsl/index.ts';
import type { Dims } from './model.ts';
import type { VisionTokens } from './vit.ts';

/** Image index, x1, y1, x2, y2 in fractions of the model's input. */
export type Boxes = Tensor<readonly [Dim<'R'>, Dim<'corner'>]>;
/** Weights of the patches, from 0 to 1. */
export type Masks = Tensor<readonly [Dim<'R'>, Dim<'N'>]>;
export type RegionTokens = Tensor<readonly [Dim<'R'>, Dim<'bin'>, Dim<'C'>]>;
export type RegionFeature = Tensor<readonly [Dim<'R'>, Dim<'C'>]>;

export const boxCorners = dim('corner', 5);

/** Stage 1: the mean of all patches, [B, C]. */
export function meanPool(features: VisionTokens): Tensor<readonly [Dim<'B'>, Dim<'C'>]> {
  return mean(features, 'N');
}

/**
 * Equation 6, V_R = RoIAlign(V, R): one token a bin, [R, bins · bins, C], the bins row by row. Aligned, with 2 × 2 samples
 * a bin.
 */
export function regionTokens({ grid }: Dims, features: VisionTokens, boxes: Boxes, bins: number): RegionTokens {
  const map = permute(split(features, 'N', [dim('Y', grid), dim('X', grid)]), ['B', 'C', 'Y', 'X']);
  const shape = { rows: dim('row', bins), columns: dim('column', bins), scale: grid, sampling: 2, aligned: true };
  const pooled = roiAlign(map, boxes, shape) as Tensor<readonly [Dim<'R'>, Dim<'C'>, Dim<'row'>, Dim<'column'>]>;
  return merge(permute(pooled, ['R', 'row', 'column', 'C']), ['row', 'column'], 'bin');
}

/** A region given as a mask: Σ(feature · mask) / (Σ mask + 1e-12), [R, C]. `images` [R] says which image each is of. */
export function maskPool(features: VisionTokens, masks: Masks, images: Tensor<readonly [Dim<'R'>]>): RegionFeature {
  const chosen = gather(features, images, 'B');
  const weighted = sum(mul(chosen, masks), 'N');
  return div(weighted, add(sum(masks, 'N'), 1e-12) as Operand<typeof weighted.shape>);
}
