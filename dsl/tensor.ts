/**
 * Symbolic tensors: nodes of a graph. A tensor says which operator makes it from which others; it holds no elements.
 *
 * Equal operators on equal inputs have equal keys, so that a graph holds each value once (`trace` in graph.ts).
 */
import { digest } from './digest.ts';
import { type Dim, formatShape, type Shape } from './dim.ts';
import type { ArithmeticType } from './dtype.ts';
import { ShapeError } from './errors.ts';
import type { Operator } from './operator.ts';
import { callerOrigin, type Origin } from './origin.ts';

export interface Tensor<S extends Shape = Shape> {
  readonly key: string;
  readonly operator: Operator;
  readonly inputs: readonly Tensor[];
  /** Plain data that, with the operator and inputs, determines the tensor. */
  readonly attributes: unknown;
  readonly shape: S;
  readonly type: ArithmeticType;
  /** Where it was made; `origin` and `label` tell it when they are asked for, and not before. */
  readonly made: () => Origin;
  /** The user's line that made it: `vit.ts:41`. */
  readonly origin: string | undefined;
  /** The function that the user called to make it: `layerNorm`, where the operator is `mul`. */
  readonly label: string;
}

/** The names of a shape's dimensions. */
export type Names<S extends Shape> = S[number]['name'];

/** A shape without the dimensions called N. */
export type Without<S extends Shape, N extends string> = S extends readonly [
  infer Head extends Dim,
  ...infer Rest extends Shape,
]
  ? Head['name'] extends N
    ? Without<Rest, N>
    : readonly [Head, ...Without<Rest, N>]
  : S extends readonly []
    ? readonly []
    : S;

/** A shape in which the dimension called N has given way to the dimensions R. */
export type Replace<S extends Shape, N extends string, R extends Shape> = S extends readonly [
  infer Head extends Dim,
  ...infer Rest extends Shape,
]
  ? Head['name'] extends N
    ? readonly [...R, ...Rest]
    : readonly [Head, ...Replace<Rest, N, R>]
  : S;

/** Makes a tensor. Operators call this; models call operators. */
export function makeTensor<S extends Shape>(
  operator: Operator,
  inputs: readonly Tensor[],
  attributes: unknown,
  shape: S,
  type: ArithmeticType,
): Tensor<S> {
  const names = new Set(shape.map(({ name }) => name));
  if (names.size !== shape.length) {
    throw new ShapeError(
      `${operator.name}: the result ${formatShape(shape)} has two dimensions of one name; rename one${place()}`,
    );
  }
  const sizes = shape.map(({ name, extent }) => `${name}:${extent.key}`).join(',');
  const words = [operator.name, type, sizes, attributeText(attributes), ...inputs.map(({ key }) => key)];
  return withOrigin({ key: digest(words.join('|')), operator, inputs, attributes, shape, type, made: callerOrigin() });
}

/** A tensor in which equal inputs have taken the place of its own; it may be said to be made elsewhere. */
export function withInputs(x: Tensor, inputs: readonly Tensor[], made = x.made): Tensor {
  const { key, operator, attributes, shape, type } = x;
  return withOrigin({ key, operator, inputs, attributes, shape, type, made });
}

function withOrigin<S extends Shape>(fields: Omit<Tensor<S>, 'origin' | 'label'>): Tensor<S> {
  return {
    ...fields,
    get origin() {
      return fields.made().line;
    },
    get label() {
      return fields.made().label ?? fields.operator.name;
    },
  };
}

/** Attributes as JSON in which ±∞, NaN and −0 are told apart. */
export function attributeText(attributes: unknown): string {
  return JSON.stringify(attributes, (_, value) =>
    typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))
      ? `number ${value === 0 ? '-0' : value}`
      : value,
  );
}

function place(): string {
  const { line } = callerOrigin()();
  return line ? ` (${line})` : '';
}

/**
 * The error for shapes that do not fit:
 * `linear: x is [B=8, T=50, W=768] but w is [E=512, D=2048]; W ≠ D (vit.ts:41)`.
 */
export function shapeError(
  operator: string,
  operands: Readonly<Record<string, Tensor | Shape>>,
  problem: string,
): ShapeError {
  const described = Object.entries(operands).map(
    ([name, operand]) => `${name} is ${formatShape('shape' in operand ? operand.shape : operand)}`,
  );
  return new ShapeError(`${operator}: ${described.join(' but ')}; ${problem}${place()}`);
}

/** The dimension called `name`, or an error that names the operator and the operand. */
export function findDim(operator: string, operand: string, x: Tensor, name: string): Dim {
  const found = x.shape.find((d) => d.name === name);
  if (!found) throw shapeError(operator, { [operand]: x }, `there is no dimension ${name}`);
  return found;
}
