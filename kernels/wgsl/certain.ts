/** Which parts of expressions are evaluated whatever the data, and how often each part is used. */
import { operandsOf, type Scalar, within } from '../../dsl/scalar.ts';

/** What is known to be certain within expressions met before, by key. */
type Memo = Map<string, ReadonlySet<string>>;

/**
 * Keys of everything that is evaluated for certain when the roots are: neither in one side of a `where` alone nor in a loop,
 * which may run no time at all.
 */
export function certainOf(roots: readonly Scalar[], memo: Memo = new Map()): Set<string> {
  const certain = new Set<string>();
  const visit = (x: Scalar): void => {
    if (certain.has(x.key)) return;
    certain.add(x.key);
    if (x.kind === 'loop') visit(x.count);
    else if (x.kind === 'apply' && x.name === 'where') {
      const [condition, chosen, other] = x.arguments as readonly [Scalar, Scalar, Scalar];
      visit(condition);
      for (const key of sharedKeys(chosen, other, memo)) certain.add(key);
    } else operandsOf(x).forEach(visit);
  };
  roots.forEach(visit);
  return certain;
}

function certainWithin(x: Scalar, memo: Memo): ReadonlySet<string> {
  const known = memo.get(x.key);
  if (known) return known;
  const certain = certainOf([x], memo);
  memo.set(x.key, certain);
  return certain;
}

/** Keys of what is evaluated for certain in both of two expressions. */
export function sharedKeys(a: Scalar, b: Scalar, memo: Memo = new Map()): string[] {
  const inBoth = certainWithin(b, memo);
  return [...certainWithin(a, memo)].filter((key) => inBoth.has(key));
}

/** How many expressions use each one, by key; a root is used once more. */
export function countUses(roots: readonly Scalar[]): Map<string, number> {
  const uses = new Map<string, number>();
  const count = (x: Scalar): void => {
    uses.set(x.key, (uses.get(x.key) ?? 0) + 1);
  };
  roots.forEach(count);
  for (const x of within(...roots)) operandsOf(x).forEach(count);
  return uses;
}
