/**
 * Elementwise functions. An operand may lack dimensions of the other, by name, and is then the same along them; a number
 * stands for a tensor without dimensions. What is defined for floats alone (`ofFloats` in functions.ts) throws a ShapeError
 * for anything else.
 */
import { type Dim, formatDim, type Shape } from '../dim.ts';
import type { ArithmeticType } from '../dtype.ts';
import { equalExtents } from '../extent.ts';
import { type FunctionName, scalarFunction } from '../functions.ts';
import type { Derivative, PointwiseOperator } from '../operator.ts';
import { apply } from '../scalar.ts';
import { makeTensor, type Names, shapeError, type Tensor } from '../tensor.ts';
import { constant } from './sources.ts';
import { sumTo } from './sumTo.ts';

/** What may be combined with a tensor of shape S without changing the shape. */
export type Operand<S extends Shape> = number | Tensor<readonly Dim<Names<S>>[]>;

/** Gradients of the operands in the result's shape, given those of the result, the result y and the operands. */
type Slopes = (gradient: Tensor, y: Tensor, ...operands: readonly Tensor[]) => readonly (Tensor | undefined)[];

/** Operands may lack dimensions of the result: what flows into them is summed. */
function derivativeOf(slopes: Slopes): Derivative {
  return (gradient, result) =>
    slopes(gradient, result, ...result.inputs).map((slope, i) => slope && sumTo(slope, result.inputs[i]!.shape));
}

function defineElementwise(name: FunctionName, slopes?: Slopes): PointwiseOperator {
  return {
    ...(slopes && { derivative: derivativeOf(slopes) }),
    kind: 'pointwise',
    name,
    cost: 'arithmetic',
    meaning: (result, indices, read) => {
      const byName = new Map(result.shape.map((d, i) => [d.name, indices[i]!]));
      return apply(
        name,
        ...result.inputs.map((x, i) =>
          read(
            i,
            x.shape.map((d) => byName.get(d.name)!),
          ),
        ),
      );
    },
  };
}

function asTensor(x: number | Tensor, type: ArithmeticType): Tensor {
  return typeof x === 'number' ? constant(x, type === 'i32' ? 'i32' : 'f32') : x;
}

/** The shape of the operand that has every other's dimensions. Equal names must be of equal size. */
function broadcast(name: string, operands: readonly Tensor[]): Shape {
  const letters = Object.fromEntries(operands.map((x, i) => ['abc'[i]!, x]));
  const largest = operands.reduce((a, b) => (b.shape.length > a.shape.length ? b : a));
  for (const operand of operands) {
    for (const d of operand.shape) {
      const match = largest.shape.find((other) => other.name === d.name);
      if (!match) throw shapeError(name, letters, `no operand has all dimensions; expand one to hold ${d.name} too`);
      if (!equalExtents(match.extent, d.extent))
        throw shapeError(name, letters, `${formatDim(match)} ≠ ${formatDim(d)}`);
    }
  }
  return largest.shape;
}

function elementwise(operator: PointwiseOperator, ...args: readonly (number | Tensor)[]): Tensor {
  const types = args.flatMap((x) => (typeof x === 'number' ? [] : [x.type]));
  const valueType = types.at(-1) ?? 'f32';
  const operands = args.map((x) => asTensor(x, valueType));
  const { ofFloats, result = operands.at(-1)!.type } = scalarFunction(operator.name as FunctionName);
  const other = ofFloats && args.find((x): x is Tensor => typeof x !== 'number' && x.type !== 'f32');
  if (other) {
    const held = other.type === 'bool' ? 'truth values' : 'whole numbers';
    throw shapeError(operator.name, { operand: other }, `it holds ${held}; use toFloat first`);
  }
  return makeTensor(operator, operands, null, broadcast(operator.name, operands), result);
}

type Unary = <S extends Shape>(x: Tensor<S>) => Tensor<S>;

interface Binary {
  <S extends Shape>(a: Tensor<S>, b: Operand<S>): Tensor<S>;
  <S extends Shape>(a: Operand<S>, b: Tensor<S>): Tensor<S>;
}

function unary(name: FunctionName, slope?: (gradient: Tensor, y: Tensor, x: Tensor) => Tensor): Unary {
  const operator = defineElementwise(name, slope && ((gradient, y, x) => [slope(gradient, y, x!)]));
  // The key gives the function its name, which origins are told by.
  return { [name]: <S extends Shape>(x: Tensor<S>) => elementwise(operator, x) as Tensor<S> }[name]!;
}

