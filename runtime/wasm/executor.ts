/** Runs kernels in AssemblyScript on worker threads that share one WebAssembly memory. */
import { MmgemError } from '../../dsl/errors.ts';
import { printAssemblyModule } from '../../kernels/assembly/module.ts';
import type { AssemblyTarget, Step } from '../../kernels/ir.ts';
import type { AssemblyModule } from '../../kernels/printed.ts';
import { nameOf } from '../arguments.ts';
import { BackendError } from '../backend.ts';
import type { Executable, Executor, ExecutorInfo, Store } from '../seam.ts';
import { type Build, chooseBuild, type WideOption } from './build.ts';
import { type ExecutableShared, WasmExecutable } from './executable.ts';
import { Heap } from './heap.ts';
import type { KernelCache, SimdBuild, WasmHost } from './host.ts';
import { Modules } from './modules.ts';
import { WasmStore } from './store.ts';
import { Team } from './team.ts';
import { Turns } from './turns.ts';
import { Workspace } from './workspace.ts';

/** Prints a step's kernels as one module. `force` names variants by kernel kind. */
export type AssemblyPrinter = (
  step: Step,
  target: AssemblyTarget,
  options: { readonly force?: Readonly<Record<string, string>> },
) => AssemblyModule;

export interface WasmOptions {
  /** Another printer than the engine's own: tests give kernels written by hand. */
  readonly print?: AssemblyPrinter;
  /** Worker threads; as many as run at one time unless told. */
  readonly threads?: number;
  /** The build to use instead of the best that the host runs. */
  readonly simd?: SimdBuild;
  readonly wide?: WideOption;
  /** Another cache than the host's for compiled kernels; false: none. */
  readonly cache?: KernelCache | false;
}

const buildNames: Readonly<Record<SimdBuild, string>> = {
  baseline: 'SIMD',
  relaxed: 'relaxed SIMD',
  wide: '256-bit SIMD',
};

/**
 * Starts the threads and chooses the build.
 * @throws MmgemError for an impossible number of threads; BackendError when no build, or not the one asked for, can be used.
 */
export async function createWasmExecutor(host: WasmHost, options: WasmOptions = {}): Promise<Executor> {
  const threads = options.threads ?? host.parallelism;
  if (!Number.isInteger(threads) || threads < 1)
    throw new MmgemError(
      `wasm runs on a whole number of threads ≥ 1, not ${threads}; leave it out for ${host.parallelism}`,
    );
  if (threads > 1 && host.alone) {
    const { reason, remedy } = host.alone;
    throw new BackendError(`${threads} threads were asked for, but there is one alone: ${reason}`, remedy);
  }
  const cache = options.cache === false ? undefined : (options.cache ?? host.cache);
  const modules = new Modules(host.compiler, cache);
  const heap = new Heap();
  const team = new Team(host, threads, heap.memory);
  try {
    const build = await chooseBuild(host, { modules, team, heap }, options);
    return new WasmExecutor(
      host,
      options.print ?? printAssemblyModule,
      build,
      { modules, heap, team },
      cache?.description ?? 'none',
    );
  } catch (error) {
    await Promise.all([team.close(), host.compiler.close()]);
    throw error;
  }
}

interface Tools {
  readonly modules: Modules;
  readonly heap: Heap;
  readonly team: Team;
}

class WasmExecutor implements Executor {
  readonly info: ExecutorInfo;
  readonly target: AssemblyTarget;
  #host: WasmHost;
  #print: AssemblyPrinter;
  #modules: Modules;
  #shared: ExecutableShared;
  #executables = 0;

  constructor(host: WasmHost, print: AssemblyPrinter, build: Build, { modules, heap, team }: Tools, cache: string) {
    this.#host = host;
    this.#print = print;
    this.#modules = modules;
    this.#shared = { heap, team, turns: new Turns(), workspace: new Workspace(heap) };
    this.target = { language: 'assembly', simd: build.simd };
    const { alone } = host;
    const passedOver = Object.entries(build.passedOver).map(([simd, reason]) => [`not ${simd}`, reason] as const);
    this.info = {
      backend: 'wasm',
      description: `${buildNames[build.simd]} (${build.reason}), ${team.size} thread${team.size === 1 ? '' : 's'}`,
      details: {
        simd: build.simd,
        threads: team.size,
        ...(alone && { 'one thread': `${alone.reason}. ${alone.remedy}` }),
        engine: host.engine,
        cache,
        ...Object.fromEntries(passedOver),
      },
    };
  }

  get lost(): NonNullable<Executor['lost']> {
    return this.#shared.team.lost;
  }

  createStore(name: string): Store {
    this.#shared.team.assertOpen();
    return new WasmStore(name, this.#shared);
  }

  async compile(step: Step, options: Parameters<Executor['compile']>[1] = {}): Promise<Executable> {
    const { team } = this.#shared;
    team.assertOpen();
    assertDistinctNames(step);
    const { force, onProgress } = options;
    const total = step.kernels.length;
    onProgress?.(0, total);
    const printed = this.#print(step, this.target, force ? { force } : {});
    const module = await this.#modules.module(printed.source, this.target.simd).catch((error: unknown) => {
      throw team.loss ?? error; // after a loss the compiler is closed, too
    });
    const executable = this.#executables++;
    await team.load({ kind: 'load', executable, module, kernels: printed.kernels.map(({ entry }) => entry) });
    onProgress?.(total, total);
    return new WasmExecutable(this.#shared, executable, step, printed);
  }

  memory(): { readonly current: number; readonly peak: number } {
    const { current, peak } = this.#shared.heap;
    return { current, peak };
  }

  /** Ends the threads at once: runs in progress are rejected. */
  async close(): Promise<void> {
    await Promise.all([this.#shared.team.close(), this.#host.compiler.close()]);
  }
}

/** Inputs and outputs are given by name: two of one name could not be told apart. */
function assertDistinctNames(step: Step): void {
  for (const role of ['input', 'output'] as const) {
    const names = step.buffers.filter((buffer) => buffer.role === role).map(nameOf);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) throw new MmgemError(`step ${step.name} has two ${role}s called ${twice}; rename one`);
  }
}
