/** Prints reductions: along an axis by several vectors of partial results, or across it, one result a lane. */
import { type Extent, fixedExtent } from '../../dsl/extent.ts';
import { type Axis, dependsOn, reductionValue, type Scalar } from '../../dsl/scalar.ts';
import type { Reduction, Write } from '../ir.ts';
import { costOf, vectorsFor } from './cost.ts';
import type { Emitter } from './emitter.ts';
import { type Mode, scalarMode, vector } from './mode.ts';
import { printSpan } from './span.ts';

/** A reduction and its place among the kernel's, by which later expressions name it. */
export interface Numbered extends Reduction {
  readonly index: number;
  /** Where the reduced values are kept on the way, for a later pass to read. */
  readonly kept?: Write;
}

/** Reductions that need nothing of each other share a pass. */
export function passesOf(reductions: readonly Numbered[]): Numbered[][] {
  const passes: Numbered[][] = [];
  for (const reduction of reductions) {
    const pass = passes.at(-1);
    if (pass?.every(({ index }) => !dependsOn(reduction.value, reductionValue(index)))) pass.push(reduction);
    else passes.push([reduction]);
  }
  return passes;
}

/** Sums are taken over so many elements at a time, and then over these sums, so that rounding errors stay near 1e-7. */
const block = { along: 4096, across: 64 };

const initial = ({ reduce }: Reduction): string => (reduce === 'sum' ? '0' : '-Infinity');

const joined = ({ reduce }: Reduction, lanes: boolean, a: string, b: string): string => {
  if (lanes) return `f32x4.${reduce === 'sum' ? 'add' : 'max'}(${a}, ${b})`;
  return reduce === 'sum' ? `${a} + ${b}` : `max<f32>(${a}, ${b})`;
};

/** A statement; `+=` takes a value whatever operators are in it. */
const accumulated = (reduction: Reduction, lanes: boolean, target: string, value: string): string =>
  reduction.reduce === 'sum' && !lanes
    ? `${target} += ${value};`
    : `${target} = ${joined(reduction, lanes, target, value)};`;

function declare(e: Emitter, reduction: Reduction, lanes: boolean): string {
  const name = e.name(reduction.reduce === 'sum' ? 'sum' : 'largest');
  e.line(lanes ? `let ${name} = f32x4.splat(${initial(reduction)});` : `let ${name}: f32 = ${initial(reduction)};`);
  return name;
}

/** `body(from, to)` over 0 … extent, in blocks of so many. */
function printBlocks(e: Emitter, extent: Extent, size: number, body: (from: string, to: string) => void): void {
  const to = e.extent(extent);
  const start = e.name('block');
  e.block(`for (let ${start} = 0; ${start} < ${to}; ${start} += ${size})`, () =>
    body(start, e.bind(`min<i32>(${start} + ${size}, ${to})`, 'blockEnd')),
  );
}

/** Whether a pass is short enough to be added up in one go. */
const isShort = (extent: Extent, size: number, pass: readonly Reduction[]): boolean =>
  (fixedExtent(extent) ?? size + 1) <= size || pass.every(({ reduce }) => reduce === 'max');

/** One pass along an axis, four elements at a time. Afterwards each reduction's value is known in the current scope. */
export function printPassAlong(e: Emitter, along: Axis, pass: readonly Numbered[], vectorise = true): void {
  const results = isShort(along.extent, block.along, pass)
    ? printRange(e, along, pass, { from: '0', to: e.extent(along.extent), vectorise })
    : printLong(e, along, pass, vectorise);
  pass.forEach(({ index }, i) => {
    e.define(reductionValue(index), results[i]!);
  });
}

/** A pass in blocks, whose sums are added up in f64: there are few of them. */
function printLong(e: Emitter, along: Axis, pass: readonly Numbered[], vectorise: boolean): string[] {
  const totals = pass.map((reduction) => {
    const name = e.name(reduction.reduce === 'sum' ? 'total' : 'largest');
    e.line(`let ${name}: ${reduction.reduce === 'sum' ? 'f64' : 'f32'} = ${initial(reduction)};`);
    return name;
  });
  printBlocks(e, along.extent, vectorise ? block.along : block.across, (from, to) => {
    const parts = printRange(e, along, pass, { from, to, vectorise });
    pass.forEach((reduction, i) => {
      e.line(accumulated(reduction, false, totals[i]!, parts[i]!));
    });
  });
  return pass.map(({ reduce }, i) => (reduce === 'sum' ? e.bind(`f32(${totals[i]})`, 'sum') : totals[i]!));
}

