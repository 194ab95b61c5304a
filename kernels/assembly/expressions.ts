/** Scalar expressions as AssemblyScript: one number, four lanes, or one of four lanes. See mode.ts. */
import { type Extent, extent, fixedExtent, isNonNegative, subtractExtents } from '../../dsl/extent.ts';
import {
  type Apply,
  type Axis,
  apply,
  type Linear,
  type Loop,
  linearForm,
  type Read,
  type Scalar,
  strideOf,
  upperBound,
  whole,
  within,
} from '../../dsl/scalar.ts';
import { linearText, partOf, placeOf } from './address.ts';
import type { Emitter } from './emitter.ts';
import { type LaneMode, type Mode, nameKey, scalarMode, type VectorMode } from './mode.ts';
import { atom, level, operators, type Text, wrap } from './operators.ts';
import { storagePrinters } from './storage.ts';

/** Sums over more elements than this are added up in blocks, so that rounding errors stay small. */
const sumBlock = 64;

/** `B * T + 2`. */
export function extentText(e: Extent, size: (symbol: string) => string): string {
  const terms = e.terms.map(({ coefficient, symbols }) => {
    const factors = symbols.map(size);
    if (coefficient !== 1 || factors.length === 0) factors.push(`${coefficient}`);
    return factors.join(' * ');
  });
  return terms.join(' + ').replaceAll('+ -', '- ') || '0';
}

/** An expression's text in the current scope; consts that it needs are printed here or further out. */
export function printValue(e: Emitter, x: Scalar, mode: Mode): Text {
  if (mode.kind !== 'scalar' && !e.varies(x, mode)) {
    return mode.kind === 'lane' ? printValue(e, x, scalarMode) : splat(e, x, mode);
  }
  const key = nameKey(x.key, mode);
  const known = e.scopes.lookup(key);
  if (known) return atom(known);
  const literal = literalText(e, x);
  if (literal) return literal;
  const home = e.home(x, mode);
  const hoisted = home !== e.scopes.current;
  return e.scopes.at(home, () => {
    const text = mode.kind === 'vector' ? atom(vectorText(e, x, mode)) : scalarText(e, x, mode);
    const bind = /[^\w.]/.test(text.text) && (hoisted || e.isLong(text) || (e.isShared(x) && x.kind !== 'axis'));
    if (!bind && !(text.level === level.atom && /^[a-zA-Z_]\w*$/.test(text.text))) return text;
    const name = bind ? e.bind(text.text, nameHint(x)) : text.text;
    e.scopes.define(key, name);
    return atom(name);
  });
}

function nameHint(x: Scalar): string {
  if (x.kind === 'read') return `${x.buffer}_value`;
  if (x.kind === 'apply') return x.name === 'where' ? 'chosen' : x.name;
  return x.kind === 'linear' ? 'index' : 'value';
}

/** Numbers, sizes and products of sizes: never bound to another name. */
function literalText(e: Emitter, x: Scalar): Text | undefined {
  if (x.kind === 'constant') {
    return x.type === 'bool'
      ? atom(x.value ? 'true' : 'false')
      : atom(`f32(${Object.is(x.value, -0) ? '-0.0' : x.value})`);
  }
  if (x.kind !== 'linear' || x.terms.length > 0) return undefined;
  const text = e.extent(x.constant);
  return { text, level: text.startsWith('-') ? level.product : level.atom };
}

// ---------------------------------------------------------------- one number

function scalarText(e: Emitter, x: Scalar, mode: Exclude<Mode, VectorMode>): Text {
  switch (x.kind) {
    case 'linear':
      return wholeText(e, x, mode);
    case 'apply':
      return x.name === 'where' ? choice(e, x, mode) : applied(e, x, mode);
    case 'read':
      return readText(e, x, mode);
    case 'loop':
      return atom(loopText(e, x, mode));
    default:
      return atom(leafText(e, x, mode));
  }
}

/** A linear form; what a loop does not change of it is worked out once, outside. */
function wholeText(e: Emitter, x: Linear, mode: Mode): Text {
  const inner = (part: Scalar): boolean => e.home(part, mode) === e.scopes.current;
  const outer = partOf(x, (part) => !inner(part), extent(0));
  if (outer.kind !== 'linear' || outer.terms.length === 0) return linearText(e, x, mode);
  const own = linearForm(partOf(x, inner, x.constant));
  const [before, rest] = [printValue(e, outer, mode), linearText(e, own, mode)];
  if (rest.text === '0') return before;
  return rest.text.startsWith('-')
    ? { text: `${wrap(before, level.sum)} - ${rest.text.slice(1)}`, level: level.sum }
    : { text: `${wrap(before, level.sum)} + ${rest.text}`, level: level.sum };
}

