// Choices of a seeded source.
import type { Random } from '../random.ts';

/** A number in [low, high). */
export function between(source: Random, low: number, high: number): number {
  return low + (high - low) * source.uniform();
}

/** One of a list that is not empty, each as likely as another. */
export function pick<T>(source: Random, list: readonly T[]): T {
  return list[Math.floor(list.length * source.uniform())]!;
}

/** One of the keys, as likely as its weight; at least one weight must be above 0. */
export function pickWeighted<Key extends string>(source: Random, weights: Readonly<Record<Key, number>>): Key {
  const entries = (Object.entries(weights) as [Key, number][]).filter(([, weight]) => weight > 0);
  let rest = source.uniform() * entries.reduce((sum, [, weight]) => sum + weight, 0);
  const chosen = entries.find(([, weight]) => {
    rest -= weight;
    return rest < 0;
  });
  return (chosen ?? entries.at(-1)!)[0];
}

/** Another order, each as likely as another. */
export function shuffled<T>(source: Random, list: readonly T[]): T[] {
  const result = [...list];
  for (let i = result.length - 1; i > 0; i--) {
    const other = Math.floor(source.uniform() * (i + 1));
    [result[i], result[other]] = [result[other]!, result[i]!];
  }
  return result;
}
