/**
 * Scalar expressions: what one element of a result is, in terms of indices and elements read.
 *
 * An operator's meaning is written in this language once; the interpreter evaluates it in float64, the kernels print it
 * as WGSL and AssemblyScript. Expressions are immutable and named by `key`: equal keys, equal expressions.
 * Index arithmetic (i32) is kept in a linear normal form, so that splitting and merging dimensions cancels out.
 */
import { digest } from './digest.ts';
import type { ArithmeticType } from './dtype.ts';
import {
  addExtents,
  divideExtents,
  type Extent,
  type ExtentLike,
  extent,
  fixedExtent,
  isNonNegative,
  multiplyExtents,
  subtractExtents,
} from './extent.ts';
import { type FunctionName, scalarFunction } from './functions.ts';

interface Expression {
  readonly key: string;
  readonly type: ArithmeticType;
}

/** A float or boolean literal (0 or 1). Whole numbers are `Linear` without terms. */
export interface Constant extends Expression {
  readonly kind: 'constant';
  readonly value: number;
}

/** An index that runs from 0 up to, not including, its extent. */
export interface Axis extends Expression {
  readonly kind: 'axis';
  readonly name: string;
  readonly extent: Extent;
}

/** constant + Σ coefficient × atom, an i32. Terms are sorted by the atoms' keys. */
export interface Linear extends Expression {
  readonly kind: 'linear';
  readonly constant: Extent;
  readonly terms: readonly { readonly coefficient: Extent; readonly atom: Scalar }[];
}

/** A scalar function applied. `bound`, for an i32, is an extent that the result stays below. */
export interface Apply extends Expression {
  readonly kind: 'apply';
  readonly name: FunctionName;
  readonly arguments: readonly Scalar[];
  readonly bound?: Extent;
}

/** The element of a buffer at a flat offset. */
export interface Read extends Expression {
  readonly kind: 'read';
  readonly buffer: string;
  readonly offset: Scalar;
}

/** Σ or max of body over axis = 0 … count − 1; count may depend on data. An empty sum is 0, an empty max −∞. */
export interface Loop extends Expression {
  readonly kind: 'loop';
  readonly reduce: 'sum' | 'max';
  readonly axis: Axis;
  readonly count: Scalar;
  readonly body: Scalar;
}

/** The value of a row kernel's n-th reduction. */
export interface ReductionValue extends Expression {
  readonly kind: 'reduction';
  readonly index: number;
}

/** What a contract or attention kernel has accumulated, or a select kernel picked, where its epilogue begins. */
export interface Accumulator extends Expression {
  readonly kind: 'accumulator';
}

export type Scalar = Constant | Axis | Linear | Apply | Read | Loop | ReductionValue | Accumulator;

// ---------------------------------------------------------------- leaves

export function constant(value: number, type: 'f32' | 'bool' = 'f32'): Constant {
  return { kind: 'constant', type, value, key: Object.is(value, -0) ? '-0' : `${value}${type === 'bool' ? 'b' : 'f'}` };
}

/** A whole number: a literal, or an extent that is known when a program runs. */
export function whole(value: ExtentLike): Linear {
  return linear(extent(value), []);
}

export function axis(name: string, size: ExtentLike): Axis {
  return { kind: 'axis', type: 'i32', name, extent: extent(size), key: `axis ${name}` };
}

export function read(buffer: string, offset: Scalar, type: ArithmeticType = 'f32'): Read {
  return { kind: 'read', type, buffer, offset, key: digest(`read ${buffer} ${type} ${offset.key}`) };
}

export function loop(reduce: Loop['reduce'], over: Axis, count: Scalar, body: Scalar): Loop {
  const key = digest(`loop ${reduce} ${over.key} ${count.key} ${body.key}`);
  return { kind: 'loop', type: body.type, reduce, axis: over, count, body, key };
}

export function reductionValue(index: number): ReductionValue {
  return { kind: 'reduction', type: 'f32', index, key: `r${index}` };
}

export const accumulator: Accumulator = { kind: 'accumulator', type: 'f32', key: 'acc' };

/** The index that a select kernel has picked. */
export const selectedIndex: Accumulator = { kind: 'accumulator', type: 'i32', key: 'selected' };

// ---------------------------------------------------------------- index arithmetic

type LinearTerm = Linear['terms'][number];

function linear(sum: Extent, terms: readonly LinearTerm[]): Linear {
  const key = digest(`linear ${sum.key} ${terms.map((t) => `${t.coefficient.key}*${t.atom.key}`).join(' ')}`);
  return { kind: 'linear', type: 'i32', constant: sum, terms, key };
}

/** Any i32 expression as a linear form; what is not one becomes its only atom. */
export function linearForm(x: Scalar): Linear {
  return x.kind === 'linear' ? x : linear(extent(0), [{ coefficient: extent(1), atom: x }]);
}

/** A linear form that is nothing but one atom is that atom. */
function simplest(form: Linear): Scalar {
  const [only, ...others] = form.terms;
  return only && others.length === 0 && form.constant.key === '0' && only.coefficient.key === '1' ? only.atom : form;
}

