/** A page that verifies golden files on a backend of the browser, in a worker. */
import { RestartingWorker } from '../../../targets/browser/restarting-worker.ts';
import type { Verified, Verify } from './verify-worker.ts';

declare global {
  /** What `verify` finds. Rejects when the backend cannot be opened. */
  var verifyGolden: (what: Verify) => Promise<Verified>;
  /** What is in the browser's cache of compiled kernels: text by its key. */
  var keptKernels: () => Promise<Readonly<Record<string, string>>>;
  /** Puts what another browser has compiled into the cache of this one. */
  var keepKernels: (kernels: Readonly<Record<string, string>>) => Promise<void>;
}

const verifyWorker = (): Worker => new Worker(new URL('./workers/verify.js', import.meta.url), { type: 'module' });

globalThis.verifyGolden = (what) =>
  new Promise((resolve, reject) => {
    const worker = new RestartingWorker<Verify, Verified | { readonly refused: string }>(verifyWorker, {
      onMessage({ data }) {
        worker.terminate();
        if ('refused' in data) reject(new Error(data.refused));
        else resolve(data);
      },
      onError: ({ message }) => reject(new Error(`the worker fails: ${message}`)),
    });
    worker.post(what);
  });

const cache = (): Promise<Cache> => caches.open('mmgem-kernels');

globalThis.keptKernels = async () => {
  const kept = await cache();
  const entries = (await kept.keys()).map(async (request) => {
    const bytes = new Uint8Array(await (await kept.match(request))!.arrayBuffer());
    return [request.url, btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
};

globalThis.keepKernels = async (kernels) => {
  const kept = await cache();
  for (const [url, text] of Object.entries(kernels)) {
    await kept.put(url, new Response(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))));
  }
};
