import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Graph, interpret, printGraph } from '../../dsl/index.ts';
import type { CompileOptions } from '../../kernels/compile.ts';
import { engineRunner } from '../../model/verify/engine-runner.ts';
import { relativeError } from '../../model/verify/tolerances.ts';
import { openEngine } from '../../runtime/engine.ts';
import { nodeBackends } from '../../targets/node/backends.ts';
import { currentTarget } from '../support/backends.ts';
import { smallestFaulty } from '../support/evaluate-graph.ts';
import { type RandomGraph, randomGraph } from '../support/random-graphs.ts';

const { name, backend, simd } = currentTarget();
const engine = await openEngine(backend, nodeBackends, { ...(simd && { simd }) });
const test = suite(`random graphs on ${name}`);
test.after(() => engine.close());

/** A software GPU takes seconds to compile the kernels of one graph. */
const seeds = backend === 'wasm' ? 40 : 10;
/** float32 over a dozen operations, some of which lose digits: what is wrong is off by far more. */
const tolerance = 2e-4;

/** What is wrong with a graph's outputs on the device, in words. States begin at zero, for the interpreter too. */
async function deviceFault(
  graph: Graph,
  { given, sizes }: RandomGraph,
  options: CompileOptions,
): Promise<string | undefined> {
  const states = new Set(
    graph.nodes.flatMap((x) => (x.operator.name === 'state' ? [(x.attributes as { name: string }).name] : [])),
  );
  const values = Object.fromEntries(Object.entries(given).filter(([source]) => !states.has(source)));
  const runner = engineRunner(engine, options);
  try {
    const results = await runner.run(graph, values, sizes);
    for (const [output, expected] of Object.entries(interpret(graph, values, sizes).outputs)) {
      const error = relativeError(results[output] ?? [], expected);
      if (!(error <= tolerance)) return `${output} is off by ${error}`;
    }
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await runner.close();
  }
}

for (const fused of [true, false]) {
  test(`${seeds} graphs, ${fused ? 'fused' : 'unfused'}, equal the interpreter`, async () => {
    for (let seed = 0; seed < seeds; seed++) {
      const made = randomGraph(seed, { operations: 8 });
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

test.run();
