/** A graph lowered to kernels and evaluated in float64, beside what the interpreter says. */
import { type Graph, interpret, type Sizes, trace } from '../../dsl/index.ts';
import { stateName } from '../../dsl/interpret.ts';
import { type CompileOptions, compileGraph } from '../../kernels/compile.ts';
import type { Target } from '../../kernels/ir.ts';
import { relativeError } from '../../model/verify/tolerances.ts';
import { nameOf } from '../../runtime/arguments.ts';
import { type Buffers, evaluateStep } from './evaluate-step.ts';

type Given = Readonly<Record<string, ArrayLike<number>>>;

/** Outputs and updated states by name. */
function evaluateLowered(
  graph: Graph,
  given: Given,
  sizes: Sizes,
  target: Target,
  options: CompileOptions,
): Map<string, ArrayLike<number>> {
  const step = compileGraph(graph, target, options);
  const buffers: Buffers = {};
  for (const declaration of step.buffers) {
    const values = given[nameOf(declaration)];
    if (values && declaration.role !== 'output' && declaration.role !== 'temporary') {
      buffers[declaration.name] = Float64Array.from(values);
    }
  }
  evaluateStep(step, buffers, sizes);
  const results = step.buffers.filter(({ role }) => role === 'output' || role === 'state');
  return new Map(results.map((declaration) => [nameOf(declaration), buffers[declaration.name]!]));
}

/**
 * What is wrong with the lowered form of a graph, in words, or undefined: an error, a missing result, or one further from
 * the interpreter's than `tolerance`.
 */
export function loweringFault(
  graph: Graph,
  given: Given,
  sizes: Sizes,
  target: Target,
  { tolerance = 1e-9, ...options }: CompileOptions & { readonly tolerance?: number } = {},
): string | undefined {
  const { outputs, states } = interpret(graph, given, sizes);
  try {
    const results = evaluateLowered(graph, given, sizes, target, options);
    for (const [name, expected] of Object.entries({ ...outputs, ...states })) {
      const result = results.get(name);
      if (!result) return `${name} is missing among ${[...results.keys()]}`;
      if (result.length !== expected.length)
        return `${name} has ${result.length} elements instead of ${expected.length}`;
      const error = relativeError(result, expected);
      if (!(error <= tolerance)) return `${name} is off by ${error}`;
    }
    return undefined;
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}

/** The part of a graph up to its first node whose lowered form has a fault: the smallest graph to look at. */
export async function smallestFaulty(
  graph: Graph,
  hasFault: (part: Graph) => boolean | Promise<boolean>,
): Promise<Graph> {
  for (const node of graph.nodes) {
    if (node.operator.kind === 'source' || node.type === 'bool') continue;
    const updates = graph.updates.filter(
      (update) => update.key === node.key || stateName(update) === stateNameOf(node),
    );
    const part = trace(graph.name, { out: node }, updates);
    if (await hasFault(part)) return part;
  }
  return graph;
}

function stateNameOf(node: Graph['nodes'][number]): string | undefined {
  return node.operator.kind === 'update' ? stateName(node) : undefined;
}
