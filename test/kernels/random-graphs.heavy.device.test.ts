import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { backends } from '#backends';
import { type Graph, interpret, printGraph } from '../../dsl/index.ts';
import type { CompileOptions } from '../../kernels/compile.ts';
import { engineRunner } from '../../model/verify/engine-runner.ts';
import type { GraphSession } from '../../model/verify/runner.ts';
import { relativeError } from '../../model/verify/tolerances.ts';
import { openEngine } from '../../runtime/engine.ts';
import { currentTarget } from '../support/backends.ts';
import { smallestFaulty } from '../support/evaluate-graph.ts';
import { type RandomGraph, randomGraph, randomTraining } from '../support/random-graphs.ts';

const { name, backend, simd } = currentTarget();
const engine = await openEngine(backend, backends, { ...(simd && { simd }) });
const test = suite(`random graphs on ${name}`);
test.after(() => engine.close());

interface Kind {
  make(seed: number): RandomGraph;
  /** A software GPU takes seconds to compile the kernels of one graph. */
  readonly seeds: number;
}

const isGpu = backend !== 'wasm';
const kinds: Readonly<Record<string, Kind>> = {
  graphs: { make: (seed) => randomGraph(seed, { operations: 8 }), seeds: isGpu ? 10 : 40 },
  'graphs with gradients and updates': {
    make: (seed) => randomTraining(seed, { operations: 6 }),
    seeds: isGpu ? 4 : 16,
  },
};
/** float32 over a dozen operations, some of which lose digits: what is wrong is off by far more. */
const tolerance = 2e-4;

/** What is wrong with a graph's outputs and states on the device, in words. */
async function deviceFault(
  graph: Graph,
  { given, sizes }: RandomGraph,
  options: CompileOptions,
): Promise<string | undefined> {
  const runner = engineRunner(engine, options);
  let session: GraphSession | undefined;
  try {
    session = await runner.open(graph, given, sizes);
    const results = await session.run(given);
    const { outputs, states } = interpret(graph, given, sizes);
    for (const [result, expected] of Object.entries({ ...outputs, ...states })) {
      const error = relativeError(results[result] ?? (await session.read(result)), expected);
      if (!(error <= tolerance)) return `${result} is off by ${error}`;
    }
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await session?.close();
    await runner.close();
  }
}

for (const [kind, { make, seeds }] of Object.entries(kinds)) {
  for (const fused of [true, false]) {
    test(`${seeds} ${kind}, ${fused ? 'fused' : 'unfused'}, equal the interpreter`, async () => {
      for (let seed = 0; seed < seeds; seed++) {
        const made = make(seed);
        const fault = await deviceFault(made.graph, made, { fused });
        if (fault === undefined) continue;
        const smallest = await smallestFaulty(
          made.graph,
          async (part) => (await deviceFault(part, made, { fused })) !== undefined,
        );
        assert.unreachable(
          `seed ${seed}: ${fault}\nsizes ${JSON.stringify(made.sizes)}, the smallest part with a fault:\n${printGraph(smallest)}`,
        );
      }
    });
  }
}

test.run();
