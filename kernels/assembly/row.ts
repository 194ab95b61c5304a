/**
 * Row kernels: reductions along one axis and what is elementwise around them.
 *
 * Two ways, by how the rows lie in memory:
 *   along    elements of a row lie side by side: a row at a time, four elements at once, several vectors of partial results
 *   across   rows lie side by side (sums over columns, means over tokens): 16 rows at once, a row a lane
 */
import { divideExtents, type Extent, fixedExtent } from '../../dsl/extent.ts';
import { type Axis, apply, axis, dependsOn, read, type Scalar, substitute, whole, within } from '../../dsl/scalar.ts';
import type { AssemblyTarget, Kernel, RowKernel, Variant, Write } from '../ir.ts';
import { costOf, isStride, vectorsFor } from './cost.ts';
import { Emitter, type PrintContext, type PrintedKernel } from './emitter.ts';
import { scalarMode } from './mode.ts';
import { type Numbered, passesOf, printPassAcross, printPassAlong, reducedScalars } from './reduce.ts';
import { printSpan, printWrites, writtenScalars } from './span.ts';
import { printRuns } from './specialise.ts';

/** Elements that a tile of work has at least, where sizes are known. */
const tileElements = 16384;

/** Rows that share a tile where their length is not known: few enough to share out long ones. */
const unknownRows = 4;

/** What a result worked out again would have to cost for it to be kept instead. */
const worthKeeping = 10;

export const rowVariants: readonly Variant<AssemblyTarget>[] = [
  {
    kind: 'row',
    name: 'across',
    fits: (kernel) => kernel.kind === 'row' && liesAcross(kernel),
    parameters: { vectors: 4 },
    reason: 'rows lie side by side: 16 of them at once, a cache line',
  },
  {
    kind: 'row',
    name: 'along',
    fits: isRow,
    parameters: { vectors: 2 },
    reason: 'a row at a time, four elements at once',
  },
  {
    kind: 'row',
    name: 'scalar',
    fits: isRow,
    parameters: { vectors: 0 },
    reason: 'an element at a time; to compare with',
  },
];

function isRow(kernel: Kernel): boolean {
  return kernel.kind === 'row';
}

export function printRow(kernel: RowKernel, context: PrintContext, variant: Variant<AssemblyTarget>): PrintedKernel {
  return variant.name === 'across' ? printAcross(kernel, context, variant) : printAlong(kernel, context, variant);
}

const scalarsOf = ({ reductions, writes }: RowKernel): Scalar[] => [
  ...reductions.map(({ value }) => value),
  ...writes.flatMap(({ offset, value }) => [offset, value]),
];

const movesAlong = ({ along }: RowKernel, { offset }: Write): boolean => dependsOn(offset, along);

// ---------------------------------------------------------------- along

function printAlong(
  kernel: RowKernel,
  context: PrintContext,
  { name, parameters }: Variant<AssemblyTarget>,
): PrintedKernel {
  const e = new Emitter(kernel, context);
  const { row, along } = kernel;
  const length = fixedExtent(along.extent);
  const rows = length === undefined ? unknownRows : Math.max(1, Math.ceil(tileElements / Math.max(1, length)));
  const vectorise = parameters.vectors! > 0;
  const { reductions, writes } = vectorise
    ? keepingResults(e, kernel)
    : { reductions: numbered(kernel), writes: kernel.writes };
  e.count(...reducedScalars(reductions), ...writtenScalars(e, writes));
  const from = e.bind(`tile * ${rows}`, 'begin');
  const to = e.bind(`min<i32>(${from} + ${rows}, ${e.extent(row.extent)})`, 'end');
  e.loop(row, from, to, () => {
    for (const pass of passesOf(reductions)) printPassAlong(e, along, pass, vectorise);
    const onceARow = writes.filter((write) => !movesAlong(kernel, write));
    const elements = writes.filter((write) => movesAlong(kernel, write));
    // Everything is read before anything is written.
    const results = onceARow.map((write) => e.bound(e.stored(write), scalarMode, 'result'));
    if (elements.length > 0) {
      printRuns(e, along, elements, '0', e.extent(along.extent), (some, start, end) => {
        if (some !== elements) e.count(...writtenScalars(e, some));
        const vectors = vectorise ? vectorsFor(...writtenScalars(e, some)) : 0;
        printSpan(e, { axis: along, from: start, to: end, vectors }, (modes) => printWrites(e, some, modes));
      });
    }
    onceARow.forEach((write, i) => {
      e.store(write, results[i]!);
    });
  });
  return e.finish({ variant: name, tiles: [{ extent: row.extent, per: rows }] });
}

const numbered = ({ reductions }: RowKernel): Numbered[] =>
  reductions.map((reduction, index) => ({ ...reduction, index }));

/**
 * Where an expensive reduced value is used again for the result, as e^(x − max) is in softmax, the first pass leaves it in
 * the result's place and the last one reads it there. The result may share its memory with an input: so nothing else
 * may be read along the row afterwards.
 */
function keepingResults(e: Emitter, kernel: RowKernel): { reductions: readonly Numbered[]; writes: readonly Write[] } {
  const reductions = numbered(kernel);
  for (const reduction of reductions) {
    if (costOf(reduction.value) < worthKeeping) continue;
    const kept = kernel.writes.find((write) => canKeep(e, kernel, write));
    if (!kept) continue;
    const place = new Map([[reduction.value.key, read(kept.buffer, kept.offset)]]);
    const later = reductions
      .filter(({ index }) => index > reduction.index)
      .map((r) => ({ ...r, value: substitute(r.value, place) }));
    const writes = kernel.writes.map((write) => ({ ...write, value: substitute(write.value, place) }));
    const after = [...later.map(({ value }) => value), ...writes.map(({ value }) => value)];
    const others = [...within(...after)].filter(
      (x) => x.kind === 'read' && dependsOn(x.offset, kernel.along) && x.buffer !== kept.buffer,
    );
    const isUsed = [...within(...after)].some((x) => x.kind === 'read' && x.buffer === kept.buffer);
    if (!isUsed || others.length > 0) continue;
    const before = reductions.filter(({ index }) => index < reduction.index);
    return { reductions: [...before, { ...reduction, kept }, ...later], writes };
  }
  return { reductions, writes: kernel.writes };
}

