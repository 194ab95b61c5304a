/** Scalar expressions on four lanes of a v128: neighbours along an axis. See mode.ts. */
import { isNonNegative, subtractExtents } from '../../dsl/extent.ts';
import {
  type Apply,
  type Axis,
  apply,
  type Linear,
  type Read,
  type Scalar,
  upperBound,
  whole,
  within,
} from '../../dsl/scalar.ts';
import { liesSideBySide, partOf, placeOf } from './address.ts';
import type { Emitter } from './emitter.ts';
import { branches, leafText, printValue, side } from './expressions.ts';
import { loopText } from './loop.ts';
import { type LaneMode, nameKey, scalarMode, type VectorMode } from './mode.ts';
import { atom, operators, type Text } from './operators.ts';
import { storagePrinters } from './storage.ts';

/** What is the same in all lanes. */
export function splat(e: Emitter, x: Scalar, mode: VectorMode): Text {
  const key = nameKey(x.key, { kind: 'vector', axis: mode.axis, offset: -1 });
  const known = e.scopes.lookup(key);
  if (known) return atom(known);
  if (x.kind === 'constant') {
    return atom(x.type === 'bool' ? `i32x4.splat(${x.value ? -1 : 0})` : e.constant(x.value));
  }
  return e.scopes.at(e.dependence.home(x, scalarMode), () => {
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
    for (const helper of printer.helpers.load) e.use(helper);
    if (same) return printer.loadSplat(address);
  }
  const { text } = printValue(e, x, scalarMode);
  if (x.type === 'bool') return `i32x4.splat(-i32(${text}))`;
  return `${x.type}x4.splat(${text})`;
}

export function vectorText(e: Emitter, x: Scalar, mode: VectorMode): string {
  switch (x.kind) {
    case 'linear':
      return linearLanes(e, x, mode);
    case 'apply':
      return x.name === 'where' ? choiceLanes(e, x, mode) : appliedLanes(e, x, mode);
    case 'read':
      return readLanes(e, x, mode);
    case 'loop':
      return e.dependence.varies(x.count, mode) ? laneByLane(e, x, mode) : loopText(e, x, mode);
    case 'axis':
      return axisLanes(e, x, mode);
    default:
      return e.dependence.laneValues(x, mode) ?? leafText(e, x, { ...mode, kind: 'lane' });
  }
}

function axisLanes(e: Emitter, x: Axis, mode: VectorMode): string {
  const lanes = e.dependence.laneValues(x, mode);
  if (lanes) return lanes;
  const first = printValue(e, x, scalarMode).text;
  return `i32x4.add(i32x4.splat(${mode.offset ? `${first} + ${mode.offset}` : first}), i32x4(0, 1, 2, 3))`;
}

function linearLanes(e: Emitter, x: Linear, mode: VectorMode): string {
  const same = partOf(x, (part) => !e.dependence.varies(part, mode), x.constant);
  const terms = x.terms
    .filter(({ atom: part }) => e.dependence.varies(part, mode))
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
    y.kind === 'apply' && y.name === 'mul' && e.dependence.varies(y, mode) && !e.isShared(y);
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
  if (x.type === 'bool' || !liesSideBySide(e, x.offset, mode)) return laneByLane(e, x, mode);
  const { dtype } = e.declaration(x.buffer);
  const stored = dtype === 'i32' || dtype === 'u32' ? 'i32' : 'f32';
  const place = placeOf(e, x.buffer, x.offset, mode);
  const printer = storagePrinters[dtype];
  for (const helper of printer.helpers.load) e.use(helper);
  const text = printer.loadVector(`${place.address}${place.immediate}`);
  if (stored === x.type) return text;
  return operators[x.type === 'f32' ? 'toFloat' : 'toInt'].vector!([text], stored);
}

function choiceLanes(e: Emitter, x: Apply, mode: VectorMode): string {
  const [condition, yes, no] = x.arguments as [Scalar, Scalar, Scalar];
  if (!e.dependence.varies(condition, mode)) {
    const test = printValue(e, condition, scalarMode).text;
    return branches(e, x, test, side(e, yes, mode), side(e, no, mode), 'v128');
  }
  if (!isSafe(e, yes) || !isSafe(e, no)) return laneByLane(e, x, mode);
  const [mask, a, b] = [condition, yes, no].map((part) => printValue(e, part, mode).text);
  return `v128.bitselect(${a}, ${b}, ${mask})`;
}

/** Whether both sides of a choice may be evaluated whatever the condition: everything read is certain to be in its buffer. */
function isSafe(e: Emitter, x: Scalar): boolean {
  if (e.dependence.isTotal(x)) return true;
  for (const part of within(x)) {
    if (part.kind === 'loop') return false;
    if (part.kind === 'apply' && !e.dependence.dividesSafely(part)) return false;
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