interface Range {
  readonly from: string;
  readonly to: string;
  readonly vectorise: boolean;
}

/** A pass over a part of the axis: the names of its results. */
function printRange(e: Emitter, along: Axis, pass: readonly Numbered[], { from, to, vectorise }: Range): string[] {
  const totals = pass.map((reduction) => declare(e, reduction, false));
  const reduced = pass.map(({ value }) => value);
  // Little work needs many sums to hide that each waits for the one before.
  const vectors = !vectorise ? 0 : costOf(...reduced) < 10 ? 4 : vectorsFor(...reduced);
  const partial = pass.map((reduction) => Array.from({ length: vectors }, () => declare(e, reduction, true)));
  printSpan(e, { axis: along, from, to, vectors }, (modes) => {
    const values = pass.map(({ value, kept }) =>
      modes.map((mode) => (kept ? e.bound(value, mode) : e.value(value, mode))),
    );
    pass.forEach((reduction, i) => {
      modes.forEach((mode, j) => {
        const lanes = mode.kind === 'vector';
        const target = lanes ? partial[i]![j]! : totals[i]!;
        e.line(accumulated(reduction, lanes, target, values[i]![j]!));
        if (reduction.kept) e.store(reduction.kept, values[i]![j]!, mode);
      });
    });
  });
  pass.forEach((reduction, i) => {
    if (vectors === 0) return;
    const all = balanced(partial[i]!, (a, b) => joined(reduction, true, a, b));
    const folded = `${e.use(reduction.reduce === 'sum' ? 'sum_f32x4' : 'max_f32x4')}(${all})`;
    e.line(accumulated(reduction, false, totals[i]!, folded));
  });
  return totals;
}

/** a ∘ b ∘ c ∘ d as (a ∘ b) ∘ (c ∘ d). */
function balanced(texts: readonly string[], join: (a: string, b: string) => string): string {
  if (texts.length === 1) return texts[0]!;
  const half = texts.length >> 1;
  return join(balanced(texts.slice(0, half), join), balanced(texts.slice(half), join));
}

/** One pass along an axis for several rows, a row a lane: `modes` are vectors of rows, or the one row. */
export function printPassAcross(e: Emitter, along: Axis, pass: readonly Numbered[], modes: readonly Mode[]): void {
  const declareAll = (): string[][] =>
    pass.map((reduction) => modes.map((mode) => declare(e, reduction, mode.kind === 'vector')));
  const totals = declareAll();
  const add = (targets: string[][], values: string[][]): void => {
    pass.forEach((reduction, i) => {
      modes.forEach((mode, j) => {
        const target = targets[i]![j]!;
        e.line(accumulated(reduction, mode.kind === 'vector', target, values[i]![j]!));
      });
    });
  };
  const range = (targets: string[][], from: string, to: string): void => {
    const index = e.axisName(along);
    e.line(`let ${index} = ${from};`);
    e.repeat(along, index, 1, to, () =>
      add(
        targets,
        pass.map(({ value }) => modes.map((mode) => e.value(value, mode))),
      ),
    );
  };
  if (isShort(along.extent, block.across, pass)) range(totals, '0', e.extent(along.extent));
  else {
    printBlocks(e, along.extent, block.across, (from, to) => {
      const parts = declareAll();
      range(parts, from, to);
      add(totals, parts);
    });
  }
  pass.forEach(({ index }, i) => {
    modes.forEach((mode, j) => {
      e.define(
        reductionValue(index),
        totals[i]![j]!,
        mode.kind === 'vector' ? vector(mode.axis, mode.offset) : scalarMode,
      );
    });
  });
}

/** Every value that passes print. */
export function reducedScalars(reductions: readonly Numbered[]): Scalar[] {
  return reductions.flatMap(({ value, kept }) => (kept ? [value, kept.offset] : [value]));
}
