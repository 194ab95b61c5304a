/**
 * fuse: decides which nodes share a kernel and which tensors are stored. The rules, in order:
 *
 * 1. A product or attention takes the elementwise work and the movement that follows it into its epilogue.
 * 2. Reductions over one space and the elementwise work between and after them become one row kernel.
 * 3. What remains is pointwise. It is computed where it is used, unless it is a result, several kernels would compute it
 *    again, or a product needs it: products and attention read stored tensors only, through views that keep offsets cheap.
 * 4. A state update writes into the state from the kernel that makes the value, when nothing else needs the value.
 */
import type { Graph } from '../../dsl/graph.ts';
import type { Tensor } from '../../dsl/tensor.ts';
import { isLinear, updateOffset } from './axes.ts';
import { costOfElement, isWorthStoring } from './extras.ts';
import { type FusedGraph, type Group, type GroupKind, isView, readsViews, Uses } from './fused-graph.ts';
import { epilogueRegion, placesOf, type Region, rowRegion } from './regions.ts';
import { schedule, WaitsForItself } from './schedule.ts';

export interface FuseOptions {
  /** False keeps every operator in a kernel of its own: what tests compare fused kernels with. */
  readonly fused?: boolean;
  /** Nodes, by key, that must be stored whatever the rules say. */
  readonly store?: ReadonlySet<string>;
}

export function fuse(graph: Graph, { fused = true, store = new Set() }: FuseOptions = {}): FusedGraph {
  const uses = new Uses(graph);
  const stored = new Set(store);
  for (;;) {
    try {
      return { graph, groups: schedule(graph, groupsOf(graph, uses, stored, fused)) };
    } catch (error) {
      if (!(error instanceof WaitsForItself)) throw error;
      const before = stored.size;
      for (const { key } of error.groups.flatMap(splitting)) stored.add(key);
      if (stored.size === before) throw error;
    }
  }
}

function groupsOf(graph: Graph, uses: Uses, store: ReadonlySet<string>, fused: boolean): Group[] {
  const groups = new Map<string, Group>();
  const isTaken = (node: Tensor): boolean => groups.has(node.key) || store.has(node.key);
  for (const anchor of graph.nodes) {
    const kind = anchorKind(anchor);
    if (!kind || groups.has(anchor.key)) continue;
    const group: Group = { kind, anchor, ...region(kind, anchor, uses, fused ? isTaken : () => true) };
    for (const { key } of group.members) groups.set(key, group);
  }
  for (const node of storedMaps(graph, uses, groups, store, fused)) {
    groups.set(node.key, { kind: 'map', anchor: node, members: [node], result: node, extras: [] });
  }
  const all = [...new Set(groups.values())];
  return fused ? withUpdates(all, uses) : all;
}

/** What to store so that a group which waits for itself comes apart: what it reads of old states, and its epilogue. */
function splitting({ anchor, members }: Group): Tensor[] {
  const found = new Map<string, Tensor>();
  const visit = (node: Tensor): void => {
    if (node.operator.kind !== 'pointwise' || found.has(node.key)) return;
    if (node !== anchor && (members.includes(node) || node.inputs.some(isState))) found.set(node.key, node);
    node.inputs.forEach(visit);
  };
  for (const member of members) {
    visit(member);
    member.inputs.forEach(visit);
  }
  return [...found.values()].filter(({ type }) => type !== 'bool');
}

const isState = ({ operator }: Tensor): boolean => operator.name === 'state';

/** Whether an update's value takes elements of the state from other places than it writes them to: it cannot be done in place. */
function movesItsState(update: Tensor): boolean {
  const [before, value] = update.inputs as [Tensor, Tensor];
  const visit = (node: Tensor, moved: boolean): boolean => {
    if (node === before) return moved;
    if (node.operator.kind !== 'pointwise') return false;
    const moves = moved || node.operator.cost !== 'arithmetic';
    return node.inputs.some((input) => visit(input, moves));
  };
  return visit(
    value,
    before.shape.some(({ extent }, i) => extent.key !== value.shape[i]!.extent.key),
  );
}

function anchorKind({ operator: { kind } }: Tensor): GroupKind | undefined {
  return kind === 'source' || kind === 'pointwise' ? undefined : kind === 'reduce' ? 'row' : kind;
}

