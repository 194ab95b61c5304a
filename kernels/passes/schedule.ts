/** schedule: puts groups into an order in which each finds its inputs, and old states are read before they are updated. */
import type { Graph } from '../../dsl/graph.ts';
import type { Tensor } from '../../dsl/tensor.ts';
import type { Group } from './fused-graph.ts';

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
  const makers = new Map(groups.flatMap((group) => group.members.map(({ key }) => [key, group] as const)));
  const needs = new Map(groups.map((group) => [group, groupsBefore(group, makers)]));
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
  return order;
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
