// Functions of single elements: of one tensor, of two whose dimensions differ, and choices.
import type { Tensor } from '../../../dsl/index.ts';
import * as dsl from '../../../dsl/index.ts';
import type { Case } from '../gradient-check.ts';
import { matrix, type Rows, shapeOf, table } from './shapes.ts';

type Unary = (x: Tensor) => Tensor;
type Binary = (a: Tensor, b: Tensor) => Tensor;

const unary: Readonly<Record<string, Unary>> = {
  ...{ neg: dsl.neg, abs: dsl.abs, exp: dsl.exp, tanh: dsl.tanh, sigmoid: dsl.sigmoid, erf: dsl.erf, sin: dsl.sin },
  ...{ cos: dsl.cos, square: dsl.square, toFloat: dsl.toFloat, gelu: dsl.gelu, quickGelu: dsl.quickGelu },
  ...{ silu: dsl.silu, relu: dsl.relu, softplus: dsl.softplus },
};
const unaryOfPositive: Readonly<Record<string, Unary>> = { log: dsl.log, sqrt: dsl.sqrt, rsqrt: dsl.rsqrt };
const binary: Readonly<Record<string, Binary>> = {
  ...{ add: dsl.add, sub: dsl.sub, mul: dsl.mul, div: dsl.div, maximum: dsl.maximum, minimum: dsl.minimum },
};
/** Away from the pole of a quotient. */
const positive = [0.4, 2] as const;

/** The dimensions of both operands by their names. */
const operandForms: readonly (readonly [form: string, a: string, b: string])[] = [
  ['both of one shape', 'BT', 'BT'],
  ['the dimensions in another order', 'BT', 'TB'],
  ['the right one without B', 'BT', 'T'],
  ['the right one without T', 'BT', 'B'],
  ['the left one without B', 'T', 'BT'],
  ['the left one without T', 'B', 'BT'],
  ['the right one without dimensions', 'BT', ''],
  ['the left one without dimensions', '', 'BT'],
];

export const elementwise: Rows = {
  ...table(Object.entries(unary).map(([name, f]) => [name, (t) => f(matrix(t))])),
  ...table(Object.entries(unaryOfPositive).map(([name, f]) => [name, (t) => f(matrix(t, 'x', ...positive))])),
  ...table(
    Object.entries(binary).flatMap(([name, f]) =>
      operandForms.map(([form, a, b]): [string, Case] => [
        `${name}, ${form}`,
        (t) => f(t.float('a', shapeOf(t, a), ...positive), t.float('b', shapeOf(t, b), ...positive)),
      ]),
    ),
  ),
  ...table(
    Object.entries(binary).map(([name, f]) => [
      `${name}, both made of one tensor`,
      (t) => {
        const x = matrix(t, 'x', ...positive);
        return f(x, dsl.exp(dsl.neg(x)));
      },
    ]),
  ),
  'sub, from a constant': (t) => dsl.sub(0.3, matrix(t)),
  'div, of a constant': (t) => dsl.div(0.3, matrix(t, 'x', ...positive)),
  'maximum, with a constant': (t) => dsl.maximum(matrix(t), 0.011),
  'where, along one dimension': (t) => {
    const x = matrix(t);
    return dsl.where(dsl.less(dsl.indices(x.shape[1]), 2), x, dsl.mul(x, matrix(t, 'y')));
  },
  'where, both sides repeated': (t) => {
    const [B, T] = [t.dim('B', 3), t.dim('T', 2)];
    const condition = dsl.less(t.data('c', [B, T], [1, -1, -1, 1, 1, 1]), 0);
    return dsl.where(condition, t.float('a', [T]), t.float('b', [B]));
  },
  'where, the left side a number': (t) => {
    const x = matrix(t);
    return dsl.where(dsl.less(0, dsl.indices(x.shape[0])), 0.5, x);
  },
  'where, the right side a number': (t) => {
    const x = matrix(t);
    return dsl.where(dsl.less(0, dsl.indices(x.shape[0])), x, 0.5);
  },
};