function region(kind: GroupKind, anchor: Tensor, uses: Uses, isTaken: (node: Tensor) => boolean): Region {
  if (readsViews(anchor)) return epilogueRegion(anchor, uses, isTaken);
  if (kind === 'row') return rowRegion(anchor, uses, isTaken);
  return { members: [anchor], result: anchor, extras: [] };
}

/** The pointwise nodes that get a buffer and a map kernel of their own. */
function storedMaps(
  graph: Graph,
  uses: Uses,
  groups: ReadonlyMap<string, Group>,
  store: ReadonlySet<string>,
  fused: boolean,
): Tensor[] {
  const stored: Tensor[] = [];
  /** Which kernels compute a node: its group, itself when stored, or all that compute its users. */
  const computedIn = new Map<string, ReadonlySet<string>>();
  for (const node of [...graph.nodes].reverse()) {
    const group = groups.get(node.key);
    const kernels = new Set(uses.users(node).flatMap(({ key }) => [...(computedIn.get(key) ?? [])]));
    if (group) {
      // What others make again is computed there too.
      const isMadeOnce = node === group.result || group.extras.includes(node) || node.operator.kind !== 'pointwise';
      computedIn.set(node.key, new Set(isMadeOnce ? [group.result.key] : [group.result.key, ...kernels]));
      continue;
    }
    if (node.operator.kind !== 'pointwise') continue;
    const isOperand = uses.feedsProduct(node);
    const isShared = kernels.size > 1 && node.operator.cost !== 'movement' && node.shape.length > 0;
    // What is the same along further dimensions would be made again at each of their points.
    const isSpread = uses.users(node).some(({ shape }) => shape.length > node.shape.length);
    const repeated = isShared && (isSpread || isWorthStoring(inlineCost(node, groups), kernels.size - 1));
    const moved = uses
      .users(node)
      .some((user) => user.operator.kind === 'update' && user.inputs[1] === node && movesItsState(user));
    const must =
      moved || uses.isResult(node) || store.has(node.key) || (isOperand && !isView(node)) || repeated || !fused;
    // A condition costs less than its storage would; it is never stored unless it is asked for.
    if (must && node.type !== 'bool') {
      stored.push(node);
      computedIn.set(node.key, new Set([node.key]));
    } else {
      computedIn.set(node.key, kernels);
    }
  }
  return stored;
}

/** What an element costs that is made from stored tensors, as if nothing between was stored. */
function inlineCost(node: Tensor, groups: ReadonlyMap<string, Group>): number {
  const counted = new Set<string>();
  const visit = (x: Tensor): number => {
    if (x.operator.kind !== 'pointwise' || groups.has(x.key) || counted.has(x.key)) return 0;
    counted.add(x.key);
    return x.inputs.reduce((sum, input) => sum + visit(input), costOfElement(x));
  };
  return visit(node);
}

/** Lets the kernel that makes an updated value write it into the state, when the value has no other use. */
function withUpdates(groups: readonly Group[], uses: Uses): Group[] {
  const makers = new Map(groups.map((group) => [group.result.key, group]));
  const replaced = new Map<Group, Group | undefined>();
  for (const group of groups) {
    if (group.kind !== 'update') continue;
    const [state, value] = group.anchor.inputs as [Tensor, Tensor];
    const maker = makers.get(value.key);
    if (!maker || maker.kind === 'update' || uses.isResult(value) || uses.users(value).length > 1) continue;
    // The maker must not read the state that it would overwrite.
    const readsState = maker.members.some((member) =>
      uses.dependsOnAny(member, new Set([state.key]), uses.position(state)),
    );
    if (readsState || !writesByStrides(maker, group.anchor)) continue;
    replaced.set(maker, { ...maker, members: [...maker.members, group.anchor], result: group.anchor });
    replaced.set(group, undefined);
  }
  return groups.flatMap((group) => (replaced.has(group) ? (replaced.get(group) ?? []) : [group]));
}

/** Whether a product or attention that writes into a state finds the places by strides; other kinds find them anyway. */
function writesByStrides(maker: Group, update: Tensor): boolean {
  if (!readsViews(maker.anchor)) return true;
  return isLinear(updateOffset(update, placesOf(maker).of(maker.result)!));
}
