// An engine that keeps a record of what it is asked for.
import type { Sizes } from '../../dsl/index.ts';
import type { GraphEngine } from '../../model/session/programs.ts';
import type { HostArray } from '../../runtime/seam.ts';

export interface Run {
  readonly program: string;
  readonly sizes: Sizes;
  /** What was read back. */
  readonly outputs: Readonly<Record<string, HostArray>>;
}

export interface RecordedEngine extends GraphEngine {
  readonly runs: readonly Run[];
  /** Names of the graphs that were compiled. */
  readonly compiled: readonly string[];
}

export function recorded(engine: GraphEngine): RecordedEngine {
  const runs: Run[] = [];
  const compiled: string[] = [];
  return {
    runs,
    compiled,
    memory: () => engine.memory(),
    createStore: (name) => engine.createStore(name),
    ...(engine.recover && { recover: engine.recover }),
    compile: async (graph) => {
      compiled.push(graph.name);
      const executable = await engine.compile(graph);
      return {
        step: executable.step,
        sources: executable.sources,
        plan: (sizes) => executable.plan(sizes),
        close: () => executable.close(),
        run: async (store, inputs, sizes, options) => {
          const outputs = await executable.run(store, inputs, sizes, options);
          runs.push({ program: graph.name, sizes, outputs });
          return outputs;
        },
      };
    },
  };
}
