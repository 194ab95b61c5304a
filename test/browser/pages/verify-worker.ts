/** `verify` on the browser's own table of backends, where engines live: in a worker. */
import { engineRunner, type VerifyRow, verifyDirectory } from '../../../model/verify/verify.ts';
import { openEngine } from '../../../runtime/engine.ts';
import { browserBackends } from '../../../targets/browser/backends.ts';
import { ready } from '../../../targets/browser/ready.ts';
import { fetchedStore } from './fetched-store.ts';

export interface Verify {
  readonly backend: string;
  /** Where the server has the golden files: `/golden/`. */
  readonly folder: string;
  readonly files: readonly string[];
}

export interface Verified {
  /** The engine's. */
  readonly description: string;
  readonly rows: readonly VerifyRow[];
}

addEventListener('message', async ({ data }: MessageEvent<Verify>) => {
  postMessage(await verify(data).catch((error: Error) => ({ refused: error.message })));
});
postMessage(ready);

async function verify({ backend, folder, files }: Verify): Promise<Verified> {
  await using engine = await openEngine(backend, browserBackends);
  const runner = engineRunner(engine);
  const rows: VerifyRow[] = [];
  for await (const row of verifyDirectory(fetchedStore(folder, files), runner)) rows.push(row);
  await runner.close();
  return { description: engine.info.description, rows };
}
