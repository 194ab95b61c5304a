/**
 * Growing a kernel around its anchor.
 *
 * From the anchor on, whatever works element by element on the anchor's space and needs nothing that must wait for the
 * kernel to finish may join. Of what could join, the largest part is kept that ends in one result. What others need of its
 * other members is stored too, or made again there (extras.ts).
 */
import type { Dim } from '../../dsl/dim.ts';
import { equalExtents } from '../../dsl/extent.ts';
import { joinIndices } from '../../dsl/ops/movement.ts';
import type { ReduceAttributes } from '../../dsl/ops/reduce.ts';
import type { Scalar } from '../../dsl/scalar.ts';
import type { Tensor } from '../../dsl/tensor.ts';
import { anchorIndices, isLinear } from './axes.ts';
import { extrasOf } from './extras.ts';
import type { Group, Uses } from './fused-graph.ts';

/** Whether `node`, which uses a member, may join. */
type MayJoin = (node: Tensor) => boolean;

export type Region = Pick<Group, 'members' | 'result' | 'extras'>;

function grow(anchor: Tensor, uses: Uses, mayJoin: MayJoin): Map<string, Tensor> {
  const members = new Map([[anchor.key, anchor]]);
  const keys = new Set(members.keys());
  const earliest = uses.position(anchor);
  const queue = [...uses.users(anchor)];
  const tried = new Set<string>();
  for (let node = queue.shift(); node; node = queue.shift()) {
    // A node may be ready only after another of its inputs has joined: it is tried again then.
    if (members.has(node.key)) continue;
    const attempt = `${node.key} ${members.size}`;
    if (tried.has(attempt)) continue;
    tried.add(attempt);
    const waits = node.inputs.some((input) => !keys.has(input.key) && uses.dependsOnAny(input, keys, earliest));
    if (waits || !mayJoin(node)) continue;
    members.set(node.key, node);
    keys.add(node.key);
    queue.push(...uses.users(node), ...[...members.values()].flatMap((member) => uses.users(member)));
  }
  return members;
}

/** The members that some of them need, in graph order. */
function partBefore(ends: readonly Tensor[], members: ReadonlyMap<string, Tensor>, uses: Uses): Tensor[] {
  const part = new Map<string, Tensor>();
  const visit = (node: Tensor): void => {
    if (part.has(node.key) || !members.has(node.key)) return;
    part.set(node.key, node);
    node.inputs.forEach(visit);
  };
  ends.forEach(visit);
  return [...part.values()].sort((a, b) => uses.position(a) - uses.position(b));
}

/** The largest part of what could join that ends in one result and needs few others stored. */
function largestRegion(
  anchor: Tensor,
  uses: Uses,
  mayJoin: MayJoin,
  { mayEnd = () => true, isSmall = () => false }: { mayEnd?: MayJoin; isSmall?: MayJoin } = {},
): Region {
  const members = grow(anchor, uses, mayJoin);
  const isMovement = ({ operator }: Tensor): boolean => operator.kind === 'pointwise' && operator.cost === 'movement';
  // Work on every element counts for more than work once a row, and movement for nothing.
  const weight = (part: readonly Tensor[]): number =>
    part.reduce((sum, node) => sum + (isMovement(node) ? 0 : isSmall(node) ? 1 : 8), 0);
  // What products read must be stored anyway: all of it may come from one kernel.
  const operands = [...members.values()].filter((node) => uses.feedsProduct(node) && mayEnd(node));
  const candidates = [...members.values()]
    .flatMap((result) => [
      { result, part: partBefore([result, ...operands], members, uses) },
      { result, part: partBefore([result], members, uses) },
    ])
    .sort(
      (a, b) =>
        weight(b.part) - weight(a.part) ||
        Number(uses.feedsProduct(b.result)) - Number(uses.feedsProduct(a.result)) ||
        uses.position(b.result) - uses.position(a.result),
    );
  for (const { result, part } of candidates) {
    if (!part.includes(anchor) || result.type === 'bool' || !mayEnd(result)) continue;
    const extras = extrasOf({ members: part, result, isSmall }, uses);
    if (extras?.every(mayEnd)) return { members: part, result, extras };
  }
  return { members: [anchor], result: anchor, extras: [] };
}

// ---------------------------------------------------------------- epilogues

const isElementwise = (node: Tensor): boolean =>
  node.operator.kind === 'pointwise' && node.operator.cost === 'arithmetic';

const sameNames = (a: readonly Dim[], b: readonly Dim[]): boolean =>
  a.length === b.length && a.every(({ name }) => b.some((other) => other.name === name));

/** Where each member's elements lie, as indices in terms of the anchor's: movement that loses nothing may be among them. */
export class Places {
  readonly #indices = new Map<string, readonly Scalar[]>();

  constructor(anchor: Tensor, indices: readonly Scalar[]) {
    this.#indices.set(anchor.key, indices);
  }

  of(node: Tensor): readonly Scalar[] | undefined {
    return this.#indices.get(node.key);
  }

  /** Finds the place of a node from those of its inputs that have one; false when there is none, or they disagree. */
  add(node: Tensor): boolean {
    const indices = this.#find(node);
    if (indices) this.#indices.set(node.key, indices);
    return indices !== undefined;
  }

