/** The two losses: contrastive for embeddings, next-token for captions. */
import {
  constant,
  contract,
  crossEntropy,
  type Dim,
  equal,
  exp,
  expand,
  indices,
  l2Normalize,
  less,
  mul,
  pad,
  permute,
  rename,
  type Tensor,
  where,
} from '../../dsl/index.ts';
import type { Logits, TokenIds } from './llm.ts';

export type Scalar = Tensor<readonly []>;
type Embeddings<B extends string> = Tensor<readonly [Dim<B>, Dim<'E'>]>;

/**
 * Equation 2: L_v2t and L_t2v of embeddings v, t [B, E] that need not be normalised; row i of one belongs to row i of the
 * other. L_Emb is their sum, without the half that CLIP's loss has.
 */
export function infoNce(v: Embeddings<'B'>, t: Embeddings<'B'>, logitScale: Scalar): { v2t: Scalar; t2v: Scalar } {
  const texts = rename(l2Normalize(t, 'E'), 'B', 'text');
  const similarity = mul(contract(l2Normalize(v, 'E'), texts, 'E'), exp(logitScale));
  const [images, candidates] = similarity.shape;
  return {
    v2t: crossEntropy(similarity, indices(images)),
    t2v: crossEntropy(permute(similarity, ['text', 'B']), indices(candidates)),
  };
}

const ignored = -100;

/**
 * Equation 3: the mean over every real target token of the batch. logits [B, T + 1, V] predict ids[0 … T − 1] and then EOS;
 * ids [B, T] are padded at the right, lengths [B] their true lengths.
 */
export function captionLoss(logits: Logits, ids: TokenIds, lengths: Tensor<readonly [Dim<'B'>]>, eos: number): Scalar {
  const [batch, tokens] = logits.shape;
  const position = expand(indices(tokens), [batch, tokens]);
  const end = where(equal(position, lengths), constant(eos, 'i32'), constant(ignored, 'i32'));
  const targets = where(less(position, lengths), pad(ids, 'T', { after: 1 }), end);
  return crossEntropy(logits, targets, ignored);
}
