/** Where elements lie: flat offsets as addresses, with whatever a loop does not change kept in pointers outside of it. */
import { storageTypes } from '../../dsl/dtype.ts';
import { type Extent, extent, fixedExtent } from '../../dsl/extent.ts';
import { apply, type Linear, linearForm, type Scalar, strideOf, whole } from '../../dsl/scalar.ts';
import type { Emitter } from './emitter.ts';
import { printValue } from './expressions.ts';
import { type LaneMode, type Mode, nameKey, scalarMode, type VectorMode } from './mode.ts';
import { level, type Text, wrap } from './operators.ts';

export interface Place {
  readonly address: string;
  /** An immediate that belongs to the address: nothing or `, 16`. */
  readonly immediate: string;
}

/** A linear form without the terms that `keep` rejects; `constant` in place of its own. */
export function partOf(form: Linear, keep: (atom: Scalar) => boolean, constant: Extent): Scalar {
  return form.terms
    .filter(({ atom }) => keep(atom))
    .reduce<Scalar>(
      (sum, { atom, coefficient }) => apply('add', sum, apply('mul', atom, whole(coefficient))),
      whole(constant),
    );
}

/** Whether a leaf other than the axis itself was given a vector of values, one for each lane. */
function lanesVary(e: Emitter, offset: Scalar, mode: LaneMode | VectorMode): boolean {
  return e.dependence
    .leaves(offset)
    .some((leaf) => leaf.key !== mode.axis.key && e.dependence.laneValues(leaf, mode) !== undefined);
}

/** Whether a vector's four elements lie side by side, so that one load or store takes them. Others are taken lane by lane. */
export function liesSideBySide(e: Emitter, offset: Scalar, mode: VectorMode): boolean {
  const stride = strideOf(offset, mode.axis);
  return stride !== undefined && fixedExtent(stride) === 1 && !lanesVary(e, offset, mode);
}

/** Where the element of a scalar or of a lane lies; of a vector, the first of four that lie side by side. */
export function placeOf(e: Emitter, buffer: string, offset: Scalar, mode: Mode): Place {
  const { bytes } = storageTypes[e.declaration(buffer).dtype];
  if (mode.kind === 'scalar') return { address: pointer(e, buffer, bytes, offset, mode), immediate: '' };
  if (mode.kind === 'vector' && !liesSideBySide(e, offset, mode))
    throw new Error(`${buffer}: four elements that do not lie side by side have no common address; take them by lanes`);
  const stride = strideOf(offset, mode.axis);
  if (!stride || lanesVary(e, offset, mode)) return { address: pointer(e, buffer, bytes, offset, mode), immediate: '' };
  // The address of lane 0, and on from there.
  const perLane = fixedExtent(stride);
  const skipped = perLane === undefined ? undefined : perLane * mode.offset;
  const start = skipped !== undefined && skipped < 0 ? apply('add', offset, whole(skipped)) : offset;
  const address = pointer(e, buffer, bytes, start, scalarMode);
  if (skipped !== undefined) return { address, immediate: skipped > 0 ? `, ${bytes * skipped}` : '' };
  const further = mode.offset > 0 ? ` + ${bytes * mode.offset} * ${e.extent(stride)}` : '';
  return { address: `${address}${further}`, immediate: '' };
}

/** The address of an element. What is known further out becomes a pointer there; it may be hoisted out of branches: nothing is read. */
function pointer(e: Emitter, buffer: string, bytes: number, offset: Scalar, mode: Mode): string {
  const form = linearForm(offset);
  const inner = (atom: Scalar): boolean => e.dependence.home(atom, mode) === e.scopes.current;
  const symbolic = fixedExtent(form.constant) === undefined;
  const rest = partOf(form, inner, symbolic ? extent(0) : form.constant);
  const outer = partOf(form, (atom) => !inner(atom), symbolic ? form.constant : extent(0));
  const base =
    isZero(outer) || e.scopes.current.depth === 0 ? e.buffer(buffer) : outerPointer(e, buffer, bytes, outer, mode);
  const own = e.scopes.current.depth === 0 ? offset : rest;
  if (isZero(own)) return base;
  return `${base} + ${scaled(bytes, linearText(e, linearForm(own), mode))}`;
}

const isZero = (x: Scalar): boolean => x.kind === 'linear' && x.terms.length === 0 && x.constant.key === '0';

function scaled(bytes: number, text: Text): string {
  const fixed = /^\d+$/.test(text.text) ? Number(text.text) : undefined;
  return fixed === undefined ? `${bytes} * ${wrap(text, level.atom)}` : `${bytes * fixed}`;
}

function outerPointer(e: Emitter, buffer: string, bytes: number, outer: Scalar, mode: Mode): string {
  const key = nameKey(`pointer ${buffer} ${outer.key}`, mode);
  const known = e.scopes.lookup(key);
  if (known) return known;
  return e.scopes.at(e.dependence.home(outer, mode), () => {
    const text = pointer(e, buffer, bytes, outer, mode);
    const name = e.bind(text, `${buffer}_at`, 'usize');
    e.scopes.define(key, name);
    return name;
  });
}

/** constant + Σ coefficient · atom as text, outermost atoms first: `b * T_W + t * W + w`. */
export function linearText(e: Emitter, form: Linear, mode: Mode): Text {
  const fixed = fixedExtent(form.constant);
  const terms = [...form.terms]
    .map((term) => ({ ...term, depth: e.dependence.home(term.atom, mode).depth }))
    .sort((a, b) => a.depth - b.depth)
    .map(({ coefficient, atom }) => termText(e, coefficient, printValue(e, atom, mode)));
  const constants = fixed === 0 ? [] : [e.extent(form.constant)];
  const [first, ...others] = [...terms, ...constants.map((text) => ({ text, negative: text.startsWith('-') }))];
  if (!first) return { text: '0', level: level.atom };
  const text = others.reduce(
    (sum, { text, negative }) => (negative ? `${sum} - ${text.slice(1)}` : `${sum} + ${text}`),
    first.text,
  );
  const simple = /^\w+$/.test(text);
  return { text, level: simple ? level.atom : others.length > 0 ? level.sum : level.product };
}

/** A term, with its sign in front of it when it is to be subtracted. */
function termText(e: Emitter, coefficient: Extent, atom: Text): { text: string; negative: boolean } {
  const fixed = fixedExtent(coefficient);
  const operand = wrap(atom, level.atom);
  if (fixed === 1) return { text: wrap(atom, level.product), negative: false };
  if (fixed === -1) return { text: `-${operand}`, negative: true };
  if (fixed !== undefined && fixed < 0) return { text: `-${operand} * ${-fixed}`, negative: true };
  return { text: `${operand} * ${e.extent(coefficient)}`, negative: false };
}
