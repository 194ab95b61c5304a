/**
 * schedule: puts groups into an order in which each finds its inputs, old states are read before they are updated, and what frees memory
 * comes early.
 */
import { evaluateExtent, type Sizes } from '../../dsl/extent.ts';
import type { Graph } from '../../dsl/graph.ts';
import type { Tensor } from '../../dsl/tensor.ts';
import { type Group, storedMembers } from './fused-graph.ts';

/** Groups that need each other's results: one reads a state as it was, and what comes of the state's update too. */
export class WaitsForItself extends Error {
  override name = 'WaitsForItself';
  readonly groups: readonly Group[];

  constructor(groups: readonly Group[]) {
    super(
      `schedule: ${groups.map(({ result }) => `${result.label} (${result.origin})`).join(', ')} wait for each other`,
    );
    this.groups = groups;
  }
}

/** @throws WaitsForItself naming groups of which one must be split. */
export function schedule(graph: Graph, groups: readonly Group[]): Group[] {
  const position = new Map(graph.nodes.map(({ key }, i) => [key, i]));
  const makers = new Map(groups.flatMap((group) => storedMembers(group).map(({ key }) => [key, group] as const)));
  const reads = new Map(groups.map((group) => [group, groupsBefore(group, makers)]));
  const needs = new Map(groups.map((group) => [group, new Set(reads.get(group))]));
  for (const [reader, updater] of readersOfOldStates(groups, makers)) needs.get(updater)!.add(reader);
  const order: Group[] = [];
  const open: Group[] = [];
  const state = new Map<Group, 'open' | 'done'>();
  const visit = (group: Group): void => {
    if (state.get(group) === 'done') return;
    if (state.get(group) === 'open') throw new WaitsForItself(open.slice(open.indexOf(group)));
    state.set(group, 'open');
    open.push(group);
    for (const before of needs.get(group)!) visit(before);
    state.set(group, 'done');
    open.pop();
    order.push(group);
  };
  const last = (group: Group): number => Math.max(...group.members.map(({ key }) => position.get(key)!));
  for (const group of [...groups].sort((a, b) => last(a) - last(b))) visit(group);
  return earliest(order, needs, reads, storedElements(graph));
}

type Befores = ReadonlyMap<Group, ReadonlySet<Group>>;

/** What a symbolic size is taken for when the order is chosen. */
const typicalSize = 64;

/** How many elements a group stores for the time between its kernel and its last reader's. */
function storedElements({ outputs, sizes }: Graph): (group: Group) => number {
  const results = new Set(Object.values(outputs).map(({ key }) => key));
  const typical: Sizes = Object.fromEntries(sizes.map(({ name, max = typicalSize }) => [name, max]));
  return ({ result, extras }) =>
    [result, ...extras]
      .filter(({ key, operator }) => operator.kind !== 'update' && !results.has(key))
      .reduce((sum, { shape }) => sum + shape.reduce((n, { extent }) => n * evaluateExtent(extent, typical), 1), 0);
}

/**
 * Moves a group right behind what it waits for when more dies with it than it stores: the gradient of a weight lets go of both its
 * operands, whether or not anybody waits for it.
 */
function earliest(order: readonly Group[], needs: Befores, reads: Befores, stored: (group: Group) => number): Group[] {
  const placed = new Set<Group>();
  const [after, readers] = [inverse(needs), inverse(reads)];
  const waitsFor = new Map(order.map((group) => [group, needs.get(group)!.size]));
  const readersLeft = new Map(order.map((group) => [group, readers.get(group)?.length ?? 0]));
  const frees = (group: Group): number =>
    [...reads.get(group)!].reduce((sum, read) => sum + (readersLeft.get(read) === 1 ? stored(read) : 0), 0);
  const pays = (group: Group): boolean =>
    !placed.has(group) && waitsFor.get(group) === 0 && frees(group) > stored(group);
  const place = (group: Group): void => {
    placed.add(group);
    const touched = new Set(after.get(group));
    for (const next of touched) waitsFor.set(next, waitsFor.get(next)! - 1);
    for (const read of reads.get(group)!) {
      const left = readersLeft.get(read)! - 1;
      readersLeft.set(read, left);
      if (left === 1) touched.add(readers.get(read)!.find((reader) => !placed.has(reader))!);
    }
    for (const next of touched) if (pays(next)) place(next);
  };
  for (const group of order) if (!placed.has(group)) place(group);
  return [...placed];
}

function inverse(befores: Befores): ReadonlyMap<Group, readonly Group[]> {
  const found = new Map<Group, Group[]>();
  for (const [group, before] of befores)
    for (const one of before) {
      const list = found.get(one);
      if (list) list.push(group);
      else found.set(one, [group]);
    }
  return found;
}

/** Walks from a group's members through what is inlined to what other groups make. */
function outsideInputs(group: Group, makers: ReadonlyMap<string, Group>): { made: Set<Group>; sources: Set<Tensor> } {
  const [made, sources, seen] = [new Set<Group>(), new Set<Tensor>(), new Set<string>()];
  const visit = (node: Tensor): void => {
    if (seen.has(node.key)) return;
    seen.add(node.key);
    const maker = makers.get(node.key);
    if (maker && maker !== group) made.add(maker);
    else if (node.operator.kind === 'source') sources.add(node);
    else node.inputs.forEach(visit);
  };
  group.members.forEach((member) => {
    // What an update overwrites is not read by it.
    const inputs = member.operator.kind === 'update' ? member.inputs.slice(1) : member.inputs;
    const earlier = member.operator.kind === 'update' ? makers.get(member.inputs[0]!.key) : undefined;
    if (earlier && earlier !== group) made.add(earlier);
    inputs.forEach(visit);
  });
  return { made, sources };
}

function groupsBefore(group: Group, makers: ReadonlyMap<string, Group>): Set<Group> {
  return outsideInputs(group, makers).made;
}

/** Pairs of a group that reads a state as it was and the group that updates it. */
function readersOfOldStates(groups: readonly Group[], makers: ReadonlyMap<string, Group>): [Group, Group][] {
  const updates = groups.flatMap((group) =>
    group.members
      .filter(({ operator }) => operator.kind === 'update')
      .map((update) => ({ group, before: update.inputs[0]! })),
  );
  return groups.flatMap((reader) => {
    const { sources } = outsideInputs(reader, makers);
    return updates
      .filter(({ group, before }) => group !== reader && sources.has(before))
      .map(({ group }): [Group, Group] => [reader, group]);
  });
}