/** Adds like terms, then puts n·⌊x / n⌋ + x mod n together again as x. */
function collect(sum: Extent, terms: readonly LinearTerm[]): Scalar {
  const byAtom = new Map<string, LinearTerm>();
  for (const { coefficient, atom } of terms) {
    const before = byAtom.get(atom.key)?.coefficient ?? 0;
    const total = addExtents(coefficient, before);
    if (total.key === '0') byAtom.delete(atom.key);
    else byAtom.set(atom.key, { coefficient: total, atom });
  }
  for (const { coefficient, atom } of byAtom.values()) {
    if (atom.kind !== 'apply' || atom.name !== 'remainder') continue;
    const [dividend, divisor] = atom.arguments as [Scalar, Linear];
    const partner = byAtom.get(applyRaw('quotient', [dividend, divisor]).key);
    if (partner?.coefficient.key !== multiplyExtents(coefficient, divisor.constant).key) continue;
    const others = [...byAtom.values()].filter((term) => term.atom !== atom && term !== partner);
    const whole = scale(linearForm(dividend), coefficient);
    return collect(addExtents(sum, whole.constant), [...others, ...whole.terms]);
  }
  const sorted = [...byAtom.values()].sort((a, b) => (a.atom.key < b.atom.key ? -1 : 1));
  return simplest(linear(sum, sorted));
}

function scale(form: Linear, by: Extent): Linear {
  return linear(
    multiplyExtents(form.constant, by),
    form.terms.map(({ coefficient, atom }) => ({ coefficient: multiplyExtents(coefficient, by), atom })),
  );
}

function addIndices(a: Scalar, b: Scalar): Scalar {
  const [x, y] = [linearForm(a), linearForm(b)];
  return collect(addExtents(x.constant, y.constant), [...x.terms, ...y.terms]);
}

function multiplyIndices(a: Scalar, b: Scalar): Scalar {
  const [x, y] = [linearForm(a), linearForm(b)];
  if (x.terms.length > 0 && y.terms.length > 0) return applyRaw('mul', [a, b]);
  const [form, by] = y.terms.length === 0 ? [x, y.constant] : [y, x.constant];
  const scaled = scale(form, by);
  return collect(scaled.constant, scaled.terms);
}

/** An extent that the expression stays below, where one is known. */
export function upperBound(x: Scalar): Extent | undefined {
  if (x.kind === 'axis') return x.extent;
  if (x.kind === 'apply') return x.bound;
  if (x.kind !== 'linear' || !isNonNegative(x.constant)) return undefined;
  let largest = x.constant;
  for (const { coefficient, atom } of x.terms) {
    const bound = upperBound(atom);
    if (!bound || !isNonNegative(coefficient)) return undefined;
    largest = addExtents(largest, multiplyExtents(coefficient, subtractExtents(bound, 1)));
  }
  return addExtents(largest, 1);
}

/**
 * x = n · whole + rest with 0 ≤ rest < n for certain, or undefined. Terms whose coefficient n divides go to the whole;
 * what remains must provably stay below n.
 */
function splitByDivisor(x: Scalar, n: Extent): { whole: Scalar; rest: Scalar } | undefined {
  const form = linearForm(x);
  const divided = form.terms.map((term) => ({ term, quotient: divideExtents(term.coefficient, n) }));
  const constantQuotient = divideExtents(form.constant, n);
  const rest = collect(
    constantQuotient ? extent(0) : form.constant,
    divided.filter(({ quotient }) => !quotient).map(({ term }) => term),
  );
  const bound = upperBound(rest);
  if (!bound || !isNonNegative(subtractExtents(n, bound))) return undefined;
  const whole = collect(
    constantQuotient ?? extent(0),
    divided.flatMap(({ term, quotient }) => (quotient ? [{ atom: term.atom, coefficient: quotient }] : [])),
  );
  return { whole, rest };
}

function divideIndices(name: 'quotient' | 'remainder', a: Scalar, b: Scalar): Scalar {
  const divisor = linearForm(b);
  if (divisor.terms.length > 0) return applyRaw(name, [a, b]);
  const n = divisor.constant;
  const split = splitByDivisor(a, n);
  if (split) return name === 'quotient' ? split.whole : split.rest;
  const bound = upperBound(a);
  return applyRaw(name, [a, divisor], name === 'remainder' ? n : bound && divideExtents(bound, n));
}

// ---------------------------------------------------------------- application

function applyRaw(name: FunctionName, args: readonly Scalar[], bound?: Extent): Apply {
  const type = scalarFunction(name).result ?? args.at(-1)!.type;
  const key = digest(`${name} ${args.map((argument) => argument.key).join(' ')}`);
  return { kind: 'apply', type, name, arguments: args, key, ...(bound && { bound }) };
}

function literal(x: Scalar): number | undefined {
  if (x.kind === 'constant') return x.value;
  return x.kind === 'linear' && x.terms.length === 0 ? fixedExtent(x.constant) : undefined;
}

