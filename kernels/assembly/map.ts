/**
 * Maps: every point on its own.
 *
 * A tile is a range of the flattened space: along the innermost axis, points are worked out four at a time; what changes
 * only with the outer axes is worked out once a run.
 */
import { type Extent, fixedExtent, productOfExtents } from '../../dsl/extent.ts';
import { type Axis, dependsOn, type Scalar, within } from '../../dsl/scalar.ts';
import type { AssemblyTarget, Kernel, MapKernel, Variant, Write } from '../ir.ts';
import { costOf, isStride, scatteredReads, vectorsFor } from './cost.ts';
import { Emitter, type PrintContext, type PrintedKernel } from './emitter.ts';
import { printSpan, printWrites, type Span, writtenScalars } from './span.ts';
import { printRuns } from './specialise.ts';

const scalars = (writes: readonly Write[]): Scalar[] => writes.flatMap(({ offset, value }) => [offset, value]);

/** Whether four points at once are faster than one by one. */
function vectorsPay(kernel: Kernel): boolean {
  if (kernel.kind !== 'map') return false;
  const { axes, writes } = kernel;
  const inner = axes.at(-1);
  if (!inner || (fixedExtent(inner.extent) ?? 4) < 4) return false;
  // How often a loop runs may differ from point to point: each then has its own.
  if ([...within(...scalars(writes))].some((x) => x.kind === 'loop' && dependsOn(x.count, inner))) return false;
  const gathered = scatteredReads(inner, scalars(writes)).length;
  const scattered = writes.filter(({ offset }) => !isStride(offset, inner, 1)).length;
  return 3 * (gathered + scattered) <= costOf(...writes.map(({ value }) => value));
}

/** Whether points take long: loops, or more than a hundred operations. */
function isCostly({ writes }: Kernel): boolean {
  const values = writes.map(({ value }) => value);
  return costOf(...values) > 100 || [...within(...values)].some((x) => x.kind === 'loop');
}

/** Parameters: `vectors` is 0 for one point at a time, `elements` the points of a tile: 10 to 50 µs of work. */
const variant = (
  name: string,
  parameters: { readonly vectors: 0 | 1; readonly elements: number },
  reason: string,
  fits: (kernel: Kernel) => boolean,
): Variant<AssemblyTarget> => ({
  kind: 'map',
  name,
  fits: (kernel) => kernel.kind === 'map' && fits(kernel),
  parameters,
  reason,
});

export const mapVariants: readonly Variant<AssemblyTarget>[] = [
  variant(
    'costlyVector',
    { vectors: 1, elements: 1024 },
    'loops or long expressions: small tiles',
    (kernel) => isCostly(kernel) && vectorsPay(kernel),
  ),
  variant('costlyScalar', { vectors: 0, elements: 256 }, 'the same, of what lies scattered', isCostly),
  variant('vector', { vectors: 1, elements: 16384 }, 'neighbours lie side by side: several at once', vectorsPay),
  variant(
    'scalar',
    { vectors: 0, elements: 16384 },
    'what is read or written lies scattered, and little is computed',
    () => true,
  ),
];

export function printMap(
  kernel: MapKernel,
  context: PrintContext,
  { name, parameters }: Variant<AssemblyTarget>,
): PrintedKernel {
  const e = new Emitter(kernel, context);
  const elements = parameters.elements!;
  const total = productOfExtents(kernel.axes.map((axis) => axis.extent));
  if (kernel.axes.length === 0) printPoint(e, kernel.writes);
  else printTile(e, kernel, total, elements, parameters.vectors! && vectorsFor(...scalars(kernel.writes)));
  return e.finish({ variant: name, tiles: [{ extent: total, per: elements }] });
}

function printPoint(e: Emitter, writes: readonly Write[]): void {
  e.count(...writtenScalars(e, writes));
  printWrites(e, writes, [{ kind: 'scalar' }]);
}

/** The tile's range of the flattened space, a run along the innermost axis after the other. */
function printTile(e: Emitter, { axes, writes }: MapKernel, total: Extent, elements: number, vectors: number): void {
  const [inner, ...outer] = [...axes].reverse() as [Axis, ...Axis[]];
  const begin = `tile * ${elements}`;
  if (outer.length === 0) {
    const from = e.bind(begin, 'first');
    const to = e.bind(`min<i32>(${from} + ${elements}, ${e.extent(total)})`, 'last');
    printRun(e, axes, writes, { from, to, vectors, multiple: factorOf(total, elements) });
    return;
  }
  const at = e.name('at');
  e.line(`let ${at} = ${begin};`);
  const end = e.bind(`min<i32>(${at} + ${elements}, ${e.extent(total)})`, 'end');
  e.block(`while (${at} < ${end})`, () => {
    const width = e.extent(inner.extent);
    let rest = e.bind(`${at} / ${width}`, 'run');
    const from = e.bind(`${at} - ${rest} * ${width}`, 'first');
    const to = e.bind(`min<i32>(${width}, ${from} + ${end} - ${at})`, 'last');
    outer.forEach((axis, i) => {
      if (i === outer.length - 1) {
        e.define(axis, rest);
        return;
      }
      const size = e.extent(axis.extent);
      e.define(axis, e.bind(`${rest} % ${size}`, axisHint(axis)));
      rest = e.bind(`${rest} / ${size}`, 'rest');
    });
    printRun(e, axes, writes, { from, to, vectors, multiple: factorOf(inner.extent, elements) });
    e.line(`${at} += ${to} - ${from};`);
  });
}

/** A power of two, up to `elements`, that divides the extent whatever the sizes are. */
function factorOf({ terms }: Extent, elements: number): number {
  let factor = elements;
  while (terms.some(({ coefficient }) => coefficient % factor !== 0)) factor /= 2;
  return factor;
}

const axisHint = ({ name }: Axis): string => name.charAt(0).toLowerCase() + name.slice(1);

/** One run. A write that an axis does not move happens once, at that axis' beginning. */
function printRun(e: Emitter, axes: readonly Axis[], writes: readonly Write[], run: Omit<Span, 'axis'>): void {
  const inner = axes.at(-1)!;
  const still = (write: Write): Axis[] => axes.filter((axis) => !dependsOn(write.offset, axis));
  const stillKeys = (write: Write): string =>
    still(write)
      .map(({ key }) => key)
      .join();
  let rest = writes;
  while (rest.length > 0) {
    const unmoved = still(rest[0]!);
    const group = rest.filter((write) => stillKeys(write) === stillKeys(rest[0]!));
    rest = rest.filter((write) => !group.includes(write));
    const conditions = unmoved.map((axis) => (axis === inner ? `${run.from} == 0` : `${e.value(axis)} == 0`));
    const print = (): void => {
      if (!unmoved.includes(inner)) return printAlong(e, group, { ...run, axis: inner });
      e.define(inner, '0');
      printPoint(e, group);
    };
    if (unmoved.length === 0) print();
    else e.block(`if (${conditions.join(' && ')})`, print, { guard: true });
  }
}

function printAlong(e: Emitter, writes: readonly Write[], span: Span): void {
  printRuns(e, span.axis, writes, span.from, span.to, (some, from, to) => {
    e.count(...writtenScalars(e, some));
    const isWhole = from === span.from && to === span.to;
    printSpan(e, { ...span, from, to, multiple: isWhole ? (span.multiple ?? 1) : 1 }, (modes) =>
      printWrites(e, some, modes),
    );
  });
}
