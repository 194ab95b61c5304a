// Work side by side, as much at a time as its cost allows.

/**
 * Works on all items, in their order: on as many at a time as cost no more than the budget together, and always on at least one.
 * @throws what `work` throws first; no item is begun after that, and none is still under way
 */
export async function withinBudget<T>(
  items: readonly T[],
  cost: (item: T) => number,
  budget: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  let spent = 0;
  for (const item of items) {
    while (running.size > 0 && spent + cost(item) > budget) await Promise.race(running);
    if (failures.length > 0) break;
    spent += cost(item);
    const job: Promise<void> = work(item)
      .catch((error: unknown) => void failures.push(error))
      .finally(() => {
        spent -= cost(item);
        running.delete(job);
      });
    running.add(job);
  }
  await Promise.all(running);
  if (failures.length > 0) throw failures[0];
}
