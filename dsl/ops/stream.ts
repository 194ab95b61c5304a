/**
 * Streams: sums over columns whose weights are functions of products, row × column, that are never stored. The gradients of
 * attention (Dao et al. 2022, FlashAttention, algorithm 4) and contrastive losses of large batches are of this form:
 *
 *   scoreᵢ(row, column) = Σ_depth leftᵢ(row, depth) · rightᵢ(column, depth)
 *   out(row, width)     = Σ_column weight(scores, scalars) · value(column, width)      or      ln Σ_column exp(weight)
 *
 * Dimensions go together by name, as in `contract`. Derivatives and losses call these; models rarely do.
 */
import { type Dim, formatDim } from '../dim.ts';
import { evaluator } from '../evaluate.ts';
import { equalExtents, evaluateExtent, type Sizes } from '../extent.ts';
import type { CombiningOperator, Values } from '../operator.ts';
import { axis, read, reductionValue, type Scalar } from '../scalar.ts';
import { findDim, makeTensor, shapeError, type Tensor } from '../tensor.ts';
import { mul } from './elementwise.ts';
import { joinIndices } from './movement.ts';
import { stridesOf } from './reduce.ts';
import {
  type StreamAttributes,
  streamInputs,
  streamRoles,
  streamWeight,
  type Visibility,
  visibleColumns,
  type WeightForm,
} from './streamForm.ts';
import { sumTo } from './sumTo.ts';

/** An operand in memory: where an element lies, as a sum of strides by dimension name. */
interface Strided {
  readonly values: Values;
  /** 0 for a dimension that the operand lacks. */
  stride(name: string): number;
}

function strided(x: Tensor, values: Values, sizes: Sizes): Strided {
  const strides = stridesOf(x.shape.map(({ extent }) => evaluateExtent(extent, sizes)));
  const byName = new Map(x.shape.map(({ name }, i) => [name, strides[i]!]));
  return { values, stride: (name) => byName.get(name) ?? 0 };
}

function interpretStream(result: Tensor, inputs: readonly Values[], sizes: Sizes): Values {
  const { reduce } = result.attributes as StreamAttributes;
  const { batch, row, members, column, width } = streamRoles(result);
  const { scores, value, keyLengths } = streamInputs(result);
  const position = new Map<string, number>();
  const results = new Map<string, number>();
  const lengthOf = (d: Dim): number => evaluateExtent(d.extent, sizes);
  const operand = (x: Tensor): Strided => strided(x, inputs[result.inputs.indexOf(x)]!, sizes);
  /** The offset of an operand's element at the place where the loops over batch, row and members are. */
  const outer = [...batch, row, ...members].map(({ name }) => name);
  const baseOf = ({ stride }: Strided): number =>
    outer.reduce((sum, name) => sum + (position.get(name) ?? 0) * stride(name), 0);

  const axes = new Map([...batch, row, ...members, column].map((d) => [d.name, axis(d.name, d.extent)]));
  const buffers = new Map(inputs.map((values, i) => [`${i}`, values]));
  const evaluate = (x: Scalar): (() => number) => evaluator(x, { sizes, axes: position, buffers, results });
  const element = (x: Tensor): Scalar => {
    const indices = x.shape.map(({ name }) => axes.get(name)!);
    return read(`${result.inputs.indexOf(x)}`, joinIndices(indices, x.shape), x.type);
  };
  const weigh = evaluate(streamWeight(result, element));
  const bounds = visibleColumns(result, axes.get(row.name)!, keyLengths && element(keyLengths));
  const [first, end] = [evaluate(bounds.first), evaluate(bounds.end)];

  const products = scores.map(({ left, right, depth }, i) => ({
    left: operand(left),
    right: operand(right),
    depth: depth.name,
    length: lengthOf(depth),
    key: reductionValue(i).key,
  }));
  const values = value && operand(value);
  const widths = width ? lengthOf(width) : 1;
  const out: number[] = [];
  forEachPosition([...batch, row], position, lengthOf, () => {
    const sums = new Float64Array(widths);
    const weights: number[] = [];
    forEachPosition(members, position, lengthOf, () => {
      const lefts = products.map(({ left }) => baseOf(left));
      const rights = products.map(({ right }) => baseOf(right));
      const from = values ? baseOf(values) : 0;
      for (let c = first(); c < end(); c++) {
        position.set(column.name, c);
        products.forEach(({ left, right, depth, length, key }, i) => {
          const [a, b] = [lefts[i]!, rights[i]! + c * right.stride(column.name)];
          const [stepA, stepB] = [left.stride(depth), right.stride(depth)];
          let score = 0;
          for (let k = 0; k < length; k++) score += left.values[a + k * stepA]! * right.values[b + k * stepB]!;
          results.set(key, score);
        });
        const weight = weigh();
        weights.push(weight);
        if (!values) continue;
        const [at, step] = [from + c * values.stride(column.name), values.stride(width!.name)];
        for (let w = 0; w < widths; w++) sums[w]! += weight * values.values[at + w * step]!;
      }
    });
    if (reduce === 'sum') out.push(...sums);
    else out.push(logSumExpOf(weights));
  });
  return Float64Array.from(out);
}

/** Calls `body` at every position of the dimensions, which stand in `position` by name. */
function forEachPosition(
  dims: readonly Dim[],
  position: Map<string, number>,
  lengthOf: (d: Dim) => number,
  body: () => void,
): void {
  const [outer, ...rest] = dims;
  if (!outer) return body();
  for (let i = 0; i < lengthOf(outer); i++) {
    position.set(outer.name, i);
    forEachPosition(rest, position, lengthOf, body);
  }
}

