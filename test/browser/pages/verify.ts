/** A page that verifies golden files on a backend of the browser, in a worker. */
import type { Verified, Verify } from './verify-worker.ts';

declare global {
  /** Says what `verify` finds; the server has the golden files under `/golden/`. Rejects when the backend cannot be opened. */
  var verifyGolden: (verify: Verify) => Promise<Verified>;
}

globalThis.verifyGolden = (verify) =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./workers/verify.js', import.meta.url), { type: 'module' });
    worker.onmessage = ({ data }: MessageEvent<Verified | { readonly refused: string }>) => {
      worker.terminate();
      if ('refused' in data) reject(new Error(data.refused));
      else resolve(data);
    };
    worker.onerror = ({ message }) => reject(new Error(`the worker fails: ${message}`));
    worker.postMessage(verify);
  });
