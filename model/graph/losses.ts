/** The two losses: contrastive for embeddings, next-token for captions. Neither stores a score for every pair of a batch. */
import {
  add,
  constant,
  crossEntropyRows,
  type Dim,
  div,
  equal,
  exp,
  expand,
  indices,
  l2Normalize,
  less,
  mean,
  mul,
  type Operand,
  pad,
  rename,
  streamedLogSumExp,
  sub,
  sum,
  type Tensor,
  toFloat,
  where,
} from '../../dsl/index.ts';
import type { Logits, TokenIds } from './llm.ts';

export type Scalar = Tensor<readonly []>;
export type Embeddings<B extends string = 'B'> = Tensor<readonly [Dim<B>, Dim<'E'>]>;

/**
 * Equation 2: L_v2t and L_t2v of embeddings v, t [B, E] that need not be normalised; row i of one belongs to row i of the
 * other. L_Emb is their sum, without the half that CLIP's loss has. The scores [B, B] are streamed, never stored.
 */
export function infoNce(v: Embeddings, t: Embeddings, logitScale: Scalar): { v2t: Scalar; t2v: Scalar } {
  const images = mul(l2Normalize(v, 'E'), exp(logitScale));
  const texts = l2Normalize(t, 'E');
  const candidates = rename(texts, 'B', 'text') as Tensor;
  const ofPair: Tensor = sum(mul(images, texts), 'E');
  const loss = (totals: Tensor): Scalar => mean(sub(totals, ofPair), 'B') as unknown as Scalar;
  const ofTexts = streamedLogSumExp({
    left: images as Tensor,
    right: candidates,
    depth: 'E',
    row: 'B',
    column: 'text',
  });
  const ofImages = streamedLogSumExp({
    left: candidates,
    right: images as Tensor,
    depth: 'E',
    row: 'text',
    column: 'B',
  });
  return { v2t: loss(ofTexts), t2v: loss(rename(ofImages, 'text', 'B')) };
}

const ignored = -100;

/** Logits [B, T + 1, V] that predict ids[0 … T − 1] and then EOS; ids [B, T] are padded at the right, lengths [B] their true lengths. */
export interface Captions {
  readonly logits: Logits;
  readonly ids: TokenIds;
  readonly lengths: Tensor<readonly [Dim<'B'>]>;
}

/**
 * Equation 3: the mean over every real target token of the batch. Where the batch is a part of a larger one, `targets` says how many
 * there are in all.
 */
export function captionLoss({ logits, ids, lengths }: Captions, eos: number, targets?: Scalar): Scalar {
  const [batch, tokens] = logits.shape;
  const position = expand(indices(tokens), [batch, tokens]);
  const end = where(equal(position, lengths), constant(eos, 'i32'), constant(ignored, 'i32'));
  const target = where(less(position, lengths), pad(ids, 'T', { after: 1 }), end);
  const total = sum(crossEntropyRows(logits, target, ignored), 'B', 'T') as Scalar;
  return div(total, (targets ?? countTargets(lengths)) as Operand<readonly []>) as Scalar;
}

/** The targets of a batch: every text's tokens, and EOS. */
function countTargets(lengths: Tensor<readonly [Dim<'B'>]>): Scalar {
  return sum(toFloat(add(lengths, 1)), 'B') as Scalar;
}
