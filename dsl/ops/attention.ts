/** Scaled dot-product attention. */
import type { Dim } from '../dim.ts';
import { divideExtents, equalExtents, evaluateExtent, type Sizes } from '../extent.ts';
import type { CombiningOperator, Values } from '../operator.ts';
import { makeTensor, shapeError, type Tensor } from '../tensor.ts';

export interface AttentionAttributes {
  readonly causal: boolean;
  readonly scale: number;
}

interface Lengths {
  readonly batch: number;
  readonly heads: number;
  readonly groups: number;
  readonly queries: number;
  readonly keys: number;
  readonly width: number;
  readonly valueWidth: number;
}

function lengthsOf(result: Tensor, sizes: Sizes): Lengths {
  const [q, k, v] = result.inputs.map((x) => x.shape.map((d) => evaluateExtent(d.extent, sizes))) as [
    number[],
    number[],
    number[],
  ];
  const [batch, heads, queries, width] = q as [number, number, number, number];
  return { batch, heads, groups: k[1]!, queries, keys: k[2]!, width, valueWidth: v[3]! };
}

function interpretAttention(result: Tensor, [q, k, v, keyLengths]: readonly Values[], sizes: Sizes): Values {
  const { causal, scale } = result.attributes as AttentionAttributes;
  const { batch, heads, groups, queries, keys, width, valueWidth } = lengthsOf(result, sizes);
  const out = new Float64Array(batch * heads * queries * valueWidth);
  for (let row = 0; row < batch * heads * queries; row++) {
    const [b, h, i] = [Math.floor(row / queries / heads), Math.floor(row / queries) % heads, row % queries];
    const group = b * groups + Math.floor((h * groups) / heads);
    const visible = Math.min(causal ? keys - queries + i + 1 : keys, keyLengths ? keyLengths[b]! : keys);
    const scores = Array.from({ length: Math.max(visible, 0) }, (_, j) => {
      let dot = 0;
      for (let d = 0; d < width; d++) dot += q![row * width + d]! * k![(group * keys + j) * width + d]!;
      return dot * scale;
    });
    const largest = Math.max(...scores);
    const weights = scores.map((score) => Math.exp(score - largest));
    const total = weights.reduce((a, w) => a + w, 0);
    for (let d = 0; d < valueWidth; d++) {
      const mixed = weights.reduce((a, w, j) => a + w * v![(group * keys + j) * valueWidth + d]!, 0);
      out[row * valueWidth + d] = total > 0 ? mixed / total : total;
    }
  }
  return out;
}

const attentionOperator: CombiningOperator = { kind: 'attention', name: 'attention', interpret: interpretAttention };

export interface AttentionOptions<B extends string> {
  /** Query i sees keys up to keys − queries + i. */
  readonly causal?: boolean;
  /** What scores are multiplied by; 1 / √width unless told. */
  readonly scale?: number;
  /** How many keys of each batch entry count. A query that sees none gives zeros. */
  readonly keyLengths?: Tensor<readonly [Dim<B>]>;
}

/**
 * softmax(scale · q kᵀ) v for q [B, H, T, K], k [B, G, S, K], v [B, G, S, V] → [B, H, T, V]. With fewer key/value heads G than
 * query heads H (grouped queries), head h uses h // (H / G).
 */
export function attention<
  B extends string,
  H extends string,
  T extends string,
  K extends string,
  G extends string,
  S extends string,
  V extends string,
>(
  q: Tensor<readonly [Dim<B>, Dim<H>, Dim<T>, Dim<K>]>,
  k: Tensor<readonly [Dim<NoInfer<B>>, Dim<G>, Dim<S>, Dim<NoInfer<K>>]>,
  v: Tensor<readonly [Dim<NoInfer<B>>, Dim<NoInfer<G>>, Dim<NoInfer<S>>, Dim<V>]>,
  options: AttentionOptions<NoInfer<B>> = {},
): Tensor<readonly [Dim<B>, Dim<H>, Dim<T>, Dim<V>]> {
  const same = (a: Dim, b: Dim): boolean => a.name === b.name && equalExtents(a.extent, b.extent);
  const problems: readonly (readonly [boolean, string])[] = [
    [q.shape.length !== 4 || k.shape.length !== 4 || v.shape.length !== 4, 'each needs [batch, heads, tokens, width]'],
    [!same(q.shape[0], k.shape[0]) || !same(k.shape[0], v.shape[0]), 'the batches differ'],
    [!same(q.shape[3], k.shape[3]), 'the widths of q and k differ'],
    [!same(k.shape[1], v.shape[1]) || !same(k.shape[2], v.shape[2]), 'k and v differ in heads or tokens'],
    [!divideExtents(q.shape[1].extent, k.shape[1].extent), 'the heads of q are no multiple of those of k'],
  ];
  const problem = problems.find(([wrong]) => wrong);
  if (problem) throw shapeError('attention', { q, k, v }, problem[1]);
  const width = evaluateExtent(q.shape[3].extent, {});
  const attributes: AttentionAttributes = {
    causal: options.causal ?? false,
    scale: options.scale ?? 1 / Math.sqrt(width),
  };
  const shape = [q.shape[0], q.shape[1], q.shape[2], v.shape[3]] as const;
  const inputs = [q, k, v, ...(options.keyLengths ? [options.keyLengths] : [])] as readonly Tensor[];
  return makeTensor(attentionOperator, inputs, attributes, shape, 'f32');
}