/** An axis or an accumulated value in a lane; in scalar mode all of them have been defined and are never asked for here. */
function leafText(e: Emitter, x: Scalar, mode: Exclude<Mode, VectorMode>): string {
  if (mode.kind === 'lane') {
    const lanes = e.laneValues(x, mode);
    if (lanes) return `${x.type === 'f32' ? 'f32x4' : 'i32x4'}.extract_lane(${lanes}, ${mode.offset % 4})`;
    if (x.key === mode.axis.key)
      return mode.offset === 0
        ? printValue(e, x, scalarMode).text
        : `(${printValue(e, x, scalarMode).text} + ${mode.offset})`;
  }
  throw new Error(`kernel ${e.kernel.name}: ${x.kind} ${x.key} is used where it has no value`);
}

function applied(e: Emitter, x: Apply, mode: Mode): Text {
  const row = operators[x.name as keyof typeof operators];
  if (row.maths) e.use(`${row.maths}_f32`);
  return row.scalar(
    x.arguments.map((argument) => printValue(e, argument, mode)),
    x.arguments.at(-1)!.type,
  );
}

function readText(e: Emitter, x: Read, mode: Mode): Text {
  const { dtype } = e.declaration(x.buffer);
  const printer = storagePrinters[dtype];
  for (const helper of printer.helpers) e.use(helper);
  const { address, immediate } = placeOf(e, x.buffer, x.offset, mode);
  const text = printer.load(`${address}${immediate}`);
  const stored = dtype === 'i32' || dtype === 'u32' ? 'i32' : 'f32';
  if (stored === x.type) return atom(text);
  return x.type === 'bool' ? { text: `${text} != 0`, level: level.comparison } : atom(`${x.type}(${text})`);
}

/** `where`: only the chosen side is evaluated. */
function choice(e: Emitter, x: Apply, mode: Mode): Text {
  const [condition, yes, no] = x.arguments as [Scalar, Scalar, Scalar];
  const test = printValue(e, condition, mode);
  const [a, b] = [side(e, yes, mode), side(e, no, mode)];
  if (a.lines.length === 0 && b.lines.length === 0) {
    const text = `${wrap(test, level.or)} ? ${wrap(a.text, level.or)} : ${wrap(b.text, level.or)}`;
    return { text, level: level.ternary };
  }
  return atom(branches(e, x, test.text, a, b, x.type === 'f32' ? 'f32' : x.type === 'i32' ? 'i32' : 'bool'));
}

interface Side {
  readonly lines: readonly string[];
  readonly text: Text;
}

function side(e: Emitter, x: Scalar, mode: Mode): Side {
  let text = atom('');
  const lines = e.scopes.within(true, () => {
    text = printValue(e, x, mode);
  });
  return { lines, text };
}

function branches(e: Emitter, x: Scalar, test: string, a: Side, b: Side, type: string): string {
  const name = e.name(nameHint(x));
  e.line(
    `let ${name}: ${type};`.replace(
      ';',
      type === 'v128' ? ' = i32x4.splat(0);' : type === 'bool' ? ' = false;' : ' = 0;',
    ),
  );
  const put = (head: string, { lines, text }: Side): void =>
    e.block(head, () => {
      for (const line of lines) e.line(line);
      e.line(`${name} = ${text.text};`);
    });
  put(`if (${test})`, a);
  put('else', b);
  return name;
}

// ---------------------------------------------------------------- loops

