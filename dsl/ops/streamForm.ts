/** The form of a stream (see stream.ts): its inputs and dimensions by the parts they play, its weights, and which columns a row sees. */
import type { Dim } from '../dim.ts';
import { subtractExtents } from '../extent.ts';
import { apply, constant, reductionValue, type Scalar, whole } from '../scalar.ts';
import { findDim, type Tensor } from '../tensor.ts';

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
