/** A browser as a host of the wasm executor. */

import type { Alone, ThreadEvents, WasmHost, WasmThread } from '../../../runtime/wasm/host.ts';
import type { FromThread, ToThread } from '../../../runtime/wasm/messages.ts';
import { startOwnThread } from '../../../runtime/wasm/own-thread.ts';
import { browserName } from '../browser-name.ts';
import { browserBuilds } from './builds.ts';
import { openCache } from './cache.ts';
import { createCompilers } from './compiler.ts';
import { startNested } from './nested.ts';
import { ownModules } from './own-modules.ts';

/** What the build of the workers puts in its place: see `WasmHost.codeIdentity`. */
declare const mmgemCodeIdentity: string | undefined;

const notIsolated: Alone = {
  reason: 'this page is not cross-origin isolated, so that the browser does not let workers share memory',
  remedy:
    'Serve the page with the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp ' +
    'for a thread on each core',
};

/** A host for one executor, which closes what it has started. Runs in the engine's worker. */
export function createBrowserWasmHost(isolated = globalThis.crossOriginIsolated): WasmHost {
  const cache = openCache();
  return {
    engine: browserName(),
    parallelism: isolated ? navigator.hardwareConcurrency : 1,
    ...(!isolated && { alone: notIsolated }),
    compiler: createCompilers(),
    ...(cache && { cache }),
    kernels: ownModules(),
    codeIdentity: async () => (typeof mmgemCodeIdentity === 'undefined' ? undefined : mmgemCodeIdentity),
    machine: navigator.userAgent,
    builds: browserBuilds,
    startThread: isolated ? startThread : startOwnThread,
  };
}

function startThread({ onMessage, onFailure }: ThreadEvents): WasmThread {
  return startNested<ToThread, FromThread>(
    () => new Worker(new URL('./kernels.js', import.meta.url), { type: 'module', name: 'mmgem kernels' }),
    { onMessage, onFailure: (reason) => onFailure(reason || 'workers/kernels.js cannot be loaded') },
  );
}
