/** What runs a graph for `verify`: a backend, or the interpreter. */
import { type Graph, interpret, type Sizes } from '../../dsl/index.ts';
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
}

/** The dsl's own meaning, in float64; results are rounded to float32. */
export const interpreterRunner: GraphRunner = {
  name: 'interpreter',
  kind: 'interpreter',
  async run(graph, given, sizes) {
    const { outputs } = interpret(graph, given, sizes);
    return Object.fromEntries(
      Object.entries(outputs).map(([name, values]) => {
        const isWhole = graph.outputs[name]!.type === 'i32';
        return [name, isWhole ? Int32Array.from(values) : Float32Array.from(values)];
      }),
    );
  },
};