/** Whether f32 values can wait in the write's place: nobody else reads or writes there. */
function canKeep(e: Emitter, kernel: RowKernel, write: Write): boolean {
  const reads = [...within(...scalarsOf(kernel))].some((x) => x.kind === 'read' && x.buffer === write.buffer);
  const alone = kernel.writes.filter(({ buffer }) => buffer === write.buffer).length === 1;
  const offsetIsIndex = [...within(write.offset)].every((x) => x.kind !== 'reduction' && x.kind !== 'read');
  return (
    !reads &&
    alone &&
    offsetIsIndex &&
    isStride(write.offset, kernel.along, 1) &&
    e.declaration(write.buffer).dtype === 'f32'
  );
}

// ---------------------------------------------------------------- across

/** The rows as `outer` times rows that lie side by side. */
interface Blocks {
  readonly outer?: Axis;
  readonly inner: Axis;
  readonly kernel: RowKernel;
}

/** Where offsets divide the row's index by one number, as in the middle of a shape, it becomes two indices. */
function blocksOf(kernel: RowKernel): Blocks {
  const { row } = kernel;
  const divisors = new Map<string, Extent>();
  for (const x of within(...scalarsOf(kernel))) {
    if (x.kind !== 'apply' || (x.name !== 'quotient' && x.name !== 'remainder')) continue;
    const [index, divisor] = x.arguments as [Scalar, Scalar];
    if (index.key === row.key && divisor.kind === 'linear' && divisor.terms.length === 0)
      divisors.set(divisor.key, divisor.constant);
  }
  const [only, ...others] = [...divisors.values()];
  const count = only && divideExtents(row.extent, only);
  if (!only || others.length > 0 || !count) return { inner: row, kernel };
  const [outer, inner] = [axis(`${row.name}Block`, count), axis(row.name, only)];
  const index = new Map([[row.key, apply('add', apply('mul', outer, whole(only)), inner)]]);
  const replaced = (x: Scalar): Scalar => substitute(x, index);
  return {
    outer,
    inner,
    kernel: {
      ...kernel,
      row: inner,
      reductions: kernel.reductions.map((reduction) => ({ ...reduction, value: replaced(reduction.value) })),
      writes: kernel.writes.map((write) => ({
        ...write,
        offset: replaced(write.offset),
        value: replaced(write.value),
      })),
    },
  };
}

/** Whether more of what is read lies side by side from row to row than along the row. */
function liesAcross(kernel: RowKernel): boolean {
  const { inner, kernel: split } = blocksOf(kernel);
  let balance = 0;
  for (const x of within(...scalarsOf(split))) {
    if (x.kind !== 'read' || !dependsOn(x.offset, split.along)) continue;
    if (isStride(x.offset, inner, 1)) balance++;
    if (isStride(x.offset, split.along, 1)) balance--;
  }
  return balance > 0;
}

function printAcross(
  original: RowKernel,
  context: PrintContext,
  { name, parameters }: Variant<AssemblyTarget>,
): PrintedKernel {
  const e = new Emitter(original, context);
  const { outer, inner, kernel } = blocksOf(original);
  const vectors = parameters.vectors!;
  const length = fixedExtent(kernel.along.extent) ?? 256;
  const unit = 4 * vectors;
  const rows = unit * Math.max(1, Math.min(16, Math.floor(tileElements / (unit * Math.max(1, length)))));
  const size = e.extent(inner.extent);
  let chunk = 'tile';
  if (outer) {
    const chunks = e.bind(`(${size} + ${rows - 1}) / ${rows}`, 'chunks');
    e.define(outer, e.bind(`tile / ${chunks}`, outer.name));
    chunk = e.bind(`tile % ${chunks}`, 'chunk');
  }
  const from = e.bind(`${chunk} * ${rows}`, 'begin');
  const to = e.bind(`min<i32>(${from} + ${rows}, ${size})`, 'end');
  e.count(...reducedScalars(numbered(kernel)), ...writtenScalars(e, kernel.writes));
  printSpan(e, { axis: inner, from, to, vectors }, (modes) => {
    for (const pass of passesOf(numbered(kernel))) printPassAcross(e, kernel.along, pass, modes);
    const onceARow = kernel.writes.filter((write) => !movesAlong(kernel, write));
    const elements = kernel.writes.filter((write) => movesAlong(kernel, write));
    const results = onceARow.map((write) => modes.map((mode) => e.bound(e.stored(write), mode, 'result')));
    if (elements.length > 0) {
      const index = e.axisName(kernel.along);
      e.line(`let ${index} = 0;`);
      e.repeat(kernel.along, index, 1, e.extent(kernel.along.extent), () => printWrites(e, elements, modes));
    }
    onceARow.forEach((write, i) => {
      modes.forEach((mode, j) => {
        e.store(write, results[i]![j]!, mode);
      });
    });
  });
  const tiles = [{ extent: inner.extent, per: rows }];
  return e.finish({ variant: name, tiles: outer ? [{ extent: outer.extent, per: 1 }, ...tiles] : tiles });
}