/** A sum or maximum over a loop: the name of the variable that holds it. */
function loopText(e: Emitter, x: Loop, mode: Mode): string {
  const lanes = mode.kind === 'vector';
  const floats = x.type === 'f32';
  const count = wrap(printValue(e, x.count, scalarLike(mode)), level.sum);
  const zero = x.reduce === 'max' ? (floats ? '-Infinity' : 'i32.MIN_VALUE') : '0';
  const type = floats ? 'f32' : 'i32';
  const initial = lanes ? `${type}x4.splat(${zero})` : zero;
  const declare = (hint: string): string => {
    const name = e.name(hint);
    e.line(`let ${name}: ${lanes ? 'v128' : type} = ${initial};`);
    return name;
  };
  const total = declare(x.reduce === 'sum' ? 'total' : 'largest');
  const guard = x.count.kind !== 'linear' || x.count.terms.length > 0 || fixedExtent(x.count.constant) === undefined;
  const into = (target: string, value: string): string => {
    if (x.reduce === 'max')
      return lanes ? `${type}x4.${floats ? 'max' : 'max_s'}(${target}, ${value})` : `max<${type}>(${target}, ${value})`;
    return lanes ? `${type}x4.add(${target}, ${value})` : `${target} + ${value}`;
  };
  const run = (target: string, from: string, to: string): void =>
    e.loop(
      x.axis,
      from,
      to,
      () => e.line(`${target} = ${into(target, wrap(printValue(e, x.body, mode), level.product))};`),
      { guard },
    );
  if (x.reduce === 'max' || !floats || isAtMost(x.count, sumBlock)) run(total, '0', count);
  else {
    const block = e.name('block');
    e.block(
      `for (let ${block} = 0; ${block} < ${count}; ${block} += ${sumBlock})`,
      () => {
        const part = declare('part');
        run(part, block, `min<i32>(${count}, ${block} + ${sumBlock})`);
        e.line(`${total} = ${into(total, part)};`);
      },
      { guard },
    );
  }
  return total;
}

/** How to print a loop's count: it is the same in all lanes. */
const scalarLike = (mode: Mode): Mode => (mode.kind === 'vector' ? scalarMode : mode);

function isAtMost(x: Scalar, most: number): boolean {
  const fixed = x.kind === 'linear' && x.terms.length === 0 ? fixedExtent(x.constant) : undefined;
  return fixed !== undefined && fixed <= most;
}

// ---------------------------------------------------------------- four lanes

/** What is the same in all lanes. */
function splat(e: Emitter, x: Scalar, mode: VectorMode): Text {
  const key = nameKey(x.key, { kind: 'vector', axis: mode.axis, offset: -1 });
  const known = e.scopes.lookup(key);
  if (known) return atom(known);
  if (x.kind === 'constant') {
    return atom(x.type === 'bool' ? `i32x4.splat(${x.value ? -1 : 0})` : e.constant(x.value));
  }
  return e.scopes.at(e.home(x, scalarMode), () => {
    const name = e.bind(splatText(e, x), x.kind === 'read' ? `${x.buffer}_splat` : 'splat');
    e.scopes.define(key, name);
    return atom(name);
  });
}

function splatText(e: Emitter, x: Scalar): string {
  if (x.kind === 'read' && e.scopes.lookup(x.key) === undefined && x.type !== 'bool') {
    const { dtype } = e.declaration(x.buffer);
    const same = (dtype === 'i32' || dtype === 'u32' ? 'i32' : 'f32') === x.type;
    const printer = storagePrinters[dtype];
    const { address } = placeOf(e, x.buffer, x.offset, scalarMode);
    for (const helper of printer.helpers) e.use(helper);
    if (same) return printer.loadSplat(address);
  }
  const { text } = printValue(e, x, scalarMode);
  if (x.type === 'bool') return `i32x4.splat(-i32(${text}))`;
  return `${x.type}x4.splat(${text})`;
}

function vectorText(e: Emitter, x: Scalar, mode: VectorMode): string {
  switch (x.kind) {
    case 'linear':
      return linearLanes(e, x, mode);
    case 'apply':
      return x.name === 'where' ? choiceLanes(e, x, mode) : appliedLanes(e, x, mode);
    case 'read':
      return readLanes(e, x, mode);
    case 'loop':
      return e.varies(x.count, mode) ? laneByLane(e, x, mode) : loopText(e, x, mode);
    case 'axis':
      return axisLanes(e, x, mode);
    default:
      return e.laneValues(x, mode) ?? leafText(e, x, { ...mode, kind: 'lane' });
  }
}

function axisLanes(e: Emitter, x: Axis, mode: VectorMode): string {
  const lanes = e.laneValues(x, mode);
  if (lanes) return lanes;
  const first = printValue(e, x, scalarMode).text;
  return `i32x4.add(i32x4.splat(${mode.offset ? `${first} + ${mode.offset}` : first}), i32x4(0, 1, 2, 3))`;
}

function linearLanes(e: Emitter, x: Linear, mode: VectorMode): string {
  const same = partOf(x, (part) => !e.varies(part, mode), x.constant);
  const terms = x.terms
    .filter(({ atom: part }) => e.varies(part, mode))
    .map(({ coefficient, atom: part }) => {
      const lanes = printValue(e, part, mode).text;
      return coefficient.key === '1' ? lanes : `i32x4.mul(${lanes}, ${splat(e, whole(coefficient), mode).text})`;
    });
  const isZero = same.kind === 'linear' && same.terms.length === 0 && same.constant.key === '0';
  return [...(isZero ? [] : [splat(e, same, mode).text]), ...terms].reduce((sum, term) => `i32x4.add(${sum}, ${term})`);
}

