/** What the wasm executor asks of the host that it runs on: threads, a compiler, a cache, SIMD builds. */
import type { AssemblyTarget } from '../../kernels/ir.ts';
import type { FromThread, ToThread } from './messages.ts';

export type SimdBuild = AssemblyTarget['simd'];

/** A thread that runs worker-loop.ts. */
export interface WasmThread {
  post(message: ToThread): void;
  /** Called when there is a message or a run to look at, by hosts whose threads cannot sleep on shared words. */
  wake?(): void;
  /** While true, the host's program does not end by itself because of this thread. */
  keepAlive(wanted: boolean): void;
  /** Ends the thread at once, whatever it is doing. */
  terminate(): Promise<void>;
}

export interface ThreadEvents {
  onMessage(message: FromThread): void;
  /** The thread is gone without having been told to. */
  onFailure(reason: string): void;
}

/** Compiles AssemblyScript elsewhere than on the caller's thread. */
export interface AssemblyCompiler {
  /** The compiler's version and all options: what a compiled module depends on besides its source. */
  readonly identity: string;
  compile(source: string, simd: SimdBuild): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Keeps compiled modules. Neither method rejects: a cache that fails is one that holds nothing. */
export interface KernelCache {
  /** For people: where it is. */
  readonly description: string;
  get(key: string): Promise<Uint8Array | undefined>;
  put(key: string, bytes: Uint8Array): Promise<void>;
}

/** A SIMD build that the host could run. */
export interface BuildCandidate {
  readonly simd: SimdBuild;
  /** Why it should run here: `V8 has relaxed SIMD`. */
  readonly reason: string;
  /** Switches on what the build needs, before a module of it is compiled. */
  enable(): void;
  /** Takes `enable` back. */
  disable(): void;
}

export interface BuildChoice {
  /** Best first. */
  readonly candidates: readonly BuildCandidate[];
  /** Why the others cannot run here, by name. */
  readonly excluded: Readonly<Partial<Record<SimdBuild, string>>>;
}

/** Why a host has one thread alone. */
export interface Alone {
  readonly reason: string;
  readonly remedy: string;
}

export interface WasmHost {
  /** The name and version of what compiles WebAssembly to machine code: `V8 11.3`. */
  readonly engine: string;
  /** The threads that run at one time. */
  readonly parallelism: number;
  /** Given where memory cannot be handed to other threads: the only thread is then the caller's own, see own-thread.ts. */
  readonly alone?: Alone;
  readonly compiler: AssemblyCompiler;
  /** Absent where there is no place for one. */
  readonly cache?: KernelCache;
  builds(): BuildChoice;
  startThread(events: ThreadEvents): WasmThread;
}
