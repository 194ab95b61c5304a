/** Graphs of streams as derivatives and losses make them, in every form and layout: attention's gradients, contrastive losses. */
import * as dsl from '../../dsl/index.ts';
import { streamedLogSumExp, streamedSum } from '../../dsl/ops/stream.ts';

type Lengths<N extends string> = Readonly<Record<N, number>>;

/**
 * Batch; heads of keys, and of queries for each of them (G, M); queries and keys (T, S); widths of queries and keys, and of values
 * (K, V).
 */
export type AttentionLengths = Lengths<'B' | 'G' | 'M' | 'T' | 'S' | 'K' | 'V'>;

/** Images, texts, and the width of their embeddings. */
export type ContrastiveLengths = Lengths<'I' | 'J' | 'E'>;

export interface StreamForm {
  /** How operands lie: heads within a token, tokens within a head, or tokens innermost. */
  readonly order: 'tokens' | 'heads' | 'transposed';
  readonly causal: boolean;
  readonly lengths: boolean;
}

export const streamForms: readonly StreamForm[] = [
  { order: 'tokens', causal: false, lengths: false },
  { order: 'heads', causal: true, lengths: false },
  { order: 'transposed', causal: false, lengths: true },
  { order: 'tokens', causal: true, lengths: true },
];

/** Dimensions by name; those named in `symbols` have no size yet. */
function dimensions<N extends string>(lengths: Lengths<N>, symbols: string): Readonly<Record<N, dsl.Dim>> {
  const entries = Object.entries<number>(lengths).map(([name, length]) => [
    name,
    symbols.includes(name) ? dsl.dim(name) : dsl.dim(name, length),
  ]);
  return Object.fromEntries(entries) as Record<N, dsl.Dim>;
}

const input = (name: string, ...shape: readonly dsl.Dim[]): dsl.Tensor => dsl.input(name, shape);

/** A view of [batch, heads…, tokens, width] of an input that lies in the given order. */
function operand(
  name: string,
  order: StreamForm['order'],
  heads: readonly dsl.Dim[],
  batch: dsl.Dim,
  tokens: dsl.Dim,
  width: dsl.Dim,
): dsl.Tensor {
  const names = [batch, ...heads, tokens, width].map((d) => d.name);
  if (order === 'heads') return input(name, batch, ...heads, tokens, width);
  if (order === 'transposed') return dsl.permute(input(name, batch, ...heads, width, tokens), names);
  const merged = dsl.dim('merged', dsl.productOfExtents([...heads, width].map(({ extent }) => extent)));
  const split: dsl.Tensor = dsl.split(input(name, batch, tokens, merged), 'merged', [...heads, width]);
  return dsl.permute(split, names);
}

/**
 * What attention needs for its gradients, as outputs: the rows' logSumExp, and the gradients of q, k and v, whose heads share keys. A
 * residual is added to the gradient of q. Dimensions named in `symbols` have no fixed size.
 */
export function attentionStreams(lengths: AttentionLengths, form: StreamForm, symbols: string): dsl.Graph {
  const { B, G, M, T, S, K, V } = dimensions(lengths, symbols);
  const { order, causal } = form;
  const q = operand('q', order, [G, M], B, T, K);
  const k = operand('k', order, [G], B, S, K);
  const v = operand('v', order, [G], B, S, V);
  const gradient = operand('gradient', order, [G, M], B, T, V);
  const [logSumExp, delta] = [input('logSumExp', B, G, M, T), input('delta', B, G, M, T)];
  const options = {
    scale: 1 / Math.sqrt(lengths.K),
    causal,
    ...(form.lengths && { keyLengths: dsl.input('keyLengths', [B], 'i32') }),
  };
  const ofQueries = { ...options, row: 'T', column: 'S', keys: 'column' } as const;
  const ofKeys = { ...options, row: 'S', column: 'T', keys: 'row', members: ['M'] } as const;
  const qGradient = streamedSum({
    ...ofQueries,
    weight: 'scoreGradient',
    scores: [
      { left: q, right: k, depth: 'K' },
      { left: gradient, right: v, depth: 'V' },
    ],
    scalars: [logSumExp, delta],
    value: k,
    width: 'K',
  });
  const kGradient = streamedSum({
    ...ofKeys,
    weight: 'scoreGradient',
    scores: [
      { left: k, right: q, depth: 'K' },
      { left: v, right: gradient, depth: 'V' },
    ],
    scalars: [logSumExp, delta],
    value: q,
    width: 'K',
  });
  const vGradient = streamedSum({
    ...ofKeys,
    weight: 'probability',
    scores: [{ left: k, right: q, depth: 'K' }],
    scalars: [logSumExp],
    value: gradient,
    width: 'V',
  });
  return dsl.trace('attentionStreams', {
    logSumExps: streamedLogSumExp({ ...ofQueries, left: q, right: k, depth: 'K' }),
    qGradient: dsl.add(qGradient, q),
    kGradient,
    vGradient,
  });
}

/**
 * The two halves of a contrastive loss, one doubled, and their gradients, weighed by numbers along rows and along columns. No batch;
 * images are stored in 16 bits.
 */
export function contrastiveStreams(lengths: ContrastiveLengths, symbols: string): dsl.Graph {
  const { I, J, E } = dimensions(lengths, symbols);
  const images = dsl.input('images', [I, E], 'bf16') as dsl.Tensor;
  const texts = input('texts', J, E);
  const [logSumExp, factor] = [input('logSumExp', I), input('factor', I)];
  const byImage = { left: images, right: texts, depth: 'E' };
  const byText = { left: texts, right: images, depth: 'E' };
  const scale = 3 / Math.sqrt(lengths.E);
  const [imageRows, textRows] = [
    { row: 'I', column: 'J', scale },
    { row: 'J', column: 'I', scale },
  ];
  return dsl.trace('contrastiveStreams', {
    rows: dsl.mul(streamedLogSumExp({ ...byImage, ...imageRows }), 2),
    columns: streamedLogSumExp({ ...byText, ...textRows }),
    imageGradient: streamedSum({
      ...imageRows,
      weight: 'probability',
      scores: [byImage],
      scalars: [logSumExp],
      value: texts,
      width: 'E',
    }),
    textGradient: streamedSum({
      ...textRows,
      weight: 'scaledProbability',
      scores: [byText],
      scalars: [logSumExp, factor],
      value: images,
      width: 'E',
    }),
  });
}

/** A form in words. */
export const formName = ({ order, causal, lengths }: StreamForm): string =>
  [order, ...(causal ? ['causal'] : []), ...(lengths ? ['key lengths'] : [])].join(', ');
