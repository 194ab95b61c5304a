/** Runs graphs for `verify` on an opened engine. */
import type { Graph, Sizes } from '../../dsl/index.ts';
import { type CompileOptions, compileGraph } from '../../kernels/compile.ts';
import { nameOf } from '../../runtime/arguments.ts';
import type { Engine } from '../../runtime/engine.ts';
import type { Executable, HostArray, Store } from '../../runtime/seam.ts';
import { MmgemError } from '../errors.ts';
import type { GraphRunner } from './runner.ts';

/** Compiled graphs that are kept for another run, as greedy captions need. */
const kept = 4;

/** A runner that holds compiled graphs until it is closed. The engine stays open. */
export interface EngineRunner extends GraphRunner {
  close(): Promise<void>;
}

/** @param options how graphs are lowered */
export function engineRunner(engine: Engine, options: CompileOptions = {}): EngineRunner {
  const compiled = new Map<Graph, Executable>();

  const executableOf = async (graph: Graph): Promise<Executable> => {
    const executable = compiled.get(graph) ?? (await engine.compile(compileGraph(graph, engine.target, options)));
    compiled.delete(graph);
    compiled.set(graph, executable);
    const [oldest] = compiled;
    if (compiled.size > kept && oldest) {
      compiled.delete(oldest[0]);
      await oldest[1].close();
    }
    return executable;
  };

  return {
    name: engine.info.backend,
    kind: engine.target.language === 'wgsl' ? 'webgpu' : 'wasm',
    async run(graph, given, sizes) {
      const executable = await executableOf(graph);
      const store = engine.createStore(`verify ${graph.name}`);
      try {
        await fill(store, executable, given, sizes);
        return await executable.run(store, given, sizes);
      } finally {
        await store.close();
      }
    },
    async open(graph, given, sizes) {
      const executable = await engine.compile(compileGraph(graph, engine.target, options));
      const store = engine.createStore(`verify ${graph.name}`);
      await fill(store, executable, given, sizes);
      return {
        run: (inputs) => executable.run(store, inputs, sizes),
        read: (state) => store.read(executable.step.buffers.find((buffer) => nameOf(buffer) === state)!),
        async close() {
          await executable.close();
          await store.close();
        },
      };
    },
    async close() {
      await Promise.all([...compiled.values()].map((executable) => executable.close()));
      compiled.clear();
    },
  };
}

async function fill(
  store: Store,
  { step }: Executable,
  given: Readonly<Record<string, HostArray>>,
  sizes: Sizes,
): Promise<void> {
  for (const declaration of step.buffers) {
    const { role } = declaration;
    if (role !== 'parameter' && role !== 'state') continue;
    const data = given[nameOf(declaration)];
    if (role === 'state' && !data) await store.reserve(declaration, sizes);
    else if (!data)
      throw new MmgemError(`${step.name}: parameter ${nameOf(declaration)} is not given; is it in the golden file?`);
    else await store.write(declaration, data);
  }
}