function appliedLanes(e: Emitter, x: Apply, mode: VectorMode): string {
  const fused = multiplyAdd(e, x, mode);
  if (fused) return fused;
  const row = operators[x.name as keyof typeof operators];
  if (row.maths) return e.maths(row.maths, printValue(e, x.arguments[0]!, mode).text);
  if (!row.vector) return laneByLane(e, x, mode);
  const args = x.arguments.map((argument) => printValue(e, argument, mode).text);
  return row.vector(args, x.arguments.at(-1)!.type);
}

/** a · b + c in one operation, when a · b is used nowhere else. */
function multiplyAdd(e: Emitter, x: Apply, mode: VectorMode): string | undefined {
  if (x.type !== 'f32' || (x.name !== 'add' && x.name !== 'sub')) return undefined;
  const [a, b] = x.arguments as [Scalar, Scalar];
  const isProduct = (y: Scalar): y is Apply =>
    y.kind === 'apply' && y.name === 'mul' && e.varies(y, mode) && !e.isShared(y);
  const text = (y: Scalar): string => printValue(e, y, mode).text;
  if (isProduct(a)) {
    const [p, q] = a.arguments as [Scalar, Scalar];
    return e.madd(text(p), text(q), x.name === 'add' ? text(b) : text(apply('neg', b)));
  }
  if (!isProduct(b)) return undefined;
  const [p, q] = b.arguments as [Scalar, Scalar];
  return x.name === 'add' ? e.madd(text(p), text(q), text(a)) : `${e.use('nmadd')}(${text(p)}, ${text(q)}, ${text(a)})`;
}

function readLanes(e: Emitter, x: Read, mode: VectorMode): string {
  const stride = strideOf(x.offset, mode.axis);
  const { dtype } = e.declaration(x.buffer);
  const stored = dtype === 'i32' || dtype === 'u32' ? 'i32' : 'f32';
  const place =
    stride && fixedExtent(stride) === 1 && x.type !== 'bool' ? placeOf(e, x.buffer, x.offset, mode) : undefined;
  if (place?.stride !== 1) return laneByLane(e, x, mode);
  const printer = storagePrinters[dtype];
  for (const helper of printer.helpers) e.use(helper);
  const text = printer.loadVector(`${place.address}${place.immediate}`);
  if (stored === x.type) return text;
  return operators[x.type === 'f32' ? 'toFloat' : 'toInt'].vector!([text], stored);
}

function choiceLanes(e: Emitter, x: Apply, mode: VectorMode): string {
  const [condition, yes, no] = x.arguments as [Scalar, Scalar, Scalar];
  if (!e.varies(condition, mode)) {
    const test = printValue(e, condition, scalarMode).text;
    return branches(e, x, test, side(e, yes, mode), side(e, no, mode), 'v128');
  }
  if (!isSafe(e, yes) || !isSafe(e, no)) return laneByLane(e, x, mode);
  const [mask, a, b] = [condition, yes, no].map((part) => printValue(e, part, mode).text);
  return `v128.bitselect(${a}, ${b}, ${mask})`;
}

/** Whether both sides of a choice may be evaluated whatever the condition: everything read is certain to be in its buffer. */
function isSafe(e: Emitter, x: Scalar): boolean {
  if (e.isTotal(x)) return true;
  for (const part of within(x)) {
    if (part.kind === 'loop') return false;
    if (part.kind === 'apply' && !e.dividesSafely(part)) return false;
    if (part.kind !== 'read') continue;
    const bound = upperBound(part.offset);
    if (!bound || !isNonNegative(subtractExtents(e.declaration(part.buffer).size, bound))) return false;
  }
  return true;
}

/** Four numbers, each worked out on its own: for gathers, other strides, and what has no vector form. */
function laneByLane(e: Emitter, x: Scalar, mode: VectorMode): string {
  const lanes = [0, 1, 2, 3].map((j) => {
    const one: LaneMode = { kind: 'lane', axis: mode.axis, offset: mode.offset + j };
    const text = printValue(e, x, one);
    return x.type === 'bool' ? `-i32(${text.text})` : text.text;
  });
  return `${e.use(x.type === 'f32' ? 'lanes_f32' : 'lanes_i32')}(${lanes.join(', ')})`;
}
