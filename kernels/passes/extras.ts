/**
 * extras: what a kernel stores besides its result, when others need values that are made on its way.
 *
 * A value of which others need little work to make it again (from what is stored) is made again there: writing and reading it would cost
 * more. The backward pass needs the layer norm's mean and scale, two numbers a row, and not what was subtracted or multiplied.
 */
import type { FunctionName } from '../../dsl/functions.ts';
import type { Tensor } from '../../dsl/tensor.ts';
import { isMoved, isView, readsViews, type Uses } from './fused-graph.ts';

/** What an element costs to make, in additions. A gather reads from anywhere: it is never done twice. */
const costs: Partial<Record<FunctionName | string, number>> = {
  div: 2,
  sqrt: 2,
  rsqrt: 3,
  exp: 8,
  log: 8,
  tanh: 10,
  sigmoid: 10,
  erf: 10,
  sin: 12,
  cos: 12,
};

/** More than this, times the kernels that would do it again, is worth the memory traffic of a stored tensor. */
const worthStoring = 32;

export function costOfElement({ operator }: Tensor): number {
  if (operator.kind !== 'pointwise') return Number.POSITIVE_INFINITY;
  if (operator.cost === 'movement') return 0;
  return operator.cost === 'gather' ? Number.POSITIVE_INFINITY : (costs[operator.name] ?? 1);
}

/** Whether so much work, done again in so many kernels, is worth storing its result. */
export const isWorthStoring = (cost: number, again: number): boolean => cost * again > worthStoring;

interface Part {
  readonly members: readonly Tensor[];
  readonly result: Tensor;
  /** Small enough to be stored without a thought: one number a row. */
  isSmall(node: Tensor): boolean;
}

/** At most so many tensors of full size besides the result. */
const mostExtras = 2;

/** Kernels that would make a value again, at most: users are counted before it is known which of them share one. */
const mostAgain = 2;

/**
 * The members to store besides the result so that others find or can make what they need, or undefined where that would be too much, or
 * where others could as well make the result itself of the extras.
 */
export function extrasOf(part: Part, uses: Uses): Tensor[] | undefined {
  const { members, result, isSmall } = part;
  const storing = new Storing(part, uses);
  const operands = members.filter((node) => node !== result && storing.mustLie(node));
  const needed = members.filter((node) => node !== result && storing.isNeededOutside(node));
  const base = members.find(
    (node) => node.type === 'f32' && !isSmall(node) && storing.suffices([...operands, node], needed),
  );
  const extras = storing.suffices(operands, needed)
    ? operands
    : base
      ? [...operands, base]
      : storing.oneByOne(operands, needed);
  if (!extras || extras.some(({ type, operator }) => type !== 'f32' || operator.kind === 'update')) return undefined;
  const large = extras.filter((node) => !isSmall(node));
  const isNeedless =
    large.length > 0 && !uses.isResult(result) && !storing.mustLie(result) && storing.isCheap(result, extras);
  return large.length > mostExtras || isNeedless ? undefined : [...extras, ...storing.smallOnes(extras, needed)];
}

/** What others need of a part, and whether they have it when some of its members are stored. */
class Storing {
  readonly #inside: ReadonlySet<string>;
  readonly #part: Part;
  readonly #uses: Uses;

  constructor(part: Part, uses: Uses) {
    this.#inside = new Set(part.members.map(({ key }) => key));
    this.#part = part;
    this.#uses = uses;
  }

  isNeededOutside(node: Tensor): boolean {
    return this.#uses.isResult(node) || this.#usersOutside(node).length > 0;
  }

  /** Whether it must be in memory: a result of the graph, or read by a product outside. */
  mustLie(node: Tensor): boolean {
    return (
      this.#uses.isResult(node) ||
      this.#usersOutside(node).some((user) => readsViews(user) || (isView(user) && this.#uses.feedsProduct(user)))
    );
  }

  /** Whether everything needed is stored or cheap to make when these and the result are stored. */
  suffices(stored: readonly Tensor[], needed: readonly Tensor[]): boolean {
    const all = [this.#part.result, ...stored];
    return needed.every((node) => this.#isThere(node, all) || this.isCheap(node, all));
  }

  /** Stores what is not cheap to make, from the first on. */
  oneByOne(stored: readonly Tensor[], needed: readonly Tensor[]): Tensor[] {
    const all = [...stored];
    for (const node of needed) if (!this.suffices(all, [node])) all.push(node);
    return all;
  }

  isCheap(node: Tensor, stored: readonly Tensor[]): boolean {
    const { cost } = this.#again(node, stored);
    if (node.type === 'bool') return Number.isFinite(cost);
    return !isWorthStoring(cost, Math.min(this.#usersOutside(node).length, mostAgain));
  }

  /** Small values on the way from what is stored to what is needed. */
  smallOnes(stored: readonly Tensor[], needed: readonly Tensor[]): Tensor[] {
    const all = [this.#part.result, ...stored];
    const found = needed.flatMap((node) => (this.#isThere(node, all) ? [] : this.#again(node, all).small));
    return [...new Set(found)].filter((node) => !all.includes(node));
  }

  #usersOutside(node: Tensor): Tensor[] {
    return this.#uses.users(node).filter(({ key }) => !this.#inside.has(key));
  }

  /** Stored as it is or moved: others read its elements there. */
  #isThere(node: Tensor, stored: readonly Tensor[]): boolean {
    return (
      stored.includes(node) ||
      this.#uses
        .users(node)
        .some((user) => this.#inside.has(user.key) && isMoved(user, node) && this.#isThere(user, stored))
    );
  }

  /** What it takes to make an element: infinite where it cannot be made, and the small values on the way. */
  #again(node: Tensor, stored: readonly Tensor[]): { readonly cost: number; readonly small: readonly Tensor[] } {
    const [counted, small]: [Set<Tensor>, Tensor[]] = [new Set(), []];
    const visit = (x: Tensor): number => {
      if (!this.#inside.has(x.key) || counted.has(x) || (x !== node && this.#isThere(x, stored))) return 0;
      counted.add(x);
      if (this.#part.isSmall(x)) small.push(x);
      return this.#part.isSmall(x) ? 0 : x.inputs.reduce((sum, input) => sum + visit(input), costOfElement(x));
    };
    return { cost: visit(node), small };
  }
}
