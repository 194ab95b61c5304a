/**
 * Picks indices along an axis, a row a tile.
 *
 * Nothing is sorted and nothing is stored: the largest value after a given one is found in one pass, and the value that cuts
 * off the k largest, or the most likely, by halving the range of floats: 32 passes at most. NaN counts as −∞.
 */
import { fixedExtent } from '../../dsl/extent.ts';
import { apply, constant, reductionValue, type Scalar, selectedIndex } from '../../dsl/scalar.ts';
import type { AssemblyTarget, Selection, SelectKernel, Variant } from '../ir.ts';
import { printDraw } from './draw.ts';
import { Emitter, type PrintContext, type PrintedKernel } from './emitter.ts';
import { scalarMode } from './mode.ts';
import { printSpan, printWrites, writtenScalars } from './span.ts';

export const selectVariants: readonly Variant<AssemblyTarget>[] = [
  {
    kind: 'select',
    name: 'vector',
    fits: (kernel) => kernel.kind === 'select',
    parameters: { vectors: 1 },
    reason: 'four values at once, the best of each lane compared in the end',
  },
  {
    kind: 'select',
    name: 'scalar',
    fits: (kernel) => kernel.kind === 'select',
    parameters: { vectors: 0 },
    reason: 'a value at a time; to compare with',
  },
];

/** What a row is picked from. */
export interface Picking {
  readonly kernel: SelectKernel;
  /** The kernel's value, −∞ where that is NaN. */
  readonly value: Scalar;
  readonly vectors: number;
}

/** Names of locals: a value and its index. */
export interface Best {
  readonly value: string;
  readonly index: string;
}

export function printSelect(
  kernel: SelectKernel,
  context: PrintContext,
  { name, parameters }: Variant<AssemblyTarget>,
): PrintedKernel {
  const e = new Emitter(kernel, context);
  const { selection, row } = kernel;
  const value = apply(
    'where',
    apply('equal', kernel.value, kernel.value),
    kernel.value,
    constant(Number.NEGATIVE_INFINITY),
  );
  const picking: Picking = { kernel, value, vectors: parameters.vectors! };
  e.count(value, ...settingsOf(selection), ...writtenScalars(e, kernel.writes));
  const index = e.axisName(row);
  e.line(`const ${index} = tile;`);
  e.define(row, index);
  if (selection.op === 'topK') printTopK(e, picking, selection);
  else {
    const best = printBest(e, picking);
    const chosen = selection.op === 'sample' ? printDraw(e, picking, selection, best) : best.index;
    e.define(selectedIndex, chosen);
    printWrites(e, kernel.writes, [scalarMode]);
  }
  return e.finish({ variant: name, tiles: [{ extent: row.extent, per: 1 }] });
}

function settingsOf(selection: Selection): Scalar[] {
  if (selection.op !== 'sample') return [];
  const { temperature, topK, topP, uniform } = selection;
  return [temperature, topK, topP, uniform];
}

function printTopK(e: Emitter, picking: Picking, { slot }: Extract<Selection, { op: 'topK' }>): void {
  const { along, name, writes } = picking.kernel;
  const [slots, length] = [fixedExtent(slot.extent), fixedExtent(along.extent)];
  if (slots !== undefined && length !== undefined && slots > length)
    throw new Error(`kernel ${name} picks ${slots} of ${length} values`);
  const [value, index] = [e.name('last'), e.name('lastIndex')];
  e.line(`let ${value}: f32 = Infinity;`);
  e.line(`let ${index} = -1;`);
  e.loop(slot, '0', e.extent(slot.extent), () => {
    const best = printBest(e, picking, { value, index });
    if (slots === undefined || length === undefined)
      e.line(`if (${best.index} == i32.MAX_VALUE) unreachable(); // more slots than values`);
    e.define(selectedIndex, best.index);
    printWrites(e, writes, [scalarMode]);
    e.line(`${value} = ${best.value};`);
    e.line(`${index} = ${best.index};`);
  });
}

/** The largest value and its index, of equal ones the lowest; with `after`, of what comes after that in this order. */
export function printBest(e: Emitter, { kernel, value, vectors }: Picking, after?: Best): Best {
  const { along } = kernel;
  const [best, index] = [e.name('best'), e.name('bestIndex')];
  e.line(`let ${best}: f32 = -Infinity;`);
  e.line(`let ${index} = i32.MAX_VALUE;`);
  const [lanes, indices] = [e.name('bests'), e.name('bestIndices')];
  if (vectors > 0) {
    e.line(`let ${lanes} = f32x4.splat(-Infinity);`);
    e.line(`let ${indices} = i32x4.splat(i32.MAX_VALUE);`);
  }
  printSpan(e, { axis: along, from: '0', to: e.extent(along.extent), vectors }, ([mode]) => {
    const x = e.bound(value, mode);
    const at = e.bound(along, mode, 'indices');
    if (mode!.kind === 'vector') {
      const better = e.bind(betterLanes({ value: x, index: at }, { value: lanes, index: indices }, after), 'better');
      e.line(`${lanes} = v128.bitselect(${x}, ${lanes}, ${better});`);
      e.line(`${indices} = v128.bitselect(${at}, ${indices}, ${better});`);
      return;
    }
    const isAfter = after ? `(${x} < ${after.value} || (${x} == ${after.value} && ${at} > ${after.index})) && ` : '';
    e.block(`if (${isAfter}(${isBetter({ value: x, index: at }, { value: best, index })}))`, () => {
      e.line(`${best} = ${x};`);
      e.line(`${index} = ${at};`);
    });
  });
  for (let lane = 0; lane < 4 && vectors > 0; lane++) {
    const x = e.bind(`f32x4.extract_lane(${lanes}, ${lane})`, 'value');
    const at = e.bind(`i32x4.extract_lane(${indices}, ${lane})`, 'index');
    e.block(`if (${isBetter({ value: x, index: at }, { value: best, index })})`, () => {
      e.line(`${best} = ${x};`);
      e.line(`${index} = ${at};`);
    });
  }
  return { value: best, index };
}

const isBetter = (a: Best, b: Best): string =>
  `${a.value} > ${b.value} || (${a.value} == ${b.value} && ${a.index} < ${b.index})`;

/** Where lanes beat the best so far. Indices rise, so that of equal values the first one stays; −∞ beats only nothing. */
function betterLanes(a: Best, best: Best, after?: Best): string {
  const equal = `v128.and(f32x4.eq(${a.value}, ${best.value}), i32x4.lt_s(${a.index}, ${best.index}))`;
  const better = `v128.or(f32x4.gt(${a.value}, ${best.value}), ${equal})`;
  if (!after) return better;
  const last = `f32x4.splat(${after.value})`;
  const later = `v128.and(f32x4.eq(${a.value}, ${last}), i32x4.gt_s(${a.index}, i32x4.splat(${after.index})))`;
  return `v128.and(${better}, v128.or(f32x4.lt(${a.value}, ${last}), ${later}))`;
}

/** A number of the row that has been given a name: for expressions over it. */
export function namedNumber(e: Emitter, index: number, text: string): Scalar {
  const leaf = reductionValue(index);
  e.define(leaf, text);
  return leaf;
}