/** x + 0, x · 1 and the like, for floats; a row a function. NaN and ∞ are respected: x · 0 stays. */
const identities: Partial<Record<FunctionName, (a: Scalar, b: Scalar) => Scalar | undefined>> = {
  add: (a, b) => (literal(a) === 0 ? b : literal(b) === 0 ? a : undefined),
  sub: (a, b) => (literal(b) === 0 ? a : undefined),
  mul: (a, b) => (literal(a) === 1 ? b : literal(b) === 1 ? a : undefined),
  div: (a, b) => (literal(b) === 1 ? a : undefined),
  and: (a, b) => (literal(a) === 1 || literal(b) === 0 ? b : literal(b) === 1 || literal(a) === 0 ? a : undefined),
  or: (a, b) => (literal(a) === 0 || literal(b) === 1 ? b : literal(b) === 0 || literal(a) === 1 ? a : undefined),
};

const indexArithmetic: Partial<Record<FunctionName, (a: Scalar, b: Scalar) => Scalar>> = {
  add: addIndices,
  sub: (a, b) => addIndices(a, multiplyIndices(b, whole(-1))),
  mul: multiplyIndices,
  quotient: (a, b) => divideIndices('quotient', a, b),
  remainder: (a, b) => divideIndices('remainder', a, b),
};

/** Applies a function, simplified where that changes nothing: literals folded, identities dropped, indices normalised. */
export function apply(name: FunctionName, ...args: readonly Scalar[]): Scalar {
  const { arity, result, ofFloats, evaluate } = scalarFunction(name);
  if (args.length !== arity) throw new RangeError(`${name} takes ${arity} arguments, got ${args.length}`);
  if (ofFloats && args.some((argument) => argument.type !== 'f32'))
    throw new RangeError(`${name} takes floats, got ${args.map((argument) => argument.type).join(', ')}`);
  const values = args.map(literal);
  if (name === 'where' && values[0] !== undefined) return args[values[0] ? 1 : 2]!;
  const type = result ?? args.at(-1)!.type;
  if (values.every((value) => value !== undefined)) {
    const value = evaluate(values[0]!, values[1]!, values[2]!);
    return type === 'i32' ? whole(value) : constant(value, type);
  }
  if (type === 'i32' && args.every((argument) => argument.type === 'i32')) {
    const arithmetic = indexArithmetic[name];
    if (arithmetic) return arithmetic(args[0]!, args[1]!);
  }
  return identities[name]?.(args[0]!, args[1]!) ?? applyRaw(name, args);
}

// ---------------------------------------------------------------- looking at expressions

/** What an expression is made of, one level down. */
export function operandsOf(x: Scalar): readonly Scalar[] {
  switch (x.kind) {
    case 'apply':
      return x.arguments;
    case 'linear':
      return x.terms.map((term) => term.atom);
    case 'read':
      return [x.offset];
    case 'loop':
      return [x.axis, x.count, x.body];
    default:
      return [];
  }
}

/** Every distinct expression within the given ones, operands before what uses them. */
export function* within(...roots: readonly Scalar[]): Generator<Scalar> {
  const seen = new Set<string>();
  function* visit(x: Scalar): Generator<Scalar> {
    if (seen.has(x.key)) return;
    seen.add(x.key);
    for (const operand of operandsOf(x)) yield* visit(operand);
    yield x;
  }
  for (const root of roots) yield* visit(root);
}

export function dependsOn(x: Scalar, part: Scalar): boolean {
  for (const inner of within(x)) if (inner.key === part.key) return true;
  return false;
}

/** How much an offset moves when `along` moves by one: an extent, 0 if not at all, undefined if not linearly. */
export function strideOf(offset: Scalar, along: Axis): Extent | undefined {
  let stride = extent(0);
  for (const { coefficient, atom } of linearForm(offset).terms) {
    if (atom.key === along.key) stride = coefficient;
    else if (dependsOn(atom, along)) return undefined;
  }
  return stride;
}

/** The expression with axes (by key) replaced and simplified anew. */
export function substitute(x: Scalar, replacements: ReadonlyMap<string, Scalar>): Scalar {
  const done = new Map<string, Scalar>(replacements);
  const visit = (e: Scalar): Scalar => {
    const known = done.get(e.key);
    if (known) return known;
    const replaced = rebuild(e, visit);
    done.set(e.key, replaced);
    return replaced;
  };
  return visit(x);
}

function rebuild(e: Scalar, visit: (e: Scalar) => Scalar): Scalar {
  switch (e.kind) {
    case 'apply':
      return apply(e.name, ...e.arguments.map(visit));
    case 'linear':
      return e.terms.reduce<Scalar>(
        (sum, { coefficient, atom }) => addIndices(sum, multiplyIndices(visit(atom), whole(coefficient))),
        whole(e.constant),
      );
    case 'read':
      return read(e.buffer, visit(e.offset), e.type);
    case 'loop':
      return loop(e.reduce, e.axis, visit(e.count), visit(e.body));
    default:
      return e;
  }
}
