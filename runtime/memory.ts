/**
 * The static memory planner: where every input, output and temporary of a step lies, known before anything runs.
 *
 * All functions are pure: the same step and sizes give the same plan. Parameters and states live in stores and have no
 * place here.
 */
import { storageTypes } from '../dsl/dtype.ts';
import { evaluateExtent, type Sizes } from '../dsl/extent.ts';
import type { BufferDeclaration } from '../kernels/ir.ts';
import type { StepOutline } from '../kernels/outline.ts';
import { type Lifetime, lifetimes } from './lifetimes.ts';
import type { MemoryPlanSummary } from './seam.ts';

/** Everything in one block of memory, by offset. */
export interface ArenaPlan {
  /** Bytes of the block. */
  readonly bytes: number;
  /** Offsets in bytes by buffer name. */
  readonly offsets: ReadonlyMap<string, number>;
  readonly summary: MemoryPlanSummary;
}

/** Every buffer in a slot, which is a whole GPU buffer. Buffers that one kernel uses never share a slot. */
export interface BufferPlan {
  readonly slots: readonly { readonly bytes: number }[];
  /** Slots by buffer name. Every buffer starts at the beginning of its slot. */
  readonly placements: ReadonlyMap<string, { readonly slot: number; readonly offset: 0 }>;
  readonly summary: MemoryPlanSummary;
}

/** One or, when computed in place, several buffers that take the same memory. */
interface Item extends Lifetime {
  readonly names: readonly string[];
  readonly bytes: number;
}

const roundUp = (value: number, multiple: number): number => Math.ceil(value / multiple) * multiple;

function itemsOf(step: StepOutline, sizes: Sizes, alignment: number): Item[] {
  const alive = lifetimes(step);
  return step.buffers.flatMap((declaration) => {
    const lifetime = alive.get(declaration.name);
    return lifetime ? [{ names: [declaration.name], bytes: bytesIn(declaration, sizes, alignment), ...lifetime }] : [];
  });
}

/** Bytes, rounded up to the alignment; an empty buffer takes one unit, so that it has an address of its own. */
function bytesIn({ dtype, size }: BufferDeclaration, sizes: Sizes, alignment: number): number {
  return Math.max(alignment, roundUp(evaluateExtent(size, sizes) * storageTypes[dtype].bytes, alignment));
}

/** The largest total of items that are alive at one time, and the kernel at which they are. */
function largestLoad(items: readonly Item[], kernels: number): { readonly bytes: number; readonly kernel: number } {
  const changes = new Float64Array(kernels + 3);
  for (const { first, last, bytes } of items) {
    changes[first + 1]! += bytes;
    changes[last + 2]! -= bytes;
  }
  let [load, bytes, kernel] = [0, 0, -1];
  changes.forEach((change, index) => {
    load += change;
    if (load > bytes) [bytes, kernel] = [load, index - 1];
  });
  return { bytes, kernel };
}

function summarize(step: StepOutline, items: readonly Item[], sizes: Sizes, alignment: number, peak: number) {
  const totals = { input: 0, output: 0, temporary: 0 };
  const planned = new Set(items.flatMap(({ names }) => names));
  for (const declaration of step.buffers) {
    const { role, name } = declaration;
    if (role === 'parameter' || role === 'state' || !planned.has(name)) continue;
    totals[role] += bytesIn(declaration, sizes, alignment);
  }
  const lowerBound = largestLoad(items, step.kernels.length).bytes;
  return { inputs: totals.input, outputs: totals.output, temporaries: totals.temporary, peak, lowerBound };
}

type Order = (a: Item, b: Item) => number;

const duration = ({ first, last }: Item): number => last - first;
const byStart: Order = (a, b) => a.first - b.first || b.bytes - a.bytes || b.last - a.last;
const bySize: Order = (a, b) => b.bytes - a.bytes || byStart(a, b);

/** Those alive at the moment first, and among them those that live longest. */
const byMoment = (moment: number): Order => {
  const alive = ({ first, last }: Item): number => (first <= moment && moment <= last ? 1 : 0);
  return (a, b) => alive(b) - alive(a) || (alive(a) && duration(b) - duration(a)) || bySize(a, b);
};

/** Orders in which items are placed; `busiest` is the kernel at which most is alive. No one is best for all steps. */
const orders = (busiest: number): Order[] => [
  bySize,
  byStart,
  byMoment(busiest),
  (a, b) => duration(b) - duration(a) || bySize(a, b),
  (a, b) => b.bytes * (duration(b) + 1) - a.bytes * (duration(a) + 1) || byStart(a, b),
];

/** The smallest result over the orders; stops at one that no plan can undercut. */
function best<T extends { readonly bytes: number }>(
  items: readonly Item[],
  load: ReturnType<typeof largestLoad>,
  place: (sorted: readonly Item[]) => T,
): T {
  let chosen: T | undefined;
  for (const order of orders(load.kernel)) {
    const candidate = place([...items].sort(order));
    if (!chosen || candidate.bytes < chosen.bytes) chosen = candidate;
    if (chosen.bytes <= load.bytes) break;
  }
  return chosen!;
}

