/** Turns tensors into scalar expressions: reads of what is stored, the meaning of what is inlined. */

import type { PointwiseOperator } from '../../dsl/operator.ts';
import { joinIndices } from '../../dsl/ops/movement.ts';
import { read, type Scalar } from '../../dsl/scalar.ts';
import type { Tensor } from '../../dsl/tensor.ts';

/** The buffers that hold stored tensors, by key; for a tensor that lies in one under other indices, the movement that leads there. */
export type StoredIn = Pick<ReadonlyMap<string, string | Tensor>, 'get'>;

/** What a kernel reads from memory: its own members are not there yet. */
export function storedBefore(members: readonly Tensor[], storedIn: StoredIn): StoredIn {
  const inside = new Set(members.map(({ key }) => key));
  return { get: (key) => (inside.has(key) ? undefined : storedIn.get(key)) };
}

export class Reading {
  readonly #storedIn: StoredIn;
  readonly #known: ReadonlyMap<string, Scalar>;
  readonly #done = new Map<string, Scalar>();

  /** @param known values of nodes that the kernel itself computes: its accumulator or reductions, by key. */
  constructor(storedIn: StoredIn, known: ReadonlyMap<string, Scalar> = new Map()) {
    this.#storedIn = storedIn;
    this.#known = known;
  }

  /** The element of a tensor at the given indices. */
  element(node: Tensor, indices: readonly Scalar[]): Scalar {
    const known = this.#known.get(node.key);
    if (known) return known;
    const name = `${node.key} ${indices.map(({ key }) => key).join(' ')}`;
    const done = this.#done.get(name) ?? this.#make(node, indices);
    this.#done.set(name, done);
    return done;
  }

  /** The element of a tensor whose indices are given by the names of its dimensions. */
  named(node: Tensor, byName: ReadonlyMap<string, Scalar>): Scalar {
    return this.element(
      node,
      node.shape.map(({ name }) => byName.get(name)!),
    );
  }

  #make(node: Tensor, indices: readonly Scalar[]): Scalar {
    const place = this.#storedIn.get(node.key);
    if (place === undefined) return this.meaning(node, indices);
    if (typeof place === 'string') return read(place, joinIndices(indices, node.shape), node.type);
    return this.element(place, (place.operator as PointwiseOperator).target!(place, indices));
  }

  /** The element as its operator makes it, even when the tensor is stored. */
  meaning(node: Tensor, indices: readonly Scalar[]): Scalar {
    const { operator } = node;
    if (operator.kind !== 'pointwise')
      throw new Error(`lower: ${node.label} (${node.origin}) is not stored, but ${operator.kind} must be`);
    return operator.meaning(node, indices, (input, at) => this.element(node.inputs[input]!, at));
  }
}
