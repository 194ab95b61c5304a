/** Node as a host of the wasm executor. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { KernelCache, ThreadEvents, WasmHost, WasmThread } from '../../../runtime/wasm/host.ts';
import { currentRuntime, type Runtime } from '../runtime.ts';
import { DiskCache } from './cache.ts';
import { createCompilers } from './compiler.ts';
import { findBuilds, thisMachine } from './flags.ts';
import { codeIdentity } from './identity.ts';
import { ownModules } from './own-modules.ts';

export interface NodeWasmOptions {
  readonly cache?: KernelCache;
  /** Offers the 256-bit build also where the processor is not known to have AVX2. */
  readonly insistOnWide?: boolean;
}

/** A host for one executor, which closes what it has started. */
export function createNodeWasmHost(options: NodeWasmOptions = {}): WasmHost {
  const machine = thisMachine();
  let identity: string | undefined;
  return {
    engine: engineName(currentRuntime()),
    parallelism: availableParallelism(),
    compiler: createCompilers(availableParallelism()),
    cache: options.cache ?? new DiskCache(),
    kernels: ownModules(),
    async codeIdentity() {
      identity ??= codeIdentity();
      return identity;
    },
    machine: `V8 ${process.versions.v8} ${[...process.execArgv, process.env.NODE_OPTIONS].join(' ')}, ${process.arch}, ${machine.processor ?? 'a processor of unknown make'}`,
    builds: () => findBuilds(machine, options.insistOnWide),
    startThread,
  };
}

/** `V8 11.3`; in Deno `V8 15.0 of Deno 2.9.6`. */
function engineName({ name, version, v8 }: Runtime): string {
  const engine = `V8 ${v8.split('.').slice(0, 2).join('.')}`;
  return name === 'Deno' ? `${engine} of Deno ${version}` : engine;
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
