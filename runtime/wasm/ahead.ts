/** Kernels compiled ahead: what a later process would otherwise print and compile, gathered by its keys. */
import { type Graph, graphKey } from '../../dsl/graph.ts';
import { printAssemblyModule } from '../../kernels/assembly/module.ts';
import { compileGraph } from '../../kernels/compile.ts';
import { proofSource } from './build.ts';
import { CompiledSteps } from './compiled-step.ts';
import type { KernelCache, SimdBuild, WasmHost } from './host.ts';
import { Modules } from './modules.ts';

export const simdBuilds = ['baseline', 'relaxed', 'wide'] as const satisfies readonly SimdBuild[];

/** What compiling ahead asks of a host: nothing of it runs the kernels, so that any host can make those of every build. */
export type AheadHost = Pick<WasmHost, 'compiler' | 'cache' | 'codeIdentity'>;

/** The kernels of graphs for a build, each beside what it takes to run them. @throws MmgemError when a kernel does not compile */
export async function compileAhead(
  graphs: readonly Graph[],
  simd: SimdBuild,
  host: AheadHost,
  onProgress?: (graph: string, done: number) => void,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const gathered = new Gathering(host.cache);
  const steps = new CompiledSteps(new Modules(host.compiler, gathered), host.codeIdentity);
  const target = { language: 'assembly', simd } as const;
  let done = 0;
  const compiling = graphs.map(async (graph) => {
    const key = await steps.keyOf(graphKey(graph), simd);
    if (!(key !== undefined && (await steps.find(key)))) {
      const step = compileGraph(graph, target);
      await steps.compile(step, printAssemblyModule(step, target), simd, key);
    }
    onProgress?.(graph.name, ++done);
  });
  await Promise.all(compiling);
  return gathered.sorted();
}

/** The modules of the engine's own, of all builds: what shows that a build computes rightly. */
export async function compileOwnModules(host: AheadHost): Promise<ReadonlyMap<string, Uint8Array>> {
  const gathered = new Gathering(host.cache);
  const modules = new Modules(host.compiler, gathered);
  for (const simd of simdBuilds) await modules.compiled(await proofSource(simd), simd);
  return gathered.sorted();
}

/** A cache that remembers what went through it. */
class Gathering implements KernelCache {
  readonly description: string;
  #cache: KernelCache | undefined;
  #kernels = new Map<string, Uint8Array>();

  constructor(cache: KernelCache | undefined) {
    this.description = cache?.description ?? 'nowhere';
    this.#cache = cache;
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    const bytes = await this.#cache?.get(key);
    if (bytes) this.#kernels.set(key, bytes);
    return bytes;
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    this.#kernels.set(key, bytes);
    await this.#cache?.put(key, bytes);
  }

  /** By key, so that the same kernels make the same file. */
  sorted(): ReadonlyMap<string, Uint8Array> {
    return new Map([...this.#kernels].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}
