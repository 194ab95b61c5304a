/** The AssemblyScript compiler in threads of its own, started when they are needed. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { MmgemError } from '../../../dsl/errors.ts';
import type { AssemblyCompiler, SimdBuild } from '../../../runtime/wasm/host.ts';

export interface CompileRequest {
  readonly request: number;
  readonly source: string;
  readonly simd: SimdBuild;
  /** The text of asconfig.json. */
  readonly config: string;
}

export type CompileAnswer =
  | { readonly request: number; readonly bytes: Uint8Array }
  | { readonly request: number; readonly error: string };

interface Pending {
  readonly resolve: (bytes: Uint8Array) => void;
  readonly reject: (error: Error) => void;
}

/** The compiler takes hundreds of megabytes: a thread that has had nothing to do for so long, in milliseconds, is ended. */
const idleTime = 5000;

/** A module takes a thread a second or so: beyond these, what is compiled at one time is not worth the memory. */
const mostThreads = 4;

/** Long modules nest deeply. */
const stackMegabytes = 32;

/** Compiles so many modules at one time as threads run; each of the others waits for a thread. */
export class CompilerThreads implements AssemblyCompiler {
  readonly identity: string;
  readonly #threads: readonly CompilerThread[];

  /** @param parallelism threads that run at one time */
  constructor(parallelism = 1) {
    const config = readFileSync(findConfig(), 'utf8');
    const { version } = createRequire(import.meta.url)('assemblyscript/package.json') as { readonly version: string };
    this.identity = `assemblyscript ${version}\n${config}`;
    const count = Math.min(parallelism, mostThreads);
    this.#threads = Array.from({ length: count }, () => new CompilerThread(config));
  }

  /** The first of the least busy threads compiles, so that no more are started than have something to do. */
  compile(source: string, simd: SimdBuild): Promise<Uint8Array> {
    const thread = this.#threads.reduce((best, next) => (next.waiting < best.waiting ? next : best));
    return thread.compile(source, simd);
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }
}

class CompilerThread {
  readonly #config: string;
  #worker: Worker | undefined;
  #pending = new Map<number, Pending>();
  #requests = 0;
  #idle: NodeJS.Timeout | undefined;

  /** @param config the text of asconfig.json */
  constructor(config: string) {
    this.#config = config;
  }

  /** Modules that are not compiled yet. */
  get waiting(): number {
    return this.#pending.size;
  }

  compile(source: string, simd: SimdBuild): Promise<Uint8Array> {
    clearTimeout(this.#idle);
    this.#worker ??= this.#start();
    this.#worker.ref();
    const request = this.#requests++;
    const answer = new Promise<Uint8Array>((resolve, reject) => this.#pending.set(request, { resolve, reject }));
    this.#worker.postMessage({ request, source, simd, config: this.#config } satisfies CompileRequest);
    return answer;
  }

  async close(): Promise<void> {
    await this.#stop('the wasm engine was closed while kernels were compiled');
  }

  #start(): Worker {
    const worker = new Worker(new URL('./compiler-worker.js', import.meta.url), {
      execArgv: [],
      name: 'mmgem compiler',
      resourceLimits: { stackSizeMb: stackMegabytes },
    });
    worker.on('message', (answer: CompileAnswer) => this.#receive(answer));
    const fail = (reason: string): void => {
      if (this.#worker === worker) void this.#stop(`the AssemblyScript compiler ended: ${reason}`);
    };
    worker.on('error', (error) => fail(error.message));
    worker.on('exit', (code) => fail(`exit code ${code}`));
    return worker;
  }

  #receive(answer: CompileAnswer): void {
    const pending = this.#pending.get(answer.request);
    this.#pending.delete(answer.request);
    if ('bytes' in answer) pending?.resolve(answer.bytes);
    else pending?.reject(new MmgemError(answer.error));
    if (this.#pending.size > 0) return;
    this.#worker?.unref();
    this.#idle = setTimeout(() => void this.#stop('idle'), idleTime).unref();
  }

  async #stop(reason: string): Promise<void> {
    clearTimeout(this.#idle);
    const worker = this.#worker;
    this.#worker = undefined;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of pending) reject(new MmgemError(reason));
    await worker?.terminate();
  }
}

/** asconfig.json stands at the root of the package, above the compiled files or the sources. */
function findConfig(): URL {
  const root = createRequire(import.meta.url).resolve('mmgem/package.json');
  return new URL('asconfig.json', pathToFileURL(root));
}
