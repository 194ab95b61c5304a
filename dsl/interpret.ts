/** Runs a graph in float64, plainly: the truth that every backend is measured against. */
import { formatShape } from './dim.ts';
import { MmgemError } from './errors.ts';
import { evaluator } from './evaluate.ts';
import { evaluateExtent, type Sizes } from './extent.ts';
import type { Graph } from './graph.ts';
import type { PointwiseOperator, Values } from './operator.ts';
import { joinIndices } from './ops/movement.ts';
import type { SourceAttributes } from './ops/sources.ts';
import { axis, read } from './scalar.ts';
import type { Tensor } from './tensor.ts';

export interface Interpretation {
  readonly outputs: Readonly<Record<string, Values>>;
  /** States after the run, by name; those that the graph does not update are not among them. */
  readonly states: Readonly<Record<string, Values>>;
}

/** The number of elements of a shape for given sizes. */
function lengthOf(x: Tensor, sizes: Sizes): number {
  return x.shape.reduce((n, d) => n * evaluateExtent(d.extent, sizes), 1);
}

function readSource(x: Tensor, given: Readonly<Record<string, ArrayLike<number>>>, sizes: Sizes): Values {
  const { name } = x.attributes as SourceAttributes;
  const values = given[name];
  const length = lengthOf(x, sizes);
  if (!values && x.operator.name === 'state') return new Float64Array(length);
  if (!values)
    throw new MmgemError(
      `interpret: ${x.operator.name} ${name} ${formatShape(x.shape)} is not given; add it to the values`,
    );
  if (values.length !== length) {
    throw new MmgemError(
      `interpret: ${name} has ${values.length} elements, but ${formatShape(x.shape)} needs ${length}`,
    );
  }
  return Float64Array.from(values);
}

function interpretPointwise(x: Tensor, operator: PointwiseOperator, inputs: readonly Values[], sizes: Sizes): Values {
  const axes = x.shape.map((d, i) => axis(`${i}`, d.extent));
  const meaning = operator.meaning(x, axes, (input, indices) => {
    const source = x.inputs[input]!;
    return read(`${input}`, joinIndices(indices, source.shape), source.type);
  });
  const positions = new Map(axes.map((a) => [a.name, 0]));
  const buffers = new Map(inputs.map((values, i) => [`${i}`, values]));
  const evaluate = evaluator(meaning, { sizes, axes: positions, buffers });
  const lengths = x.shape.map((d) => evaluateExtent(d.extent, sizes));
  return new Float64Array(lengthOf(x, sizes)).map((_, flat) => {
    let rest = flat;
    for (let i = lengths.length - 1; i >= 0; i--) {
      positions.set(axes[i]!.name, rest % lengths[i]!);
      rest = Math.floor(rest / lengths[i]!);
    }
    return evaluate();
  });
}

/**
 * @param given inputs, parameters and states by name, row-major; a state that is missing is zero.
 * @throws MmgemError when something is missing or of another length than its shape says.
 */
export function interpret(
  graph: Graph,
  given: Readonly<Record<string, ArrayLike<number>>>,
  sizes: Sizes = {},
): Interpretation {
  const results = new Map<string, Values>();
  for (const node of graph.nodes) {
    const inputs = node.inputs.map(({ key }) => results.get(key)!);
    const { operator } = node;
    if (operator.kind === 'source') results.set(node.key, readSource(node, given, sizes));
    else if (operator.kind === 'pointwise') results.set(node.key, interpretPointwise(node, operator, inputs, sizes));
    else results.set(node.key, operator.interpret(node, inputs, sizes));
  }
  const outputs = Object.entries(graph.outputs).map(([name, { key }]) => [name, results.get(key)!]);
  const states = graph.updates.map((node) => [stateName(node), results.get(node.key)!]);
  return { outputs: Object.fromEntries(outputs), states: Object.fromEntries(states) };
}

/** The name of the state that an update, or a chain of updates, changes. */
export function stateName(x: Tensor): string {
  return x.operator.kind === 'update' ? stateName(x.inputs[0]!) : (x.attributes as SourceAttributes).name;
}
