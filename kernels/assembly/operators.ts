/** The scalar functions in AssemblyScript, a row for each: for one number and for four lanes. */
import type { ArithmeticType } from '../../dsl/dtype.ts';
import type { FunctionName } from '../../dsl/functions.ts';

/** Source text, and how tightly it binds: what binds less than its surroundings is put in parentheses. */
export interface Text {
  readonly text: string;
  readonly level: number;
}

export const level = { ternary: 0, or: 1, and: 2, comparison: 3, sum: 4, product: 5, atom: 6 } as const;

export const atom = (text: string): Text => ({ text, level: level.atom });

/** The text as an operand of something that binds as tightly as `least`. */
export const wrap = ({ text, level: own }: Text, least: number): string => (own < least ? `(${text})` : text);

type Printer = (args: readonly Text[], type: ArithmeticType) => Text;
type VectorPrinter = (args: readonly string[], type: ArithmeticType) => string;

interface OperatorRow {
  /** `type` is that of the arguments (of the last one, where they differ). */
  readonly scalar: Printer;
  /** Not there: lane by lane. May say undefined for types without a vector form. */
  readonly vector?: VectorPrinter;
  /** The function of maths.ts that this is. */
  readonly maths?: string;
}

const infix =
  (operator: string, own: number, right = own, left = own): Printer =>
  ([a, b]) => ({ text: `${wrap(a!, left)} ${operator} ${wrap(b!, right)}`, level: own });

/** `max<f32>(a, b)`. */
const builtin =
  (name: string): Printer =>
  (args, type) =>
    atom(`${name}<${type}>(${args.map(({ text }) => text).join(', ')})`);

const lanesOf = (type: ArithmeticType): string => (type === 'f32' ? 'f32x4' : 'i32x4');

/** `f32x4.add(a, b)`. */
const lanewise =
  (name: string, integer = name): VectorPrinter =>
  (args, type) =>
    `${lanesOf(type)}.${type === 'f32' ? name : integer}(${args.join(', ')})`;

const bitwise =
  (name: string): VectorPrinter =>
  (args) =>
    `v128.${name}(${args.join(', ')})`;

/** A function of maths.ts. For four lanes it is called with its constants: `Emitter.maths`. */
const maths = (name: string): OperatorRow => ({
  scalar: ([a]) => atom(`${name}_f32(${a!.text})`),
  maths: name,
});

/** A literal at the beginning would be of the type that surrounds the expression. */
const wholeText = (text: string): string => (/^-?\d/.test(text) ? `i32(${text})` : text);

const { comparison, sum, product } = level;

export const operators: Readonly<Record<Exclude<FunctionName, 'where'>, OperatorRow>> = {
  add: { scalar: infix('+', sum), vector: lanewise('add') },
  sub: { scalar: infix('-', sum, product), vector: lanewise('sub') },
  mul: { scalar: infix('*', product), vector: lanewise('mul') },
  div: { scalar: infix('/', product, level.atom), vector: (args) => `f32x4.div(${args.join(', ')})` },
  max: { scalar: builtin('max'), vector: lanewise('max', 'max_s') },
  min: { scalar: builtin('min'), vector: lanewise('min', 'min_s') },
  neg: { scalar: ([a]) => ({ text: `-${wrap(a!, level.atom)}`, level: product }), vector: lanewise('neg') },
  abs: { scalar: builtin('abs'), vector: lanewise('abs') },
  floor: { scalar: builtin('floor'), vector: lanewise('floor') },
  ceil: { scalar: builtin('ceil'), vector: lanewise('ceil') },
  exp: maths('exp'),
  log: maths('log'),
  sqrt: { scalar: builtin('sqrt'), vector: lanewise('sqrt') },
  rsqrt: {
    scalar: ([a]) => ({ text: `f32(1) / sqrt<f32>(${a!.text})`, level: product }),
    vector: ([a]) => `f32x4.div(f32x4.splat(1), f32x4.sqrt(${a}))`,
  },
  tanh: maths('tanh'),
  sigmoid: maths('sigmoid'),
  erf: maths('erf'),
  sin: maths('sin'),
  cos: maths('cos'),
  quotient: { scalar: infix('/', product, level.atom) },
  remainder: { scalar: infix('%', product, level.atom) },
  less: { scalar: infix('<', comparison, sum, sum), vector: lanewise('lt', 'lt_s') },
  lessEqual: { scalar: infix('<=', comparison, sum, sum), vector: lanewise('le', 'le_s') },
  equal: { scalar: infix('==', comparison, sum, sum), vector: lanewise('eq') },
  and: { scalar: infix('&&', level.and), vector: bitwise('and') },
  or: { scalar: infix('||', level.or), vector: bitwise('or') },
  not: { scalar: ([a]) => ({ text: `!${wrap(a!, level.atom)}`, level: product }), vector: bitwise('not') },
  toFloat: {
    scalar: ([a], type) => (type === 'f32' ? a! : atom(`f32(${wholeText(a!.text)})`)),
    vector: ([a], type) =>
      type === 'f32' ? a! : type === 'i32' ? `f32x4.convert_i32x4_s(${a})` : `v128.and(${a}, f32x4.splat(1))`,
  },
  toInt: {
    scalar: ([a], type) => (type === 'i32' ? a! : atom(`i32(${a!.text})`)),
    vector: ([a], type) =>
      type === 'i32' ? a! : type === 'f32' ? `i32x4.trunc_sat_f32x4_s(${a})` : `v128.and(${a}, i32x4.splat(1))`,
  },
};
