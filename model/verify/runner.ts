/** What runs a graph for `verify`: a backend, or the interpreter. */
import { type Graph, type Interpretation, interpret, type Sizes } from '../../dsl/index.ts';
import type { HostArray } from '../../runtime/seam.ts';
import type { BackendKind } from './tolerances.ts';

export interface GraphRunner {
  /** For people: `wasm`, `dawn`, `interpreter`. */
  readonly name: string;
  readonly kind: BackendKind;
  /**
   * Runs a graph once. `given` holds its inputs and parameters by name, row-major; it may hold more. States begin at zero.
   * @returns the outputs by name
   */
  run(graph: Graph, given: Readonly<Record<string, HostArray>>, sizes: Sizes): Promise<Record<string, HostArray>>;
  /** Prepares a graph to be run again and again. `given` holds parameters, and what states begin with instead of zeros. */
  open(graph: Graph, given: Readonly<Record<string, HostArray>>, sizes: Sizes): Promise<GraphSession>;
}

/** A graph whose states stay from run to run. */
export interface GraphSession {
  run(inputs: Readonly<Record<string, HostArray>>): Promise<Record<string, HostArray>>;
  /** The contents of a state. */
  read(state: string): Promise<HostArray>;
  close(): Promise<void>;
}

/** The dsl's own meaning, in float64; results are rounded to float32. */
export const interpreterRunner: GraphRunner = {
  name: 'interpreter',
  kind: 'interpreter',
  async run(graph, given, sizes) {
    return toHost(graph, interpret(graph, given, sizes));
  },
  async open(graph, given, sizes) {
    let states: Readonly<Record<string, ArrayLike<number>>> = {};
    return {
      async run(inputs) {
        const result = interpret(graph, { ...given, ...states, ...inputs }, sizes);
        states = { ...states, ...result.states };
        return toHost(graph, result);
      },
      read: async (state) => Float32Array.from(states[state]!),
      close: async () => {},
    };
  },
};

function toHost(graph: Graph, { outputs }: Interpretation): Record<string, HostArray> {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, values]) => {
      const isWhole = graph.outputs[name]!.type === 'i32';
      return [name, isWhole ? Int32Array.from(values) : Float32Array.from(values)];
    }),
  );
}
