/** What fusion decides: which tensors share a kernel, and which are stored. */
import type { Graph } from '../../dsl/graph.ts';
import type { Tensor } from '../../dsl/tensor.ts';

export type GroupKind = 'map' | 'row' | 'contract' | 'attention' | 'stream' | 'select' | 'update';

/** The nodes of one kernel. */
export interface Group {
  readonly kind: GroupKind;
  /** The product, attention, first reduction or selection that the kernel is built around; for a map, its result. */
  readonly anchor: Tensor;
  /** In graph order. Pointwise nodes that are inlined from before the kernel are not among them. */
  readonly members: readonly Tensor[];
  /** The member that the kernel stores. */
  readonly result: Tensor;
  /** Members that it stores besides, because others need them. */
  readonly extras: readonly Tensor[];
}

export interface FusedGraph {
  readonly graph: Graph;
  /** In an order in which they can run. */
  readonly groups: readonly Group[];
}

/** Whether `node` is nothing but `input` under other indices, each element once. */
export function isMoved({ operator, inputs }: Tensor, input: Tensor): boolean {
  return operator.kind === 'pointwise' && operator.target !== undefined && inputs.length === 1 && inputs[0] === input;
}

/** Members that the kernel stores under other indices only, each with the member that leads there. */
export function movedMembers({ members, result, extras }: Group): [node: Tensor, moved: Tensor][] {
  const stored = new Set([result, ...extras].map(({ key }) => key));
  return [...members].reverse().flatMap((node): [Tensor, Tensor][] => {
    const moved = stored.has(node.key)
      ? undefined
      : members.find((user) => isMoved(user, node) && stored.has(user.key));
    if (!moved) return [];
    stored.add(node.key);
    return [[node, moved]];
  });
}

/** The members that lie in memory when the kernel is over. Others who need one of the rest make it again. */
export function storedMembers(group: Group): Tensor[] {
  return [group.result, ...group.extras, ...movedMembers(group).map(([node]) => node)];
}

/** Movement that a product can read through: offsets stay sums of strides. concat and pad would need a branch an element. */
const views: ReadonlySet<string> = new Set([
  'permute',
  'rename',
  'split',
  'merge',
  'expand',
  'slice',
  'index',
  'recomputed',
]);

export const isView = ({ operator }: Tensor): boolean => operator.kind === 'pointwise' && views.has(operator.name);

const productKinds: ReadonlySet<string> = new Set(['contract', 'attention', 'stream']);

/** Products of all kinds: their operands must be stored tensors or views of such. */
export const readsViews = ({ operator }: Pick<Tensor, 'operator'>): boolean => productKinds.has(operator.kind);

/** Users, positions and ancestry of a graph's nodes: what every question of fusion comes down to. */
export class Uses {
  readonly #positions: ReadonlyMap<string, number>;
  readonly #users = new Map<string, Tensor[]>();
  readonly #kept: ReadonlySet<string>;
  readonly #feedsProducts = new Set<string>();

  constructor(graph: Graph) {
    this.#positions = new Map(graph.nodes.map(({ key }, i) => [key, i]));
    for (const node of graph.nodes) {
      for (const key of new Set(node.inputs.map((x) => x.key))) {
        const users = this.#users.get(key);
        if (users) users.push(node);
        else this.#users.set(key, [node]);
      }
    }
    this.#kept = new Set([...Object.values(graph.outputs), ...graph.updates].map(({ key }) => key));
    for (const node of [...graph.nodes].reverse()) {
      if (readsViews(node) || (isView(node) && this.#feedsProducts.has(node.key)))
        for (const { key } of node.inputs) this.#feedsProducts.add(key);
    }
  }

  /** Whether a product reads it, directly or through views: then it must lie in memory. */
  feedsProduct(x: Tensor): boolean {
    return this.#feedsProducts.has(x.key);
  }

  position(x: Tensor): number {
    return this.#positions.get(x.key)!;
  }

  users(x: Tensor): readonly Tensor[] {
    return this.#users.get(x.key) ?? [];
  }

  /** Whether the graph gives it to the outside: an output or a state update. */
  isResult(x: Tensor): boolean {
    return this.#kept.has(x.key);
  }

  /** Whether x needs any of `nodes`, being none of them itself. */
  dependsOnAny(x: Tensor, nodes: ReadonlySet<string>, earliest: number): boolean {
    const seen = new Set<string>();
    const visit = (node: Tensor): boolean => {
      if (this.position(node) <= earliest || seen.has(node.key)) return false;
      seen.add(node.key);
      return node.inputs.some((input) => nodes.has(input.key) || visit(input));
    };
    return visit(x);
  }
}
