/** The AssemblyScript compiler in threads of its own, started when they are needed and ended when they have nothing to do. */
import { MmgemError } from '../../dsl/errors.ts';
import type { AssemblyCompiler, SimdBuild } from './host.ts';

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

/** A thread that answers requests by `compileAssembly`. */
export interface CompilerThread {
  post(request: CompileRequest): void;
  /** While true, the host's program does not end by itself because of this thread. */
  keepAlive(wanted: boolean): void;
  terminate(): Promise<void>;
}

export interface CompilerEvents {
  onAnswer(answer: CompileAnswer): void;
  /** The thread is gone without having been told to. */
  onFailure(reason: string): void;
}

export interface CompilerOptions {
  /** The compiler's version. */
  readonly version: string;
  /** The text of asconfig.json. */
  readonly config: string;
  /** Modules that are compiled at one time. */
  readonly threads: number;
  start(events: CompilerEvents): CompilerThread;
  /** Calls back after so many milliseconds unless it is called itself; does not keep the program from ending. */
  later(milliseconds: number, then: () => void): () => void;
}

interface Pending {
  readonly resolve: (bytes: Uint8Array) => void;
  readonly reject: (error: Error) => void;
}

/** The compiler takes hundreds of megabytes: a thread that has had nothing to do for so long, in milliseconds, is ended. */
const idleTime = 5000;

/** Compiles so many modules at one time as threads run; each of the others waits for a thread. */
export class Compilers implements AssemblyCompiler {
  readonly identity: string;
  readonly #slots: readonly Slot[];

  constructor(options: CompilerOptions) {
    // Whitespace does not count, so that a host that has the configuration parsed comes to the same identity.
    const config = JSON.stringify(JSON.parse(options.config));
    this.identity = `assemblyscript ${options.version}\n${config}`;
    this.#slots = Array.from({ length: options.threads }, () => new Slot({ ...options, config }));
  }

  /** The first of the least busy threads compiles, so that no more are started than have something to do. */
  compile(source: string, simd: SimdBuild): Promise<Uint8Array> {
    const slot = this.#slots.reduce((best, next) => (next.waiting < best.waiting ? next : best));
    return slot.compile(source, simd);
  }

  async close(): Promise<void> {
    await Promise.all(this.#slots.map((slot) => slot.close()));
  }
}

/** A thread when there is something to compile. */
class Slot {
  readonly #options: CompilerOptions;
  #thread: CompilerThread | undefined;
  #pending = new Map<number, Pending>();
  #requests = 0;
  #stopWaiting: () => void = () => {};

  constructor(options: CompilerOptions) {
    this.#options = options;
  }

  /** Modules that are not compiled yet. */
  get waiting(): number {
    return this.#pending.size;
  }

  compile(source: string, simd: SimdBuild): Promise<Uint8Array> {
    this.#stopWaiting();
    this.#thread ??= this.#start();
    this.#thread.keepAlive(true);
    const request = this.#requests++;
    const answer = new Promise<Uint8Array>((resolve, reject) => this.#pending.set(request, { resolve, reject }));
    this.#thread.post({ request, source, simd, config: this.#options.config });
    return answer;
  }

  async close(): Promise<void> {
    await this.#stop('the wasm engine was closed while kernels were compiled');
  }

  #start(): CompilerThread {
    const thread = this.#options.start({
      onAnswer: (answer) => this.#receive(answer),
      onFailure: (reason) => {
        if (this.#thread === thread) void this.#stop(`the AssemblyScript compiler ended: ${reason}`);
      },
    });
    return thread;
  }

  #receive(answer: CompileAnswer): void {
    const pending = this.#pending.get(answer.request);
    this.#pending.delete(answer.request);
    if ('bytes' in answer) pending?.resolve(answer.bytes);
    else pending?.reject(new MmgemError(answer.error));
    if (this.#pending.size > 0) return;
    this.#thread?.keepAlive(false);
    this.#stopWaiting = this.#options.later(idleTime, () => void this.#stop('idle'));
  }

  async #stop(reason: string): Promise<void> {
    this.#stopWaiting();
    const thread = this.#thread;
    this.#thread = undefined;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of pending) reject(new MmgemError(reason));
    await thread?.terminate();
  }
}
