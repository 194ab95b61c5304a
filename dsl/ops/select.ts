/** Picking indices: the largest, the k largest, or one drawn at random. Results are i32. */
import { type Dim, dim, type Shape } from '../dim.ts';
import { evaluateExtent, type Sizes } from '../extent.ts';
import type { CombiningOperator, Values } from '../operator.ts';
import { findDim, makeTensor, type Names, shapeError, type Tensor, type Without } from '../tensor.ts';
import { permute } from './movement.ts';

/** All of these work along the last dimension of the first input. */
export type SelectAttributes =
  | { readonly op: 'argmax' }
  | { readonly op: 'topK'; readonly count: number }
  | { readonly op: 'sample' };

/** Indices of a row by descending value; of equal ones the lower index first. NaN counts as the largest. */
function ranked(row: Values): number[] {
  const rank = (value: number): number => (Number.isNaN(value) ? Number.POSITIVE_INFINITY : value);
  return Array.from(row.keys()).sort((a, b) => rank(row[b]!) - rank(row[a]!) || a - b);
}

/** One index drawn from softmax(row / temperature) within the topK largest and the smallest set that reaches topP. */
export function sampleRow(row: Values, temperature: number, topK: number, topP: number, uniform: number): number {
  const order = ranked(row);
  if (temperature <= 0) return order[0]!;
  const kept = topK > 0 ? order.slice(0, topK) : order;
  const weights = kept.map((i) => Math.exp((row[i]! - row[order[0]!]!) / temperature));
  const total = weights.reduce((a, b) => a + b, 0);
  let reached = 0;
  const nucleus = kept.filter((_, i) => {
    const inside = i === 0 || reached < topP * total;
    if (inside) reached += weights[i]!;
    return inside;
  });
  const chosen = [...nucleus].sort((a, b) => a - b);
  const weightOf = new Map(kept.map((i, at) => [i, weights[at]!]));
  let left = uniform * reached;
  for (const i of chosen) {
    left -= weightOf.get(i)!;
    if (left < 0) return i;
  }
  return chosen.at(-1)!;
}

function interpretSelect(result: Tensor, [x, ...settings]: readonly Values[], sizes: Sizes): Values {
  const attributes = result.attributes as SelectAttributes;
  const length = evaluateExtent(result.inputs[0]!.shape.at(-1)!.extent, sizes);
  const rows = x!.length / length;
  const picked = Array.from({ length: rows }, (_, r) => {
    const row = x!.subarray(r * length, (r + 1) * length);
    if (attributes.op === 'topK') return ranked(row).slice(0, attributes.count);
    if (attributes.op === 'argmax') return [ranked(row)[0]!];
    const [temperature, topK, topP, uniform] = settings.map((values) => values[values.length === 1 ? 0 : r]!) as [
      number,
      number,
      number,
      number,
    ];
    return [sampleRow(row, temperature, topK, topP, uniform)];
  });
  return Float64Array.from(picked.flat());
}

function defineSelect(name: SelectAttributes['op']): CombiningOperator {
  return { kind: 'select', name, interpret: interpretSelect };
}

const selectOperators = { argmax: defineSelect('argmax'), topK: defineSelect('topK'), sample: defineSelect('sample') };

function lastly(x: Tensor, name: string): Tensor {
  const others = x.shape.filter((d) => d.name !== name).map((d) => d.name);
  return x.shape.at(-1)!.name === name ? x : permute(x, [...others, name]);
}

/** The index of the largest element along a dimension, the lowest of equal ones. */
export function argmax<S extends Shape, const N extends Names<S>>(x: Tensor<S>, along: N): Tensor<Without<S, N>> {
  findDim('argmax', 'x', x, along);
  const moved = lastly(x, along);
  return makeTensor(
    selectOperators.argmax,
    [moved],
    { op: 'argmax' },
    moved.shape.slice(0, -1),
    'i32',
  ) as unknown as Tensor<Without<S, N>>;
}

/** The indices of the `count` largest elements along a dimension, descending, along a last dimension `into`. */
export function topK<S extends Shape, const N extends Names<S>, const M extends string>(
  x: Tensor<S>,
  along: N,
  count: number,
  into: M,
): Tensor<readonly [...Without<S, N>, Dim<M>]> {
  findDim('topK', 'x', x, along);
  const moved = lastly(x, along);
  const shape = [...moved.shape.slice(0, -1), dim(into, count)];
  const attributes: SelectAttributes = { op: 'topK', count };
  return makeTensor(selectOperators.topK, [moved], attributes, shape, 'i32') as unknown as Tensor<
    readonly [...Without<S, N>, Dim<M>]
  >;
}

/** What a draw depends on, each one number or one a row. */
export interface SampleSettings<S extends Shape> {
  /** 0: the most likely. */
  readonly temperature: Tensor<S> | Tensor<readonly []>;
  /** Only the k most likely, i32; 0: all. */
  readonly topK: Tensor<S> | Tensor<readonly []>;
  /** Only the smallest set of most likely ones that reaches this probability; 1: all. */
  readonly topP: Tensor<S> | Tensor<readonly []>;
  /** In [0, 1): which one. */
  readonly uniform: Tensor<S> | Tensor<readonly []>;
}

/** One index a row, drawn from the softmax of logits [..., V] along the last dimension. */
export function sample<S extends Shape, N extends string>(
  logits: Tensor<readonly [...S, Dim<N>]>,
  settings: NoInfer<SampleSettings<readonly [...S]>>,
): Tensor<readonly [...S]> {
  const x = logits as Tensor;
  const { temperature, topK: k, topP, uniform } = settings;
  const inputs = [x, temperature as Tensor, k as Tensor, topP as Tensor, uniform as Tensor];
  const rows = x.shape.slice(0, -1);
  for (const setting of inputs.slice(1)) {
    const fits = setting.shape.length === 0 || setting.shape.every((d, i) => d.name === rows[i]?.name);
    if (!fits) throw shapeError('sample', { logits: x, setting }, 'a setting is one number or one a row');
  }
  return makeTensor(
    selectOperators.sample,
    inputs,
    { op: 'sample' } satisfies SelectAttributes,
    rows,
    'i32',
  ) as unknown as Tensor<readonly [...S]>;
}