function binary(
  name: FunctionName,
  slopes?: (...args: readonly [Tensor, Tensor, Tensor, Tensor]) => [Tensor, Tensor],
): Binary {
  const operator = defineElementwise(name, slopes && ((gradient, y, a, b) => slopes(gradient, y, a!, b!)));
  return { [name]: (a: number | Tensor, b: number | Tensor) => elementwise(operator, a, b) }[name] as Binary;
}

export const neg = unary('neg', (gradient) => neg(gradient));
/** At 0 its slope is taken as 0. */
export const abs = unary('abs', (gradient, _, x) =>
  where(less(0, x), gradient, where(less(x, 0), neg(gradient), 0) as Tensor),
);
export const floor = unary('floor');
export const ceil = unary('ceil');
export const exp = unary('exp', (gradient, y) => mul(gradient, y));
export const log = unary('log', (gradient, _, x) => div(gradient, x));
/** At 0, where its slope is infinite, it is taken as 0: so that the norm of a zero vector has a gradient. */
export const sqrt = unary('sqrt', (gradient, y) => where(less(0, y), div(mul(gradient, 0.5), y), 0));
/** 1 / √x */
export const rsqrt = unary('rsqrt', (gradient, y) => mul(mul(gradient, -0.5), mul(y, square(y))));
export const tanh = unary('tanh', (gradient, y) => mul(gradient, sub(1, square(y))));
/** 1 / (1 + exp(−x)) */
export const sigmoid = unary('sigmoid', (gradient, y) => mul(gradient, mul(y, sub(1, y))));
export const erf = unary('erf', (gradient, _, x) => mul(mul(gradient, 2 / Math.sqrt(Math.PI)), exp(neg(square(x)))));
export const sin = unary('sin', (gradient, _, x) => mul(gradient, cos(x)));
export const cos = unary('cos', (gradient, _, x) => neg(mul(gradient, sin(x))));
export const not = unary('not');
export const toFloat = unary('toFloat', (gradient) => gradient);
/** Towards zero. */
export const toInt = unary('toInt');

export const add = binary('add', (gradient) => [gradient, gradient]);
export const sub = binary('sub', (gradient) => [gradient, neg(gradient)]);
export const mul = binary('mul', (gradient, _, a, b) => [mul(gradient, b), mul(gradient, a)]);
export const div = binary('div', (gradient, y, _, b) => [div(gradient, b), neg(div(mul(gradient, y), b))]);
/** Between equal ones the gradient goes to b. */
export const maximum = binary('max', (gradient, _, a, b) => choose(less(b, a), gradient));
/** Between equal ones the gradient goes to b. */
export const minimum = binary('min', (gradient, _, a, b) => choose(less(a, b), gradient));
export const less = binary('less');
export const lessEqual = binary('lessEqual');
export const equal = binary('equal');
export const and = binary('and');
export const or = binary('or');

/** The gradient for a where the condition holds, for b elsewhere. */
function choose(condition: Tensor, gradient: Tensor): [Tensor, Tensor] {
  return [where(condition, gradient, 0), where(condition, 0, gradient)];
}

const whereOperator = defineElementwise('where', (gradient, _, condition) => [
  undefined,
  ...choose(condition!, gradient),
]);

interface Where {
  <S extends Shape>(condition: Tensor<S>, a: Operand<S>, b: Operand<S>): Tensor<S>;
  <S extends Shape>(condition: Operand<S>, a: Tensor<S>, b: Operand<S>): Tensor<S>;
  <S extends Shape>(condition: Operand<S>, a: Operand<S>, b: Tensor<S>): Tensor<S>;
}

/** a where the condition holds, b elsewhere. */
export const where = ((condition: Tensor, a: number | Tensor, b: number | Tensor) => {
  const type = [a, b].flatMap((x) => (typeof x === 'number' ? [] : [x.type]))[0] ?? 'f32';
  return elementwise(whereOperator, condition, asTensor(a, type), asTensor(b, type));
}) as Where;

/** x² */
export function square<S extends Shape>(x: Tensor<S>): Tensor<S> {
  return mul(x, x as Operand<S>);
}
