/** The page as a screen reader has it. */
import type { SerializedAXNode } from 'puppeteer-core';
import type { Tab } from './tab.ts';
import { until } from './until.ts';

/** Everything that is read out, in order, a line each: `button “Add images”`, with the description behind it where there is one. */
export async function heard({ page }: Tab): Promise<string[]> {
  const root = await page.accessibility.snapshot();
  if (root === null) throw new Error('the page has no accessibility tree');
  return linesOf(root);
}

function linesOf({ role, name = '', description = '', children = [] }: SerializedAXNode): string[] {
  const line = `${role} “${name}”${description === '' ? '' : ` (${description})`}`;
  return [line, ...children.flatMap(linesOf)];
}

/** What the page has told screen readers through its live region. */
export interface Announcements {
  all(): Promise<string[]>;
  until(pattern: RegExp): Promise<void>;
}

/** Writes down what is announced on the pages that this tab opens from now on. */
export async function announcements({ page }: Tab): Promise<Announcements> {
  await page.evaluateOnNewDocument(() => {
    const told: string[] = [];
    Object.assign(globalThis, { told });
    document.addEventListener('DOMContentLoaded', () => {
      const observer = new MutationObserver((changes) => {
        for (const { addedNodes } of changes) for (const node of addedNodes) told.push(node.textContent ?? '');
      });
      observer.observe(document.getElementById('announcer')!, { childList: true });
    });
  });
  return {
    all: () => page.evaluate(() => Reflect.get(globalThis, 'told') as string[]),
    async until(pattern) {
      await until(
        page,
        `${pattern} is read out`,
        (source) => (Reflect.get(globalThis, 'told') as string[]).some((text) => new RegExp(source).test(text)),
        pattern.source,
      );
    },
  };
}
