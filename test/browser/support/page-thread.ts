/** How long the page's own thread is kept busy at a time, by the same measure in every browser. */
import type { Tab } from './tab.ts';

/**
 * Begins to watch. Time is counted by a second thread of the same browser that does nothing else: on a machine that is busy otherwise both
 * wait, and only what the page does itself is counted. Needs an isolated page, and one that may start workers from blobs.
 */
export async function watchThread({ page }: Tab): Promise<void> {
  await page.evaluate(async () => {
    const clock = new Int32Array(new SharedArrayBuffer(8));
    const code = `onmessage = ({ data }) => {
      const clock = new Int32Array(data);
      postMessage('begun');
      for (;;) {
        Atomics.wait(clock, 1, 0, 10);
        Atomics.add(clock, 0, 10);
      }
    }`;
    const worker = new Worker(URL.createObjectURL(new Blob([code], { type: 'text/javascript' })));
    worker.postMessage(clock.buffer);
    await new Promise((resolve) => {
      worker.onmessage = resolve;
    });
    let before = Atomics.load(clock, 0);
    let longest = 0;
    const { port1, port2 } = new MessageChannel();
    const look = (): void => {
      const now = Atomics.load(clock, 0);
      longest = Math.max(longest, now - before);
      before = now;
    };
    port1.onmessage = () => {
      look();
      setTimeout(() => port2.postMessage(0), 5);
    };
    port2.postMessage(0);
    Object.assign(globalThis, {
      longestTask: () => {
        look();
        const since = longest;
        longest = 0;
        return since;
      },
    });
  });
}

/** The longest time since it was last asked for that the page's thread was busy with one thing, milliseconds, to within 20. */
export function longestTask({ page }: Tab): Promise<number> {
  return page.evaluate(() => (Reflect.get(globalThis, 'longestTask') as () => number)());
}

/** Keeps the page's thread busy: shows that the watch would notice. */
export function block({ page }: Tab, milliseconds: number): Promise<void> {
  return page.evaluate(
    (duration) =>
      new Promise<void>((resolve) => {
        setTimeout(() => {
          const end = performance.now() + duration;
          while (performance.now() < end);
          resolve();
        });
      }),
    milliseconds,
  );
}
