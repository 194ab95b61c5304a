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
import { equalExtents, evaluateExtent, type Sizes, subtractExtents } from '../extent.ts';
import type { CombiningOperator, Values } from '../operator.ts';
import { apply, axis, constant, read, reductionValue, type Scalar, whole } from '../scalar.ts';
import { findDim, makeTensor, shapeError, type Tensor } from '../tensor.ts';
import { mul } from './elementwise.ts';
import { joinIndices } from './movement.ts';
import { stridesOf } from './reduce.ts';
import { sumTo } from './sumTo.ts';

const multiply = (a: Scalar, b: Scalar): Scalar => apply('mul', a, b);
const subtract = (a: Scalar, b: Scalar): Scalar => apply('sub', a, b);

/** What a weight is made of: the scores' products, the scalars at hand, and the number that first scores are scaled by. */
interface WeightOperands {
  readonly scores: readonly Scalar[];
  readonly scalars: readonly Scalar[];
  readonly scale: number;
}

const scaled = ({ scores, scale }: WeightOperands): Scalar => multiply(constant(scale), scores[0]!);
const probability = (operands: WeightOperands): Scalar =>
  apply('exp', subtract(scaled(operands), operands.scalars[0]!));

/** The weights that there are, each of its scalars in order. */
const weightForms = {
  /** scale · s₀ */
  logit: scaled,
  /** Softmax's probability from its logarithm's total: exp(scale · s₀ − logSumExp). */
  probability,
  /** … times a factor. Scalars: logSumExp, factor. */
  scaledProbability: (operands: WeightOperands): Scalar => multiply(probability(operands), operands.scalars[1]!),
  /**
   * The gradient of softmax's scores before scaling: scale · p · (s₁ − delta), where s₁ is the gradient of p and delta the sum of
   * gradient · output along a row. Scalars: logSumExp, delta.
   */
  scoreGradient: (operands: WeightOperands): Scalar =>
    multiply(
      multiply(probability(operands), constant(operands.scale)),
      subtract(operands.scores[1]!, operands.scalars[1]!),
    ),
} satisfies Record<string, (operands: WeightOperands) => Scalar>;

export type WeightForm = keyof typeof weightForms;

/** Which columns a row sees, told as attention does: one side are queries, the other keys. */
export interface Visibility {
  /** Query i sees keys up to keys − queries + i. */
  readonly causal: boolean;
  /** Which side the keys are on. */
  readonly keys: 'row' | 'column';
}

export interface StreamAttributes extends Visibility {
  readonly reduce: 'sum' | 'logSumExp';
  readonly weight: WeightForm;
  readonly scale: number;
  /** Names of dimensions: along which rows and columns run, … */
  readonly row: string;
  readonly column: string;
  /** … that are summed over besides the column: the query heads of one key head, … */
  readonly members: readonly string[];
  /** … and along which scores are products, one a score. */
  readonly depths: readonly string[];
  /** Of the values and the result; none for a logSumExp. */
  readonly width?: string;
  /** Whether the last input says how many keys count, one i32 a batch entry. */
  readonly keyLengths: boolean;
}

/** The inputs of a stream by their parts. */
export interface StreamInputs {
  readonly scores: readonly { readonly left: Tensor; readonly right: Tensor; readonly depth: Dim }[];
  readonly scalars: readonly Tensor[];
  readonly value?: Tensor;
  readonly keyLengths?: Tensor;
}

export function streamInputs({ inputs, attributes }: Tensor): StreamInputs {
  const { depths, width, keyLengths } = attributes as StreamAttributes;
  const scores = depths.map((name, i) => {
    const [left, right] = [inputs[2 * i]!, inputs[2 * i + 1]!];
    return { left, right, depth: findDim('stream', 'left', left, name) };
  });
  const rest = inputs.slice(2 * depths.length);
  const lengths = keyLengths ? rest.pop() : undefined;
  const value = width === undefined ? undefined : rest.pop();
  return { scores, scalars: rest, ...(value && { value }), ...(lengths && { keyLengths: lengths }) };
}

/** The dimensions of a stream in the parts that they play. The result has `batch` and `row`, and `width` unless it is a logSumExp. */
export interface StreamRoles {
  readonly batch: readonly Dim[];
  readonly row: Dim;
  readonly members: readonly Dim[];
  readonly column: Dim;
  readonly width?: Dim;
}

export function streamRoles(result: Tensor): StreamRoles {
  const { row, column, members, depths, width } = result.attributes as StreamAttributes;
  const { left, right } = streamInputs(result).scores[0]!;
  const member = (name: string): Dim => [...left.shape, ...right.shape].find((d) => d.name === name)!;
  return {
    batch: left.shape.filter(({ name }) => name !== row && name !== depths[0] && !members.includes(name)),
    row: member(row),
    members: members.map(member),
    column: member(column),
    ...(width !== undefined && { width: result.shape.at(-1)! }),
  };
}

/** The weight as an expression; `element` reads a scalar. Scores are `reductionValue(0)`, `reductionValue(1)`. */
export function streamWeight(result: Tensor, element: (scalar: Tensor) => Scalar): Scalar {
  const { weight, scale } = result.attributes as StreamAttributes;
  const { scores, scalars } = streamInputs(result);
  return weightForms[weight]({ scores: scores.map((_, i) => reductionValue(i)), scalars: scalars.map(element), scale });
}

/** The columns that a row sees: from `first` up to, not including, `end`; none where end ≤ first. */
export function visibleColumns(
  result: Tensor,
  row: Scalar,
  keyLength: Scalar | undefined,
): { readonly first: Scalar; readonly end: Scalar } {
  const { causal, keys: side } = result.attributes as StreamAttributes;
  const roles = streamRoles(result);
  const [keys, queries] = side === 'row' ? [roles.row, roles.column] : [roles.column, roles.row];
  const ahead = whole(subtractExtents(keys.extent, queries.extent));
  const all = whole(roles.column.extent);
  if (side === 'column') {
    const seen = causal ? apply('min', all, apply('add', apply('add', row, ahead), whole(1))) : all;
    return { first: whole(0), end: keyLength ? apply('min', seen, keyLength) : seen };
  }
  const first = causal ? apply('max', whole(0), subtract(row, ahead)) : whole(0);
  return { first, end: keyLength ? apply('where', apply('less', row, keyLength), all, whole(0)) : all };
}

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
