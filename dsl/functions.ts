/**
 * The scalar functions: everything an expression can apply, with its float64 meaning.
 *
 * Printers have a table with a row for each name; the interpreter calls `evaluate`. Booleans are 0 and 1 here.
 */
import type { ArithmeticType } from './dtype.ts';

export interface ScalarFunction {
  readonly arity: number;
  /** The result's type, where it is not that of the last argument. */
  readonly result?: ArithmeticType;
  /** Takes floats alone: of whole numbers, the result would be none, or another one on each backend. */
  readonly ofFloats?: true;
  evaluate(a: number, b: number, c: number): number;
}

/** Maclaurin series of erf below 2.5, continued fraction of erfc above: 1e-16 everywhere (Abramowitz & Stegun 7.1.6, 7.1.14). */
function erf(x: number): number {
  const size = Math.abs(x);
  if (size > 6) return Math.sign(x);
  if (size > 2.5) {
    let fraction = 0;
    for (let k = 60; k > 0; k--) fraction = k / 2 / (size + fraction);
    return Math.sign(x) * (1 - Math.exp(-size * size) / ((size + fraction) * Math.sqrt(Math.PI)));
  }
  let [term, sum] = [x, x];
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

export const scalarFunctions = {
  add: { arity: 2, evaluate: (a, b) => a + b },
  sub: { arity: 2, evaluate: (a, b) => a - b },
  mul: { arity: 2, evaluate: (a, b) => a * b },
  div: { arity: 2, ofFloats: true, evaluate: (a, b) => a / b },
  max: { arity: 2, evaluate: (a, b) => Math.max(a, b) },
  min: { arity: 2, evaluate: (a, b) => Math.min(a, b) },
  neg: { arity: 1, evaluate: (a) => -a },
  abs: { arity: 1, evaluate: (a) => Math.abs(a) },
  floor: { arity: 1, evaluate: (a) => Math.floor(a) },
  ceil: { arity: 1, evaluate: (a) => Math.ceil(a) },
  exp: { arity: 1, ofFloats: true, evaluate: (a) => Math.exp(a) },
  log: { arity: 1, ofFloats: true, evaluate: (a) => Math.log(a) },
  sqrt: { arity: 1, ofFloats: true, evaluate: (a) => Math.sqrt(a) },
  rsqrt: { arity: 1, ofFloats: true, evaluate: (a) => 1 / Math.sqrt(a) },
  tanh: { arity: 1, ofFloats: true, evaluate: (a) => Math.tanh(a) },
  sigmoid: { arity: 1, ofFloats: true, evaluate: (a) => 1 / (1 + Math.exp(-a)) },
  erf: { arity: 1, ofFloats: true, evaluate: (a) => erf(a) },
  sin: { arity: 1, ofFloats: true, evaluate: (a) => Math.sin(a) },
  cos: { arity: 1, ofFloats: true, evaluate: (a) => Math.cos(a) },
  /** Quotient and remainder of whole numbers that are never negative. */
  quotient: { arity: 2, evaluate: (a, b) => Math.floor(a / b) },
  remainder: { arity: 2, evaluate: (a, b) => a % b },
  less: { arity: 2, result: 'bool', evaluate: (a, b) => +(a < b) },
  lessEqual: { arity: 2, result: 'bool', evaluate: (a, b) => +(a <= b) },
  equal: { arity: 2, result: 'bool', evaluate: (a, b) => +(a === b) },
  and: { arity: 2, result: 'bool', evaluate: (a, b) => +(a !== 0 && b !== 0) },
  or: { arity: 2, result: 'bool', evaluate: (a, b) => +(a !== 0 || b !== 0) },
  not: { arity: 1, result: 'bool', evaluate: (a) => +(a === 0) },
  /** b where a, else c. Only the chosen side is read: the other may lie outside its buffer. */
  where: { arity: 3, evaluate: (a, b, c) => (a !== 0 ? b : c) },
  toFloat: { arity: 1, result: 'f32', evaluate: (a) => a },
  /** Towards zero. */
  toInt: { arity: 1, result: 'i32', evaluate: (a) => Math.trunc(a) },
} satisfies Record<string, ScalarFunction>;

export type FunctionName = keyof typeof scalarFunctions;

export function scalarFunction(name: FunctionName): ScalarFunction {
  return scalarFunctions[name];
}
