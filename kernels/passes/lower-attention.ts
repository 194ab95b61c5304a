/** Attention: q, k and v through views; grouped queries are a matter of which key/value head is read. */
import { divideExtents } from '../../dsl/extent.ts';
import type { AttentionAttributes } from '../../dsl/ops/attention.ts';
import { accumulator, apply, axis, whole } from '../../dsl/scalar.ts';
import type { Tensor } from '../../dsl/tensor.ts';
import type { AttentionKernel } from '../ir.ts';
import { anchorIndices } from './axes.ts';
import { epilogueWrites } from './epilogue.ts';
import type { Lowering } from './lower.ts';
import { Reading } from './reading.ts';

export function lowerAttention(lowering: Lowering): AttentionKernel {
  const { group, name, comment, storedIn } = lowering;
  const [q, k, v, keyLengths] = group.anchor.inputs as [Tensor, Tensor, Tensor, Tensor | undefined];
  const { causal, scale } = group.anchor.attributes as AttentionAttributes;
  const { batch, head, query, valueWidth } = anchorIndices(group.anchor).axes as Pick<
    AttentionKernel,
    'batch' | 'head' | 'query' | 'valueWidth'
  >;
  const [key, width] = [axis('key', k.shape[2]!.extent), axis('width', q.shape[3]!.extent)];
  const queriesPerGroup = divideExtents(q.shape[1]!.extent, k.shape[1]!.extent)!;
  const groupIndex = apply('quotient', head, whole(queriesPerGroup));
  const reading = new Reading(storedIn);
  return {
    kind: 'attention',
    name,
    comment,
    batch,
    head,
    query,
    key,
    width,
    valueWidth,
    q: reading.element(q, [batch, head, query, width]),
    k: reading.element(k, [batch, groupIndex, key, width]),
    v: reading.element(v, [batch, groupIndex, key, valueWidth]),
    scale,
    causal,
    ...(keyLengths && { keyLength: reading.element(keyLengths, [batch]) }),
    writes: epilogueWrites(lowering, accumulator),
  };
}