  #find(node: Tensor): readonly Scalar[] | undefined {
    const { operator } = node;
    if (operator.kind !== 'pointwise') return undefined;
    if (operator.cost === 'movement') {
      const from = this.of(node.inputs[0]!);
      return from && operator.target?.(node, from);
    }
    const placed = node.inputs.flatMap((input) => {
      const indices = this.of(input);
      return indices ? [new Map(input.shape.map(({ name }, i) => [name, indices[i]!]))] : [];
    });
    const whole = node.inputs.every((input) => !this.of(input) || sameNames(input.shape, node.shape));
    if (!whole || !this.#agree(placed)) return undefined;
    return node.shape.map(({ name }) => placed[0]!.get(name)!);
  }

  #agree(places: readonly ReadonlyMap<string, Scalar>[]): boolean {
    return places.every((place) => [...place].every(([name, index]) => places[0]!.get(name)?.key === index.key));
  }
}

/** A product or attention with the elementwise work and the movement after it. */
export function epilogueRegion(anchor: Tensor, uses: Uses, isTaken: (node: Tensor) => boolean): Region {
  const places = new Places(anchor, anchorIndices(anchor).indices);
  return largestRegion(
    anchor,
    uses,
    (node) => !isTaken(node) && isElementwiseOrMoved(node) && places.add(node),
    // A result whose offsets are no sums of strides would have to be written element by element.
    { mayEnd: (node) => isLinear(joinIndices(places.of(node)!, node.shape)) },
  );
}

/** Where the members of a product's or an attention's group lie. */
export function placesOf({ anchor, members }: Pick<Group, 'anchor' | 'members'>): Places {
  const places = new Places(anchor, anchorIndices(anchor).indices);
  for (const member of members) if (member !== anchor && member.operator.kind === 'pointwise') places.add(member);
  return places;
}

function isElementwiseOrMoved({ operator, inputs }: Tensor): boolean {
  if (operator.kind !== 'pointwise') return false;
  return operator.cost === 'arithmetic' || (operator.target !== undefined && inputs.length === 1);
}

// ---------------------------------------------------------------- rows

/** The space of a row kernel: the dimensions kept and those reduced. */
export interface RowSpace {
  readonly rows: readonly Dim[];
  readonly along: readonly Dim[];
}

export function rowSpace(reduce: Tensor): RowSpace {
  const { axes } = reduce.attributes as ReduceAttributes;
  const dims = reduce.inputs[0]!.shape;
  return { rows: dims.filter((_, i) => !axes.includes(i)), along: dims.filter((_, i) => axes.includes(i)) };
}

const sameDims = (a: readonly Dim[], b: readonly Dim[]): boolean =>
  sameNames(a, b) && a.every(({ name, extent }) => equalExtents(extent, b.find((d) => d.name === name)!.extent));

function sameSpace(a: RowSpace, b: RowSpace): boolean {
  return sameDims(a.rows, b.rows) && sameDims(a.along, b.along);
}

function liesIn({ rows, along }: RowSpace, node: Tensor): boolean {
  const names = node.shape.map(({ name }) => name);
  const all = [...rows, ...along];
  const fits = node.shape.every((d) =>
    all.some((other) => other.name === d.name && equalExtents(other.extent, d.extent)),
  );
  // A result holds either one element a row, or every element of the space.
  return fits && (sameNames(node.shape, rows) || names.length === all.length);
}

/** Whether the kernel of `space` may hold the node: a reduction of the same space, or elementwise work within it. */
function fitsRows(space: RowSpace, node: Tensor): boolean {
  const { kind } = node.operator;
  if (kind === 'reduce') return node.type === 'f32' && sameSpace(space, rowSpace(node));
  return isElementwise(node) && liesIn(space, node);
}

/** Reductions along one space with the elementwise work between and after them. */
export function rowRegion(anchor: Tensor, uses: Uses, isTaken: (node: Tensor) => boolean): Region {
  const space = rowSpace(anchor);
  const { members, ...stored } = largestRegion(anchor, uses, (node) => !isTaken(node) && fitsRows(space, node), {
    isSmall: ({ shape }) => sameNames(shape, space.rows),
  });
  return { members: withSideReductions(members, space, uses, isTaken), ...stored };
}

/** Takes in reductions that only members use: the target's logit of a cross-entropy is picked in the kernel of its softmax. */
function withSideReductions(
  members: readonly Tensor[],
  space: RowSpace,
  uses: Uses,
  isTaken: (node: Tensor) => boolean,
): Tensor[] {
  const inside = new Map(members.map((node) => [node.key, node]));
  const candidates = members.flatMap(({ inputs }) => inputs);
  for (let node = candidates.pop(); node; node = candidates.pop()) {
    const onlyHere = !uses.isResult(node) && uses.users(node).every(({ key }) => inside.has(key));
    if (inside.has(node.key) || isTaken(node) || !onlyHere || !fitsRows(space, node)) continue;
    if (node.operator.kind !== 'reduce' && !node.inputs.some(({ operator }) => operator.kind === 'reduce')) continue;
    inside.set(node.key, node);
    candidates.push(...node.inputs);
  }
  return [...inside.values()].sort((a, b) => uses.position(a) - uses.position(b));
}
