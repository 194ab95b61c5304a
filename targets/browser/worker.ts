/** The worker that a page's engine and models live in. */
import { openEngine } from '../../runtime/engine.ts';
import { browserBackends } from './backends.ts';
import type { SendableImage } from './image-sources.ts';
import { decodeImage } from './images.ts';
import type { ModelPlace } from './places.ts';
import { ready } from './ready.ts';
import type { FromWorker } from './rpc/messages.ts';
import { Service } from './service.ts';
import { storeAt } from './stores.ts';

const port = globalThis as unknown as DedicatedWorker;

interface DedicatedWorker {
  postMessage(message: unknown, transfer?: Transferable[]): void;
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void;
}

new Service<ModelPlace, SendableImage>(port, {
  open: (backend, options) => openEngine(backend, browserBackends, options),
  hostFor(place, options) {
    const path = typeof place === 'string' ? place : place.folder;
    return { path, host: { openStore: (asked) => storeAt(asked === path ? place : asked, options), decodeImage } };
  },
});

const begin = (lock?: string): void => port.postMessage({ ...ready, ...(lock && { lock }) } satisfies FromWorker);
if (navigator.locks === undefined) begin();
else {
  const lock = `mmgem ${crypto.randomUUID()}`;
  void navigator.locks.request(lock, () => {
    begin(lock);
    return new Promise(() => {}); // held until the worker ends
  });
}
