import type { EvaluateFunc, Page } from 'puppeteer-core';

/** Milliseconds for whatever a model does on a slow machine, and between two looks. */
const [patience, pause] = [600_000, 200];

/**
 * Waits until something is true in a page. Asks from here, again and again: in Firefox puppeteer's own waiting may last forever on a page
 * that was reloaded.
 * @throws Error naming what was waited for when it does not come
 */
export function until<Given extends unknown[]>(
  page: Page,
  what: string,
  isTrue: EvaluateFunc<Given>,
  ...given: Given
): Promise<void> {
  return untilWithin(patience, page, what, isTrue, ...given);
}

/** The same with another patience, in milliseconds. */
export async function untilWithin<Given extends unknown[]>(
  milliseconds: number,
  page: Page,
  what: string,
  isTrue: EvaluateFunc<Given>,
  ...given: Given
): Promise<void> {
  const last = performance.now() + milliseconds;
  while (performance.now() < last) {
    if (await page.evaluate(isTrue, ...given)) return;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  throw new Error(`${what}: not within ${milliseconds / 1000} s`);
}
