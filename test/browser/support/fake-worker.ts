/** A worker that does nothing by itself: what it was told is written down, and the test says what it answers. */
export class FakeWorker extends EventTarget {
  readonly got: unknown[] = [];
  ended = false;

  postMessage(message: unknown): void {
    this.got.push(message);
  }

  terminate(): void {
    this.ended = true;
  }

  says(...messages: readonly unknown[]): void {
    for (const data of messages) this.dispatchEvent(new MessageEvent('message', { data }));
  }
}

/** What a worker says before and after it makes one of its own. */
export const nesting = { kind: 'nesting' };
export const nested = { kind: 'nested' };

/** Waits for what is done within milliseconds. */
export async function soon(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 1));
}
