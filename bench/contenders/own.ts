/** mmgem itself: a workload on one of its backends. */

import type { Sizes } from '../../dsl/extent.ts';
import type { Graph } from '../../dsl/index.ts';
import { compileGraph } from '../../kernels/compile.ts';
import type { Engine } from '../../runtime/engine.ts';
import type { HostArray, KernelTime } from '../../runtime/seam.ts';
import { profileOf } from '../profile.ts';
import type { Running } from '../suites/suite.ts';
import { dataOf, type Workload } from '../suites/workload.ts';
import { stepWork } from '../work.ts';

export function startWorkload(engine: Engine, workload: Workload): Promise<Running> {
  const { weights, sizes } = workload;
  const read = (name: string): HostArray => {
    const operand = weights.get(name);
    if (operand === undefined) throw new Error(`the workload has no weight ${name}`);
    return operand.data(name);
  };
  return startGraph(engine, workload.graph(), { sizes, inputs: Object.fromEntries(dataOf(workload.inputs)), read });
}

export interface GraphRun {
  readonly sizes: Sizes;
  /** Those that the graph does not take are left out. */
  readonly inputs: Readonly<Record<string, HostArray>>;
  /** A parameter by its name. */
  read(name: string): HostArray | Promise<HostArray>;
}

/** A graph with its parameters in place and its states zero; the output that is compared is called `y`. */
export async function startGraph(
  engine: Engine,
  graph: Graph,
  { sizes, inputs: all, read }: GraphRun,
): Promise<Running> {
  const step = compileGraph(graph, engine.target);
  const executable = await engine.compile(step);
  const store = engine.createStore(graph.name);
  const given = executable.step.buffers.filter(({ role }) => role === 'input').map(({ source }) => source!);
  const inputs = Object.fromEntries(given.map((name) => [name, all[name]!]));
  // Results go where those of the last run went: new memory for megabytes takes longer than some kernels.
  let into: Record<string, HostArray> = {};
  for (const declaration of executable.step.buffers) {
    if (declaration.role === 'parameter') await store.write(declaration, await read(declaration.source!));
    if (declaration.role === 'state') await store.reserve(declaration, sizes);
  }
  return {
    description: engine.info.description,
    work: stepWork(step, sizes),
    async run() {
      into = await executable.run(store, inputs, sizes, { into });
      return into.y!;
    },
    async profile() {
      let found: readonly KernelTime[] = [];
      await executable.run(store, inputs, sizes, {
        onTimes: (times) => {
          found = times;
        },
      });
      return profileOf(found, step, sizes);
    },
    close: async () => {
      await executable.close();
      await store.close();
    },
  };
}
