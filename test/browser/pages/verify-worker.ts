/** `verify` on the browser's own table of backends, where engines live: in a worker. */
import { engineRunner, type VerifyRow, verifyDirectory } from '../../../model/verify/verify.ts';
import { openEngine } from '../../../runtime/engine.ts';
import { browserBackends } from '../../../targets/browser/backends.ts';
import { openCache } from '../../../targets/browser/wasm/cache.ts';
import { fetchedStore } from './fetched-store.ts';

export interface Verify {
  readonly backend: string;
  /** Golden files, which the server has under `/golden/`. */
  readonly files: readonly string[];
  /** The keys of compiled kernels, which the server has under `/kernels/`: what is not among them is compiled here. */
  readonly kernels?: readonly string[];
}

export interface Verified {
  readonly description: string;
  readonly rows: readonly VerifyRow[];
}

addEventListener('message', async ({ data }: MessageEvent<Verify>) => {
  const answer = await verify(data).catch((error: Error) => ({ refused: error.message }));
  postMessage(answer);
});

async function verify({ backend, files, kernels = [] }: Verify): Promise<Verified> {
  await keepKernels(kernels);
  await using engine = await openEngine(backend, browserBackends);
  const runner = engineRunner(engine);
  const rows: VerifyRow[] = [];
  for await (const row of verifyDirectory(fetchedStore('/golden/', files), runner)) rows.push(row);
  await runner.close();
  return { description: engine.info.description, rows };
}

/** Puts what Node has compiled into the browser's cache. */
async function keepKernels(keys: readonly string[]): Promise<void> {
  const cache = openCache();
  for (const key of keys) {
    const response = await fetch(`/kernels/${key}`);
    if (!response.ok) throw new Error(`/kernels/${key}: the server answers ${response.status}`);
    await cache?.put(key, new Uint8Array(await response.arrayBuffer()));
  }
}
