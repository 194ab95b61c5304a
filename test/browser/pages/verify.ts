/** A page that verifies golden files on a backend of the browser, on the page's own thread. */
import { printWgslStep } from '../../../kernels/wgsl/print.ts';
import { engineRunner, type VerifyRow, verifyDirectory } from '../../../model/verify/verify.ts';
import { openEngine } from '../../../runtime/engine.ts';
import { createWebGpuExecutor } from '../../../runtime/webgpu/executor.ts';
import { openNavigatorGpu } from '../../../targets/web/gpu.ts';
import { fetchedStore } from './fetched-store.ts';

declare global {
  /** Verifies the files, which the server has under `/golden/`. */
  var verifyGolden: (backend: string, files: readonly string[]) => Promise<Verified>;
}

export interface Verified {
  readonly description: string;
  readonly seconds: number;
  readonly rows: readonly VerifyRow[];
}

const words = {
  backend: 'webgpu',
  absent: { reason: 'no navigator.gpu', remedy: 'switch it on' },
  noAdapter: { reason: 'no adapter', remedy: 'get one' },
};

globalThis.verifyGolden = async (backend, files) => {
  const start = performance.now();
  await using engine = await openEngine(backend, [
    {
      name: 'webgpu',
      options: [],
      probe: async () => ({ usable: true, description: '' }),
      open: async () => createWebGpuExecutor(await openNavigatorGpu(words), { print: printWgslStep }),
    },
  ]);
  const runner = engineRunner(engine);
  const rows: VerifyRow[] = [];
  try {
    for await (const row of verifyDirectory(fetchedStore('/golden/', files), runner)) {
      rows.push(row);
      console.log(JSON.stringify(row));
    }
  } finally {
    await runner.close();
  }
  return { description: engine.info.description, seconds: (performance.now() - start) / 1000, rows };
};
