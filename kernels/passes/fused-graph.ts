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
}

export interface FusedGraph {
  readonly graph: Graph;
  /** In an order in which they can run. */
  readonly groups: readonly Group[];
}

/** Users, positions and ancestry of a graph's nodes: what every question of fusion comes down to. */
export class Uses {
  readonly #positions: ReadonlyMap<string, number>;
  readonly #users = new Map<string, Tensor[]>();
  readonly #kept: ReadonlySet<string>;

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