/** ln Σ exp, of nothing −∞. */
function logSumExpOf(values: readonly number[]): number {
  if (values.length === 0) return Number.NEGATIVE_INFINITY;
  const largest = values.reduce((a, b) => Math.max(a, b));
  return largest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0));
}

const sumOperator: CombiningOperator = {
  kind: 'stream',
  name: 'streamedSum',
  interpret: interpretStream,
  differentiable: false,
};

const logSumExpOperator: CombiningOperator = {
  kind: 'stream',
  name: 'streamedLogSumExp',
  interpret: interpretStream,
  derivative: (gradient, result) => {
    const { scale, row, column, causal, keys } = result.attributes as StreamAttributes;
    const { scores, keyLengths } = streamInputs(result);
    const { left, right, depth } = scores[0]!;
    const scaledGradient = mul(gradient, scale);
    const ofLeft = streamedSum({
      weight: 'probability',
      scale,
      scores: [{ left, right, depth: depth.name }],
      scalars: [result],
      value: right,
      width: depth.name,
      row,
      column,
      causal,
      keys,
      ...(keyLengths && { keyLengths }),
    });
    const ofRight = streamedSum({
      weight: 'scaledProbability',
      scale,
      scores: [{ left: right, right: left, depth: depth.name }],
      scalars: [result, scaledGradient],
      value: left,
      width: depth.name,
      row: column,
      column: row,
      members: left.shape
        .map(({ name }) => name)
        .filter((name) => name !== row && !right.shape.some((d) => d.name === name)),
      causal,
      keys: keys === 'row' ? 'column' : 'row',
      ...(keyLengths && { keyLengths }),
    });
    return [sumTo(mul(ofLeft, scaledGradient), left.shape), sumTo(ofRight, right.shape)];
  },
};

interface StreamOptions extends Partial<Visibility> {
  readonly scale?: number;
  readonly row: string;
  readonly column: string;
  readonly members?: readonly string[];
  readonly keyLengths?: Tensor;
}

type Score = { readonly left: Tensor; readonly right: Tensor; readonly depth: string };

export interface StreamedSum extends StreamOptions {
  readonly weight: Exclude<WeightForm, 'logit'>;
  readonly scores: readonly Score[];
  readonly scalars: readonly Tensor[];
  readonly value: Tensor;
  /** The dimension of `value` that stays. */
  readonly width: string;
}

function makeStream(
  operator: CombiningOperator,
  attributes: Pick<StreamAttributes, 'reduce' | 'weight' | 'width'>,
  { scale = 1, row, column, members = [], causal = false, keys = 'column', keyLengths }: StreamOptions,
  scores: readonly Score[],
  others: readonly Tensor[],
): Tensor {
  const [{ left, depth }] = scores as [Score];
  const all: StreamAttributes = {
    ...attributes,
    scale,
    row,
    column,
    members,
    causal,
    keys,
    depths: scores.map((score) => score.depth),
    keyLengths: keyLengths !== undefined,
  };
  const inputs = [
    ...scores.flatMap((score) => [score.left, score.right]),
    ...others,
    ...(keyLengths ? [keyLengths] : []),
  ];
  const kept = left.shape.filter(({ name }) => name !== depth && !members.includes(name) && name !== row);
  const width =
    attributes.width === undefined ? [] : [findDim(operator.name, 'value', others.at(-1)!, attributes.width)];
  return makeTensor(operator, inputs, all, [...kept, findDim(operator.name, 'left', left, row), ...width], 'f32');
}

/**
 * Σ over `column` and `members` of weight · value → [batch …, row, width]. The batch is what the first left operand has besides; an
 * operand may lack any of its dimensions.
 */
export function streamedSum({ weight, scores, scalars, value, width, ...options }: StreamedSum): Tensor {
  return makeStream(sumOperator, { reduce: 'sum', weight, width }, options, scores, [...scalars, value]);
}

/** @throws ShapeError where the operands of a score are no rows and columns of one batch */
function checkScore({ left, right, depth }: Score, { row, column, keyLengths }: StreamOptions): void {
  const fail = (problem: string): never => {
    throw shapeError('streamedLogSumExp', { left, right, ...(keyLengths && { keyLengths }) }, problem);
  };
  for (const [operand, x, name] of [['left', left, row] as const, ['right', right, column] as const]) {
    findDim('streamedLogSumExp', operand, x, name);
    findDim('streamedLogSumExp', operand, x, depth);
  }
  if (left.shape.some(({ name }) => name === column)) fail(`${column} belongs to right alone`);
  const others = right.shape.filter(({ name }) => name !== column);
  for (const { name, extent } of others) {
    const match = left.shape.find((d) => d.name === name);
    if (!match || name === row) fail(`${name} of right is neither ${column} nor of a batch that left has`);
    if (!equalExtents(match!.extent, extent)) fail(`the sizes of ${name} differ`);
  }
  const batch = left.shape.filter(({ name }) => name !== row && name !== depth);
  const isOfBatch = (x: Tensor): boolean =>
    x.type === 'i32' && x.shape.every((d) => batch.some((b) => formatDim(b) === formatDim(d)));
  if (keyLengths && !isOfBatch(keyLengths)) fail('key lengths are one i32 for each batch entry');
}

/**
 * ln Σ exp(scale · Σ_depth left · right) over `column` → [batch …, row]; −∞ where a row sees no column.
 */
export function streamedLogSumExp({ left, right, depth, ...options }: Omit<StreamOptions, 'members'> & Score): Tensor {
  checkScore({ left, right, depth }, options);
  return makeStream(logSumExpOperator, { reduce: 'logSumExp', weight: 'logit' }, options, [{ left, right, depth }], []);
}
