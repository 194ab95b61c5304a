/** The scalar functions in WGSL: a row for each name of dsl/functions.ts. */
import type { ArithmeticType } from '../../dsl/dtype.ts';
import type { FunctionName } from '../../dsl/functions.ts';
import { atom, type Code, call, infix, prefix } from './code.ts';
import type { HelperName } from './maths.ts';

/** How a function is written: as an operator, a builtin, one of our helpers, or something of its own. */
export interface WgslFunction {
  /** What its arguments are converted to: the result's type, or what the arguments have in common. */
  readonly takes: 'result' | 'common' | 'bool' | 'own';
  /** Whether a vector may stand beside a scalar. */
  readonly mixes?: boolean;
  readonly helper?: HelperName;
  readonly arity: number;
  print(args: readonly Code[], type: string, vector: boolean): Code;
}

const arithmetic = (operator: string): WgslFunction => ({
  takes: 'result',
  mixes: true,
  arity: 2,
  print: ([a, b]) => infix(operator, a!, b!),
});
const comparison = (operator: string): WgslFunction => ({
  takes: 'common',
  arity: 2,
  print: ([a, b]) => infix(operator, a!, b!),
});
/** Vectors of booleans have operators of their own. */
const logic = (operator: '&' | '|'): WgslFunction => ({
  takes: 'bool',
  arity: 2,
  print: ([a, b], _, vector) => infix(vector ? operator : operator + operator, a!, b!),
});
const builtin = (name: string, arity = 1): WgslFunction => ({
  takes: 'result',
  arity,
  print: (args) => call(name, ...args),
});
const helped = (helper: HelperName, arity = 1): WgslFunction => ({
  takes: 'result',
  arity,
  helper,
  print: (args, _, vector) => call(vector ? `${helper}4` : helper, ...args),
});
const conversion: WgslFunction = { takes: 'own', arity: 1, print: (args, type) => call(type, ...args) };

/** For f32, and for whatever type a function has alone. */
const functions: Readonly<Record<Exclude<FunctionName, 'where'>, WgslFunction>> = {
  add: arithmetic('+'),
  sub: arithmetic('-'),
  mul: arithmetic('*'),
  div: arithmetic('/'),
  max: helped('maximum', 2),
  min: helped('minimum', 2),
  neg: { takes: 'result', arity: 1, print: ([a]) => prefix('-', a!) },
  abs: builtin('abs'),
  floor: builtin('floor'),
  ceil: builtin('ceil'),
  exp: helped('exponential'),
  log: helped('logarithm'),
  sqrt: builtin('sqrt'),
  rsqrt: builtin('inverseSqrt'),
  tanh: helped('hyperbolicTangent'),
  sigmoid: helped('sigmoid'),
  erf: helped('errorFunction'),
  sin: helped('sine'),
  cos: helped('cosine'),
  quotient: { takes: 'result', mixes: true, arity: 2, print: ([a, b]) => call('floor', infix('/', a!, b!)) },
  remainder: arithmetic('%'),
  less: comparison('<'),
  lessEqual: comparison('<='),
  equal: comparison('=='),
  and: logic('&'),
  or: logic('|'),
  not: { takes: 'bool', arity: 1, print: ([a]) => prefix('!', a!) },
  toFloat: conversion,
  toInt: conversion,
};

/** Where whole numbers differ. */
const integerFunctions: Partial<Record<FunctionName, WgslFunction>> = {
  max: builtin('max', 2),
  min: builtin('min', 2),
  quotient: arithmetic('/'),
};

export function wgslFunction(name: Exclude<FunctionName, 'where'>, type: ArithmeticType): WgslFunction {
  return (type === 'i32' ? integerFunctions[name] : undefined) ?? functions[name];
}

/** A value of one type as another: booleans are 0 and 1. */
export function converted(code: Code, from: ArithmeticType, to: ArithmeticType, vector: boolean): Code {
  if (from === to) return code;
  const wide = (type: string): string => (vector ? `vec4<${type}>` : type);
  if (to !== 'bool') return call(wide(to), code);
  return infix('!=', code, vector ? call(wide(from), atom('0')) : atom(from === 'f32' ? '0.0' : '0'));
}
