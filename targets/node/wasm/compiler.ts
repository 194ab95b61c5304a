/** The AssemblyScript compiler in worker threads of Node. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { type CompilerEvents, Compilers, type CompilerThread } from '../../../runtime/wasm/compilers.ts';

/** A module takes a thread a second or so: beyond these, what is compiled at one time is not worth the memory. */
const mostThreads = 4;

/** Long modules nest deeply. */
const stackMegabytes = 32;

/** @param parallelism threads that run at one time */
export function createCompilers(parallelism = 1): Compilers {
  const { version } = createRequire(import.meta.url)('assemblyscript/package.json') as { readonly version: string };
  return new Compilers({
    version,
    config: readFileSync(findConfig(), 'utf8'),
    threads: Math.min(parallelism, mostThreads),
    start: startThread,
    later(milliseconds, then) {
      const timer = setTimeout(then, milliseconds).unref();
      return () => clearTimeout(timer);
    },
  });
}

function startThread({ onAnswer, onFailure }: CompilerEvents): CompilerThread {
  const worker = new Worker(new URL('./compiler-worker.js', import.meta.url), {
    execArgv: [],
    name: 'mmgem compiler',
    resourceLimits: { stackSizeMb: stackMegabytes },
  });
  worker.on('message', onAnswer);
  worker.on('error', (error) => onFailure(error.message));
  worker.on('exit', (code) => onFailure(`exit code ${code}`));
  return {
    post: (request) => worker.postMessage(request),
    keepAlive: (wanted) => (wanted ? worker.ref() : worker.unref()),
    terminate: async () => {
      await worker.terminate();
    },
  };
}

/** asconfig.json stands at the root of the package, above the compiled files or the sources. */
function findConfig(): URL {
  const root = createRequire(import.meta.url).resolve('mmgem/package.json');
  return new URL('asconfig.json', pathToFileURL(root));
}
