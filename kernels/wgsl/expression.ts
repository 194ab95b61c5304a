/** Scalar expressions as WGSL text. What needs lines of its own, as loops and guarded reads do, adds them to the scope. */
import type { ArithmeticType } from '../../dsl/dtype.ts';
import { type Extent, fixedExtent } from '../../dsl/extent.ts';
import { type Apply, type Linear, type Loop, operandsOf, type Scalar } from '../../dsl/scalar.ts';
import { sharedKeys } from './certain.ts';
import { atom, type Code, call, extentTerms, identifier, integer, scaledTerm, signedSum } from './code.ts';
import { converted, wgslFunction } from './functions.ts';
import { readCode } from './memory.ts';
import { prefixes, type Scope } from './scope.ts';

export function expressionCode(scope: Scope, x: Scalar): Code {
  switch (x.kind) {
    case 'constant':
      return x.type === 'bool' ? atom(x.value ? 'true' : 'false') : scope.float(x.value);
    case 'linear':
      return linearCode(scope, x);
    case 'read':
      return readCode(scope, x);
    case 'loop':
      return loopCode(scope, x);
    case 'apply':
      return x.name === 'where' ? whereCode(scope, x) : applyCode(scope, x, x.name);
    default:
      throw new Error(`kernel ${scope.shader.kernelName}: ${x.key} has no value where it is used`);
  }
}

// ---------------------------------------------------------------- functions

/** What values of several types are compared as. */
function commonType(args: readonly Scalar[]): ArithmeticType {
  const types = args.map(({ type }) => type);
  return types.includes('f32') ? 'f32' : types.includes('i32') ? 'i32' : 'bool';
}

function applyCode(scope: Scope, x: Apply, name: Exclude<Apply['name'], 'where'>): Code {
  const vector = scope.isVector(x);
  const row = wgslFunction(name, x.type);
  const type = { result: x.type, common: commonType(x.arguments), bool: 'bool' as const, own: undefined }[row.takes];
  const args = x.arguments.map((argument) => {
    const code = scope.value(argument);
    const typed = type ? converted(code, argument.type, type, scope.isVector(argument)) : code;
    return row.mixes ? typed : scope.splat(argument, typed, type ?? argument.type, vector);
  });
  if (row.helper) scope.shader.use(row.helper, vector ? row.arity : undefined);
  return row.print(args, scope.typeOf(x), vector);
}

// ---------------------------------------------------------------- choices

/** `select` where both sides may be evaluated, `if` where one of them must not be or costs much. */
function whereCode(scope: Scope, x: Apply): Code {
  const [condition, chosen, other] = x.arguments as readonly [Scalar, Scalar, Scalar];
  const test = converted(scope.value(condition), condition.type, 'bool', scope.isVector(condition));
  const side = (inner: Scope, y: Scalar): Code => {
    const code = converted(inner.values([y])[0]!, y.type, x.type, inner.isVector(y));
    return inner.splat(y, code, x.type, scope.isVector(x));
  };
  const light = isLight(scope, other);
  if (light && isLight(scope, chosen)) return call('select', side(scope, other), side(scope, chosen), test);
  const shared = new Set(sharedKeys(chosen, other));
  scope.nameAll([chosen, other], (y) => shared.has(y.key));
  const name = scope.shader.fresh(prefixes[x.type]);
  scope.line(light ? `var ${name} = ${side(scope, other).text};` : `var ${name}: ${scope.typeOf(x)};`);
  const assign = (y: Scalar) => (inner: Scope) => inner.line(`${name} = ${side(inner, y).text};`);
  scope.block(`if (${test.text})`, assign(chosen));
  if (!light) scope.otherwise(assign(other));
  scope.bind(x, atom(name));
  return atom(name);
}

/** Whether evaluating an expression that is not wanted does no harm. */
function isLight(scope: Scope, x: Scalar): boolean {
  if (scope.lookup(x)) return true;
  return x.kind !== 'read' && x.kind !== 'loop' && operandsOf(x).every((operand) => isLight(scope, operand));
}

// ---------------------------------------------------------------- loops

function loopCode(scope: Scope, x: Loop): Code {
  const { reduce, axis, count, body, type } = x;
  const vector = scope.isVector(body);
  const total = atom(scope.shader.fresh(reduce === 'sum' ? 'sum' : 'largest'));
  const limit = scope.named(scope.value(count), 'count');
  scope.line(`var ${total.text} = ${identity(scope, reduce, type, vector).text};`);
  const plain = identifier(axis.name);
  const index = scope.hasName(plain) ? scope.shader.fresh(plain) : plain;
  scope.block(`for (var ${index} = 0; ${index} < ${limit.text}; ${index}++)`, (inner) => {
    inner.bind(axis, atom(index));
    const [value] = inner.values([body]);
    accumulate(inner, reduce, type, total, value!, vector);
  });
  scope.bind(x, total);
  return total;
}

/** What a reduction begins with: 0, or what no value lies below. */
export function identity(scope: Scope, reduce: 'sum' | 'max', type: ArithmeticType, vector: boolean): Code {
  const start = reduce === 'sum' ? 0 : type === 'i32' ? -2147483648 : Number.NEGATIVE_INFINITY;
  const code = type === 'i32' ? integer(start) : scope.float(start);
  return vector ? call(`vec4<${type}>`, code) : code;
}

/** The larger of two, or NaN if either is one. */
export function largerOf(scope: Scope, type: ArithmeticType, a: Code, b: Code, vector: boolean): Code {
  if (type === 'i32') return call('max', a, b);
  scope.shader.use('maximum', vector ? 2 : undefined);
  return call(vector ? 'maximum4' : 'maximum', a, b);
}

/** A line that takes one more value into a reduction. */
export function accumulate(
  scope: Scope,
  reduce: 'sum' | 'max',
  type: ArithmeticType,
  total: Code,
  value: Code,
  vector: boolean,
): void {
  if (reduce === 'sum') scope.line(`${total.text} += ${value.text};`);
  else scope.line(`${total.text} = ${largerOf(scope, type, total, value, vector).text};`);
}

// ---------------------------------------------------------------- indices

/** The slowest index first: by how many symbols its coefficient has, then by how large that is. */
function bySpeed(a: Extent, b: Extent): number {
  const symbols = (e: Extent): number => Math.max(...e.terms.map((term) => term.symbols.length));
  const size = (e: Extent): number => Math.abs(fixedExtent(e) ?? e.terms[0]!.coefficient);
  return symbols(b) - symbols(a) || size(b) - size(a);
}

/** Σ coefficient × atom: `b * (sizes.T * 768) + t * 768 + w`. */
function linearCode(scope: Scope, { constant, terms }: Linear): Code {
  const printed = terms.map(({ coefficient, atom: index }) => ({
    coefficient,
    term: scaledTerm(coefficient, converted(scope.value(index), index.type, 'i32', false)),
  }));
  printed.sort((a, b) => bySpeed(a.coefficient, b.coefficient) || (a.term.code.text < b.term.code.text ? -1 : 1));
  return signedSum([...printed.map(({ term }) => term), ...extentTerms(constant)]);
}
