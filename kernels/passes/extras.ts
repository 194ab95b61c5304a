/**
 * extras: what a kernel stores besides its result, when others need values that are made on its way.
 *
 * A value of which others need little work to make it again (from what is stored) is made again there: writing and reading it would cost
 * more. The backward pass needs the layer norm's mean and scale, two numbers a row, and not what was subtracted or multiplied.
 */
import type { FunctionName } from '../../dsl/functions.ts';
import type { Tensor } from '../../dsl/tensor.ts';
import { isMoved, type Uses } from './fused-graph.ts';

/** What an element costs to make, in additions. A gather reads from anywhere: it is never done twice. */
const costs: Partial<Record<FunctionName | string, number>> = {
  div: 2,
  sqrt: 2,
  rsqrt: 3,
  exp: 8,
  log: 8,
  tanh: 10,
  sigmoid: 10,
  erf: 12,
  sin: 12,
  cos: 12,
};

/** More than this, times the kernels that would do it again, is worth the memory traffic of a stored tensor. */
const worthStoring = 24;

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

/**
 * The members to store besides the result so that others find or can make what they need, or undefined where that would be too much.
 */
export function extrasOf({ members, result, isSmall }: Part, uses: Uses): Tensor[] | undefined {
  const inside = new Set(members.map(({ key }) => key));
  const stored = new Map<string, Tensor>([[result.key, result]]);
  const isNeededOutside = (node: Tensor): boolean =>
    uses.isResult(node) || uses.users(node).some(({ key }) => !inside.has(key));

  /** Members whose elements are the result's, moved: others read them there. */
  const liesInStored = (node: Tensor): boolean =>
    stored.has(node.key) ||
    uses.users(node).some((user) => inside.has(user.key) && isMoved(user, node) && liesInStored(user));

  /** What it takes to make a member's element again: infinite where it cannot be, and the small values on the way. */
  const again = (node: Tensor): { readonly cost: number; readonly small: readonly Tensor[] } => {
    const [counted, small]: [Set<string>, Tensor[]] = [new Set(), []];
    const visit = (x: Tensor): number => {
      if (!inside.has(x.key) || counted.has(x.key) || liesInStored(x)) return 0;
      counted.add(x.key);
      if (isSmall(x)) small.push(x);
      return isSmall(x) ? 0 : x.inputs.reduce((sum, input) => sum + visit(input), costOfElement(x));
    };
    return { cost: visit(node), small };
  };

  for (const node of members) {
    if (stored.has(node.key) || !isNeededOutside(node)) continue;
    // A product could read through movement only where its offsets stay sums of strides.
    if (liesInStored(node) && !uses.feedsProduct(node)) continue;
    const { cost, small } = again(node);
    const others = uses.users(node).filter(({ key }) => !inside.has(key)).length;
    const mustLie = uses.isResult(node) || uses.feedsProduct(node);
    const isCheap = node.type === 'bool' ? Number.isFinite(cost) : !isWorthStoring(cost, others);
    if (isCheap && !mustLie) {
      for (const x of small) stored.set(x.key, x);
    } else if (node.type !== 'f32' || node.operator.kind === 'update') return undefined;
    else stored.set(node.key, node);
  }
  stored.delete(result.key);
  const extras = [...stored.values()];
  return extras.filter((node) => !isSmall(node)).length > mostExtras ? undefined : extras;
}
