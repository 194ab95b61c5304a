/** Printed kernels of random graphs on worker threads, compared with the interpreter. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Graph, interpret } from '../../dsl/index.ts';
import { printAssemblyModule } from '../../kernels/assembly/module.ts';
import { compileGraph } from '../../kernels/compile.ts';
import type { AssemblyTarget, Step } from '../../kernels/ir.ts';
import type { AssemblyModule } from '../../kernels/printed.ts';
import { relativeError } from '../../model/verify/tolerances.ts';
import { nameOf } from '../../runtime/arguments.ts';
import type { Executor } from '../../runtime/seam.ts';
import { createWasmExecutor } from '../../runtime/wasm/executor.ts';
import { findBuilds } from '../../targets/node/wasm/flags.ts';
import { type RandomGraph, randomGraph } from '../support/random-graphs.ts';
import { testHost } from './wasm-steps.ts';

const test = suite('wasm random steps');
const steps = 200;
const tolerance = 1e-4;

interface Program extends RandomGraph {
  readonly step: Step;
}

function programOf(seed: number, target: AssemblyTarget): Program {
  const random = randomGraph(seed);
  const step = compileGraph(random.graph, target);
  // All steps go into one module, for the sake of the compiler's time: names must differ.
  const kernels = step.kernels.map((kernel) => ({ ...kernel, name: `s${seed}_${kernel.name}` }));
  return { ...random, step: { ...step, kernels } };
}

/** Prints any of the programs' steps as the module of all of them, of which it uses its own kernels. */
function printerOf(programs: readonly Program[], target: AssemblyTarget): (step: Step) => AssemblyModule {
  const modules = new Map(programs.map(({ step }) => [step, printAssemblyModule(step, target)]));
  const parts = new Set([...modules.values()].flatMap(({ source }) => source.trimEnd().split(/\n\n(?=\S)/)));
  const source = [...parts].join('\n\n');
  return (step) => ({ source, kernels: modules.get(step)!.kernels });
}

async function faultOf(executor: Executor, { graph, given, sizes, step }: Program): Promise<string | undefined> {
  const executable = await executor.compile(step);
  const store = executor.createStore('random');
  const inputs: Record<string, Float32Array | Int32Array> = {};
  for (const declaration of step.buffers) {
    const data = given[nameOf(declaration)];
    if (declaration.role === 'input') inputs[nameOf(declaration)] = data!;
    if (declaration.role === 'parameter' || declaration.role === 'state') await store.write(declaration, data!);
  }
  const outputs = await executable.run(store, inputs, sizes);
  const states = step.buffers.filter(({ role }) => role === 'state');
  for (const state of states) outputs[nameOf(state)] = await store.read(state);
  await Promise.all([store.close(), executable.close()]);
  if (executor.memory().current !== 0) return `${executor.memory().current} bytes are still held`;
  return difference(interpreted(graph, given, sizes), outputs);
}

function interpreted(
  graph: Graph,
  given: Program['given'],
  sizes: Program['sizes'],
): Record<string, ArrayLike<number>> {
  const { outputs, states } = interpret(graph, given, sizes);
  return { ...outputs, ...states };
}

function difference(
  expected: Record<string, ArrayLike<number>>,
  actual: Record<string, ArrayLike<number>>,
): string | undefined {
  for (const [name, values] of Object.entries(expected)) {
    const error = relativeError(actual[name] ?? [], values);
    if (!(error <= tolerance)) return `${name} is off by ${error}`;
  }
  return undefined;
}

for (const { simd } of findBuilds().candidates) {
  test(`${steps} random graphs, ${simd}, 2 threads`, async () => {
    const target = { language: 'assembly', simd } as const;
    const programs = Array.from({ length: steps }, (_, seed) => programOf(seed, target));
    const print = printerOf(programs, target);
    const executor = await createWasmExecutor(testHost(), { threads: 2, simd, print });
    const faults: string[] = [];
    for (const program of programs) {
      const fault = await faultOf(executor, program).catch((error: Error) => error.stack ?? error.message);
      if (fault !== undefined) faults.push(`${program.graph.name}: ${fault}`);
      if (faults.length === 5) break;
    }
    await executor.close();
    assert.is(faults.length, 0, faults.join('\n'));
  });
}

test.run();
