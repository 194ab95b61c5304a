/**
 * The kernels of golden files, compiled by Node once for all browsers: the compiler and what it makes are the same everywhere,
 * and it takes longer than all the rest. The rows that Node comes to are a by-product.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { printAssemblyModule } from '../../../kernels/assembly/module.ts';
import { engineRunner, type VerifyRow, verifyDirectory } from '../../../model/verify/verify.ts';
import { Engine } from '../../../runtime/engine.ts';
import { createWasmExecutor } from '../../../runtime/wasm/executor.ts';
import type { KernelCache } from '../../../runtime/wasm/host.ts';
import { directoryStore } from '../../../targets/node/files.ts';
import { DiskCache } from '../../../targets/node/wasm/cache.ts';
import { createNodeWasmHost } from '../../../targets/node/wasm/host.ts';
import { goldenPath } from '../../support/repository.ts';

/** A cache that remembers what it was asked for. */
class RecordingCache implements KernelCache {
  readonly description: string;
  readonly kernels = new Map<string, Uint8Array>();
  #inner: KernelCache;

  constructor(inner: KernelCache) {
    this.#inner = inner;
    this.description = inner.description;
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    const bytes = await this.#inner.get(key);
    if (bytes) this.kernels.set(key, bytes);
    return bytes;
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    this.kernels.set(key, bytes);
    await this.#inner.put(key, bytes);
  }
}

export interface NodeKernels {
  /** The names of the files that were written: the keys of the kernels. */
  readonly keys: readonly string[];
  readonly rows: readonly VerifyRow[];
}

/** Verifies golden files in Node on the build that browsers choose, and writes the kernels into `folder`. */
export async function compileInNode(only: RegExp, folder: string): Promise<NodeKernels> {
  const cache = new RecordingCache(new DiskCache());
  const options = { print: printAssemblyModule, simd: 'relaxed', cache } as const;
  const executor = await createWasmExecutor(createNodeWasmHost(), options);
  await using engine = new Engine(executor, { asked: 'wasm', passedOver: [] });
  const runner = engineRunner(engine);
  const rows: VerifyRow[] = [];
  for await (const row of verifyDirectory(directoryStore(goldenPath()), runner, { only })) rows.push(row);
  await runner.close();
  await mkdir(folder, { recursive: true });
  for (const [key, bytes] of cache.kernels) await writeFile(join(folder, key), bytes);
  return { keys: [...cache.kernels.keys()], rows };
}