/** Puts each item into the smallest gap that it fits between those alive with it, else at the lowest free end. */
function placeInArena(sorted: readonly Item[]): { bytes: number; offsets: Map<Item, number> } {
  const offsets = new Map<Item, number>();
  const placed: { readonly item: Item; readonly offset: number }[] = [];
  let bytes = 0;
  for (const item of sorted) {
    let [end, offset, tightest] = [0, -1, Number.POSITIVE_INFINITY];
    for (const { item: other, offset: start } of placed) {
      if (other.first > item.last || other.last < item.first) continue;
      const gap = start - end;
      if (gap >= item.bytes && gap < tightest) [offset, tightest] = [end, gap];
      end = Math.max(end, start + other.bytes);
    }
    if (offset < 0) offset = end;
    offsets.set(item, offset);
    const at = placed.findIndex((other) => other.offset > offset);
    placed.splice(at < 0 ? placed.length : at, 0, { item, offset });
    bytes = Math.max(bytes, offset + item.bytes);
  }
  return { bytes, offsets };
}

/**
 * Places inputs, outputs and temporaries in one block, each at a multiple of `alignment` bytes.
 * With `inPlace`, a map kernel whose every element depends on the same element of a dying buffer overwrites that buffer.
 * @throws RangeError when a size is missing; MmgemError as `lifetimes` does.
 */
export function planArena(
  step: StepOutline,
  sizes: Sizes,
  alignment = 64,
  options: { readonly inPlace?: boolean } = {},
): ArenaPlan {
  const separate = itemsOf(step, sizes, alignment);
  const items = options.inPlace ? mergeInPlace(step, separate) : separate;
  const load = largestLoad(items, step.kernels.length);
  const { bytes, offsets } = best(items, load, placeInArena);
  const byName = items.flatMap((item) => item.names.map((name) => [name, offsets.get(item)!] as const));
  return { bytes, offsets: new Map(byName), summary: summarize(step, items, sizes, alignment, bytes) };
}

/** Puts each item into the free slot that fits best; without one large enough, the largest free one grows. */
function placeInSlots(sorted: readonly Item[]): { bytes: number; slots: number[]; chosen: Map<Item, number> } {
  const slots: { bytes: number; readonly items: Item[] }[] = [];
  const chosen = new Map<Item, number>();
  for (const item of sorted) {
    let slot = -1;
    slots.forEach(({ bytes, items }, index) => {
      if (items.some((other) => other.first <= item.last && other.last >= item.first)) return;
      const before = slot < 0 ? Number.NEGATIVE_INFINITY : slots[slot]!.bytes;
      const fits = bytes >= item.bytes;
      if (before >= item.bytes ? fits && bytes < before : bytes > before) slot = index;
    });
    if (slot < 0) slot = slots.push({ bytes: 0, items: [] }) - 1;
    slots[slot]!.bytes = Math.max(slots[slot]!.bytes, item.bytes);
    slots[slot]!.items.push(item);
    chosen.set(item, slot);
  }
  const bytes = slots.map((slot) => slot.bytes);
  return { bytes: bytes.reduce((sum, b) => sum + b, 0), slots: bytes, chosen };
}

/** WebGPU's largest alignment of buffer bindings. */
const slotAlignment = 256;

/**
 * Gives inputs, outputs and temporaries slots, so that no kernel meets one slot twice.
 * @throws as `planArena` does.
 */
export function planBuffers(step: StepOutline, sizes: Sizes): BufferPlan {
  const items = itemsOf(step, sizes, slotAlignment);
  const load = largestLoad(items, step.kernels.length);
  const { bytes, slots, chosen } = best(items, load, placeInSlots);
  const placements = items.flatMap((item) =>
    item.names.map((name) => [name, { slot: chosen.get(item)!, offset: 0 }] as const),
  );
  return {
    slots: slots.map((size) => ({ bytes: size })),
    placements: new Map(placements),
    summary: summarize(step, items, sizes, slotAlignment, bytes),
  };
}

// ---------------------------------------------------------------- in place

/** Makes one item of two where a kernel may write its result over what it reads for the last time. */
function mergeInPlace(step: StepOutline, separate: readonly Item[]): Item[] {
  const items = new Map(separate.flatMap((item) => item.names.map((name) => [name, item] as const)));
  const types = new Map(step.buffers.map(({ name, dtype }) => [name, dtype]));
  step.kernels.forEach((kernel, index) => {
    const written = kernel.writes[0]!;
    const result = items.get(written);
    if (result?.first !== index) return;
    const dying = kernel.overwrites.find((name) => {
      const item = items.get(name);
      return item?.last === index && item.bytes === result.bytes && types.get(name) === types.get(written);
    });
    if (!dying) return;
    const source = items.get(dying)!;
    const merged = { ...source, names: [...source.names, ...result.names], last: result.last };
    for (const name of merged.names) items.set(name, merged);
  });
  return [...new Set(items.values())];
}
