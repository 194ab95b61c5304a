/**
 * Runs along an axis without choices in them. Where a condition changes along the axis once, as in concatenation and padding,
 * the run is cut there; where it is the same all along, there is a run for either case. Inside, no element is guarded any
 * more, so that neighbours can be read at once.
 */
import { fixedExtent } from '../../dsl/extent.ts';
import {
  type Apply,
  type Axis,
  apply,
  constant,
  dependsOn,
  linearForm,
  type Scalar,
  substitute,
  whole,
  within,
} from '../../dsl/scalar.ts';
import type { Write } from '../ir.ts';
import { partOf } from './address.ts';
import type { Emitter } from './emitter.ts';

/** Runs a kernel is printed as, at most. */
const mostRuns = 8;

export type PrintRun = (writes: readonly Write[], from: string, to: string) => void;

/** Prints the writes along `axis` from `from` to `to`, as one run or as several. */
export function printRuns(
  e: Emitter,
  along: Axis,
  writes: readonly Write[],
  from: string,
  to: string,
  print: PrintRun,
  runs = 1,
): void {
  const condition = runs * 2 <= mostRuns ? conditionIn(e, along, writes) : undefined;
  if (!condition) return print(writes, from, to);
  const given = (value: boolean): Write[] => writes.map((write) => withCondition(write, condition, value));
  const next = (value: boolean, start: string, end: string): void =>
    printRuns(e, along, given(value), start, end, print, runs * 2);
  if (!dependsOn(condition, along)) {
    const test = e.value(condition);
    e.block(`if (${test})`, () => next(true, from, to), { guard: true });
    e.block('else', () => next(false, from, to), { guard: true });
    return;
  }
  const { at, before } = turningPoint(condition, along)!;
  const cut = e.bind(`min<i32>(${to}, max<i32>(${from}, ${e.value(at)}))`, 'cut');
  e.block(`if (${from} < ${cut})`, () => next(before, from, cut), { guard: true });
  e.block(`if (${cut} < ${to})`, () => next(!before, cut, to), { guard: true });
}

function withCondition({ buffer, offset, value }: Write, condition: Scalar, holds: boolean): Write {
  const known = new Map([[condition.key, constant(holds ? 1 : 0, 'bool')]]);
  return { buffer, offset: substitute(offset, known), value: substitute(value, known) };
}

/** A condition to get rid of: the first one, so that those it guards come after it. */
function conditionIn(e: Emitter, along: Axis, writes: readonly Write[]): Scalar | undefined {
  for (const x of within(...writes.flatMap(({ offset, value }) => [offset, value]))) {
    if (x.kind !== 'apply' || x.name !== 'where') continue;
    const [condition, ...sides] = x.arguments as [Scalar, Scalar, Scalar];
    if (!sides.some((side) => dependsOn(side, along) && reads(side))) continue;
    for (const part of comparisons(condition))
      if (isKnown(e, part, writes) && (!dependsOn(part, along) || turningPoint(part, along))) return part;
  }
  return undefined;
}

const reads = (x: Scalar): boolean => [...within(x)].some((part) => part.kind === 'read');

/** Conditions are asked before the run begins: none may be one that another condition makes safe to ask. */
function isKnown(e: Emitter, condition: Scalar, writes: readonly Write[]): boolean {
  const axes = new Set(
    writes
      .flatMap(({ offset, value }) => [...e.dependence.leaves(offset), ...e.dependence.leaves(value)])
      .map(({ key }) => key),
  );
  return (
    e.dependence.leaves(condition).every(({ key }) => axes.has(key)) &&
    [...within(condition)].every(
      (part) =>
        part.kind !== 'read' && part.kind !== 'loop' && (part.kind !== 'apply' || e.dependence.dividesSafely(part)),
    )
  );
}

/** The comparisons that a condition is made of. */
function comparisons(condition: Scalar): Apply[] {
  if (condition.kind !== 'apply') return [];
  if (condition.name === 'and' || condition.name === 'or' || condition.name === 'not')
    return condition.arguments.flatMap(comparisons);
  return condition.name === 'less' || condition.name === 'lessEqual' || condition.name === 'equal' ? [condition] : [];
}

/** Where a comparison changes along the axis, and what it is before that. */
function turningPoint(condition: Scalar, along: Axis): { at: Scalar; before: boolean } | undefined {
  if (condition.kind !== 'apply' || (condition.name !== 'less' && condition.name !== 'lessEqual')) return undefined;
  const [a, b] = condition.arguments as [Scalar, Scalar];
  if (a.type !== 'i32' || b.type !== 'i32') return undefined;
  // a < b is 0 < difference, a ≤ b is 0 ≤ difference.
  const difference = linearForm(apply('sub', b, a));
  const moves = difference.terms.find(({ atom }) => atom.key === along.key);
  const slope = moves && fixedExtent(moves.coefficient);
  const rest = partOf(difference, (atom) => atom.key !== along.key, difference.constant);
  if ((slope !== 1 && slope !== -1) || dependsOn(rest, along)) return undefined;
  const strict = condition.name === 'less' ? 1 : 0;
  if (slope === -1) return { at: apply('add', rest, whole(1 - strict)), before: true };
  return { at: apply('sub', whole(strict), rest), before: false };
}
