// Orders that a seed decides, and nothing else: not time, not the number of threads.
import { type Random, random } from '../random.ts';
import type { Pass } from './record.ts';

/** The numbers from 0 to `count` − 1, shuffled if the pass says so. */
export function orderOf(count: number, { epoch, seed }: Pass): number[] {
  const order = Array.from({ length: count }, (_, i) => i);
  return seed === undefined ? order : permuted(order, random(seed, `order ${epoch}`));
}

/** A shuffled copy (Fisher and Yates). */
export function permuted<T>(list: readonly T[], source: Random): T[] {
  const copy = [...list];
  for (let end = copy.length - 1; end > 0; end--) {
    const other = below(end + 1, source);
    [copy[end], copy[other]] = [copy[other]!, copy[end]!];
  }
  return copy;
}

/**
 * Items in another order: each one that comes takes the place of one of the `capacity` that wait, which is passed on. The
 * larger the buffer, the farther an item can move; one of 0 or 1 moves nothing.
 */
export async function* shuffled<T>(items: AsyncIterable<T>, capacity: number, source: Random): AsyncGenerator<T, void> {
  const waiting: T[] = [];
  for await (const item of items) {
    if (waiting.length < capacity) {
      waiting.push(item);
      continue;
    }
    if (capacity === 0) {
      yield item;
      continue;
    }
    const place = below(capacity, source);
    const passed = waiting[place]!;
    waiting[place] = item;
    yield passed;
  }
  yield* permuted(waiting, source);
}

/** An integer from 0 to `count` − 1, for counts far below 2³². */
export function below(count: number, source: Random): number {
  return Math.floor(source.uniform() * count);
}
