/** Prints a run along one axis: several vectors at a time, then single vectors, then what is left one by one. */
import type { Axis, Scalar } from '../../dsl/scalar.ts';
import type { Write } from '../ir.ts';
import type { Emitter } from './emitter.ts';
import { type Mode, scalarMode, vector } from './mode.ts';

export interface Span {
  readonly axis: Axis;
  /** Text of the first index and of the one behind the last. */
  readonly from: string;
  readonly to: string;
  /** Vectors of 4 a step; 0 for one number at a time. */
  readonly vectors: number;
  /** What the number of elements is certain to be a multiple of. */
  readonly multiple?: number;
}

/** `body` is called for each loop, with a mode for every vector of a step. */
export function printSpan(e: Emitter, span: Span, body: (modes: readonly Mode[]) => void): void {
  const { axis, from, to, vectors } = span;
  const fixed = from === '0' && /^\d+$/.test(to) ? Number(to) : undefined;
  const multiple = span.multiple ?? fixed ?? 1;
  const index = e.axisName(axis);
  e.line(`let ${index} = ${from};`);
  for (const count of vectors > 1 ? [vectors, 1] : [vectors]) {
    if (count === 0) break;
    const modes = Array.from({ length: count }, (_, i) => vector(axis, 4 * i));
    const certain = fixed !== undefined && count === vectors && fixed >= 4 * count;
    e.repeat(axis, index, 4 * count, to, () => body(modes), { certain });
    if (multiple % (4 * count) === 0) return;
  }
  e.block(`for (; ${index} < ${to}; ${index}++)`, () => {
    e.define(axis, index);
    body([scalarMode]);
  });
}

/** Stores the writes' values. Everything is read before anything is written, and neighbours are stored side by side. */
export function printWrites(e: Emitter, writes: readonly Write[], modes: readonly Mode[]): void {
  const values = writes.map((write) => ({ write, value: e.stored(write) }));
  const single = writes.length * modes.length === 1;
  const texts = values.map(({ value }) => modes.map((mode) => (single ? e.value(value, mode) : e.bound(value, mode))));
  values.forEach(({ write }, i) => {
    modes.forEach((mode, j) => {
      e.store(write, texts[i]![j]!, mode);
    });
  });
}

/** What `printWrites` is going to print. */
export function writtenScalars(e: Emitter, writes: readonly Write[]): Scalar[] {
  return writes.flatMap((write) => [write.offset, e.stored(write)]);
}
