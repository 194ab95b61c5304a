/** Node as a host of the wasm executor. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { KernelCache, ThreadEvents, WasmHost, WasmThread } from '../../../runtime/wasm/host.ts';
import { DiskCache } from './cache.ts';
import { createCompilers } from './compiler.ts';
import { findBuilds, thisMachine } from './flags.ts';

export interface NodeWasmOptions {
  readonly cache?: KernelCache;
  /** Offers the 256-bit build also where the processor is not known to have AVX2. */
  readonly insistOnWide?: boolean;
}

/** A host for one executor, which closes what it has started. */
export function createNodeWasmHost(options: NodeWasmOptions = {}): WasmHost {
  return {
    engine: `V8 ${process.versions.v8.split('.').slice(0, 2).join('.')}`,
    parallelism: availableParallelism(),
    compiler: createCompilers(availableParallelism()),
    cache: options.cache ?? new DiskCache(),
    builds: () => findBuilds(thisMachine(), options.insistOnWide),
    startThread,
  };
}

function startThread({ onMessage, onFailure }: ThreadEvents): WasmThread {
  const worker = new Worker(new URL('./worker.js', import.meta.url), { execArgv: [], name: 'mmgem kernels' });
  worker.on('message', onMessage);
  worker.on('error', (error) => onFailure(error.message));
  worker.on('exit', (code) => onFailure(`exit code ${code}`));
  // Last: a listener for messages makes the port hold the process again.
  worker.unref();
  return {
    post: (message) => worker.postMessage(message),
    keepAlive: (wanted) => (wanted ? worker.ref() : worker.unref()),
    terminate: async () => {
      await worker.terminate();
    },
  };
}
