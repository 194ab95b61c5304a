/** Scaled dot-product attention. */
import { type Dim, dim, type Shape } from '../dim.ts';
import { divideExtents, equalExtents, evaluateExtent, fixedExtent, type Sizes } from '../extent.ts';
import type { CombiningOperator, Values } from '../operator.ts';
import { makeTensor, shapeError, type Tensor } from '../tensor.ts';
import { mul } from './elementwise.ts';
import { merge, renameAll, split } from './movement.ts';
import { sum } from './reduce.ts';
import { streamedLogSumExp, streamedSum } from './stream.ts';

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

/**
 * Gradients without a queries × keys matrix (Dao et al. 2022, FlashAttention, algorithm 4): the probabilities are made again from the scores
 * and each row's logSumExp.
 */
function attentionDerivative(gradient: Tensor, result: Tensor): readonly (Tensor | undefined)[] {
  const [q, k, v, keyLengths] = result.inputs as [Tensor, Tensor, Tensor, Tensor | undefined];
  const { causal, scale } = result.attributes as AttentionAttributes;
  const group = dim('group', k.shape[1]!.extent);
  const member = dim('member', divideExtents(q.shape[1]!.extent, k.shape[1]!.extent)!);
  const perQuery = (x: Tensor, width: string): Tensor =>
    split(renameAll(x, ['batch', 'head', 'query', width]), 'head', [group, member]);
  const perKey = (x: Tensor, width: string): Tensor => renameAll(x, ['batch', 'group', 'key', width]);
  const [queries, keys, values] = [perQuery(q, 'width'), perKey(k, 'width'), perKey(v, 'valueWidth')];
  const [gradients, outputs] = [perQuery(gradient, 'valueWidth'), perQuery(result, 'valueWidth')];
  const lengths = keyLengths && { keyLengths: renameAll(keyLengths, ['batch']) };
  const byQuery = { scale, causal, keys: 'column', row: 'query', column: 'key', ...lengths } as const;
  const byKey = { scale, causal, keys: 'row', row: 'key', column: 'query', members: ['member'], ...lengths } as const;
  const scores = { left: queries, right: keys, depth: 'width' };
  const slopes = { left: gradients, right: values, depth: 'valueWidth' };
  const exchanged = ({ left, right, depth }: typeof scores) => ({ left: right, right: left, depth });
  const total = streamedLogSumExp({ ...scores, ...byQuery });
  const delta: Tensor = sum(mul(gradients, outputs), 'valueWidth');
  const ofScores = { weight: 'scoreGradient', scalars: [total, delta], width: 'width' } as const;
  const ofQueries = streamedSum({ ...ofScores, ...byQuery, scores: [scores, slopes], value: keys });
  const ofKeys = streamedSum({
    ...ofScores,
    ...byKey,
    scores: [exchanged(scores), exchanged(slopes)],
    value: queries,
  });
  const ofValues = streamedSum({
    weight: 'probability',
    scalars: [total],
    ...byKey,
    scores: [exchanged(scores)],
    value: gradients,
    width: 'valueWidth',
  });
  const joined = merge(ofQueries, ['group', 'member'], 'head') as Tensor;
  return [joined, ofKeys, ofValues, undefined].map(
    (slope, i) =>
      slope &&
      renameAll(
        slope,
        result.inputs[i]!.shape.map(({ name }) => name),
      ),
  );
}

const attentionOperator: CombiningOperator = {
  kind: 'attention',
  name: 'attention',
  interpret: interpretAttention,
  derivative: attentionDerivative,
};

const same = (a: Dim | undefined, b: Dim | undefined): boolean =>
  a !== undefined && b !== undefined && a.name === b.name && equalExtents(a.extent, b.extent);

type Operands = { readonly q: Tensor; readonly k: Tensor; readonly v: Tensor };

/** Each problem is looked for only when those before it are not there. */
const problems: readonly (readonly [(q: Shape, k: Shape, v: Shape) => boolean, string])[] = [
  [(q, k, v) => [q, k, v].some((shape) => shape.length !== 4), 'each needs [batch, heads, tokens, width]'],
  [(q, k, v) => !same(q[0], k[0]) || !same(k[0], v[0]), 'the batches differ'],
  [(q, k) => !same(q[3], k[3]), 'the widths of q and k differ'],
  [(_, k, v) => !same(k[1], v[1]) || !same(k[2], v[2]), 'k and v differ in heads or tokens'],
  [(q, k) => !divideExtents(q[1]!.extent, k[1]!.extent), 'the heads of q are no multiple of those of k'],
];

function checkAttention({ q, k, v }: Operands, keyLengths: Tensor | undefined): void {
  const problem = problems.find(([wrong]) => wrong(q.shape, k.shape, v.shape));
  if (problem) throw shapeError('attention', { q, k, v }, problem[1]);
  if (!keyLengths) return;
  const fits = keyLengths.type === 'i32' && keyLengths.shape.length === 1 && same(keyLengths.shape[0], q.shape[0]);
  if (!fits) throw shapeError('attention', { q, keyLengths }, 'key lengths are one i32 for each batch entry');
}

function widthOf(operands: Operands): number {
  const width = fixedExtent(operands.q.shape[3]!.extent);
  if (width === undefined) throw shapeError('attention', operands, 'the width is not fixed; give the scale');
  return width;
}

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
  checkAttention({ q, k, v }, options.keyLengths);
  const scale = options.scale ?? 1 / Math.sqrt(widthOf({ q, k, v }));
  const attributes: AttentionAttributes = { causal: options.causal ?? false, scale };
  const shape = [q.shape[0], q.shape[1], q.shape[2], v.shape[3]] as const;
  const inputs = [q, k, v, ...(options.keyLengths ? [options.keyLengths] : [])] as readonly Tensor[];
  return makeTensor(attentionOperator, inputs, attributes, shape, 'f32');
}
