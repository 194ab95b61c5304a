/**
 * Elementwise functions. An operand may lack dimensions of the other, by name, and is then the same along them; a number
 * stands for a tensor without dimensions. What is defined for floats alone (`ofFloats` in functions.ts) throws a ShapeError
 * for anything else.
 */
import { type Dim, formatDim, type Shape } from '../dim.ts';
import type { ArithmeticType } from '../dtype.ts';
import { equalExtents } from '../extent.ts';
import { type FunctionName, scalarFunction } from '../functions.ts';
import type { PointwiseOperator } from '../operator.ts';
import { apply } from '../scalar.ts';
import { makeTensor, type Names, shapeError, type Tensor } from '../tensor.ts';
import { constant } from './sources.ts';

/** What may be combined with a tensor of shape S without changing the shape. */
export type Operand<S extends Shape> = number | Tensor<readonly Dim<Names<S>>[]>;

function defineElementwise(name: FunctionName): PointwiseOperator {
  return {
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

function unary(name: FunctionName): Unary {
  const operator = defineElementwise(name);
  // The key gives the function its name, which origins are told by.
  return { [name]: <S extends Shape>(x: Tensor<S>) => elementwise(operator, x) as Tensor<S> }[name]!;
}

function binary(name: FunctionName): Binary {
  const operator = defineElementwise(name);
  return { [name]: (a: number | Tensor, b: number | Tensor) => elementwise(operator, a, b) }[name] as Binary;
}

export const neg = unary('neg');
export const abs = unary('abs');
export const floor = unary('floor');
export const ceil = unary('ceil');
export const exp = unary('exp');
export const log = unary('log');
export const sqrt = unary('sqrt');
/** 1 / √x */
export const rsqrt = unary('rsqrt');
export const tanh = unary('tanh');
/** 1 / (1 + exp(−x)) */
export const sigmoid = unary('sigmoid');
export const erf = unary('erf');
export const sin = unary('sin');
export const cos = unary('cos');
export const not = unary('not');
export const toFloat = unary('toFloat');
/** Towards zero. */
export const toInt = unary('toInt');

export const add = binary('add');
export const sub = binary('sub');
export const mul = binary('mul');
export const div = binary('div');
export const maximum = binary('max');
export const minimum = binary('min');
export const less = binary('less');
export const lessEqual = binary('lessEqual');
export const equal = binary('equal');
export const and = binary('and');
export const or = binary('or');

const whereOperator = defineElementwise('where');

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
