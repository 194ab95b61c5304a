import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { evaluator } from '../../dsl/evaluate.ts';
import { evaluateExtent, type Sizes } from '../../dsl/extent.ts';
import { type Graph, interpret, printGraph, type Tensor, trace } from '../../dsl/index.ts';
import { joinIndices } from '../../dsl/ops/movement.ts';
import { axis, read, type Scalar } from '../../dsl/scalar.ts';
import { evaluateNaively } from '../support/naive-evaluator.ts';
import { type RandomGraph, randomGraph } from '../support/random-graphs.ts';

const test = suite('interpret');

/** Both compute in float64, but in different orders. */
const tolerance = 1e-10;

/** Every node of a graph as an output. */
function opened({ graph }: RandomGraph): Graph {
  return trace(graph.name, Object.fromEntries(graph.nodes.map((node) => [node.key, node])));
}

function assertSame(
  graph: Graph,
  expected: ReadonlyMap<string, readonly number[]>,
  actual: (x: Tensor) => ArrayLike<number>,
) {
  for (const node of graph.nodes) {
    const result = actual(node);
    assert.is(result.length, expected.get(node.key)!.length);
    const off = expected
      .get(node.key)!
      .findIndex((value, i) => !(Math.abs(value - result[i]!) <= tolerance * (1 + Math.abs(value))));
    const what = () => `element ${off} of ${node.operator.name} is ${result[off]}, not ${expected.get(node.key)![off]}`;
    assert.is(off, -1, off < 0 ? '' : `${what()}\n${printGraph(trace('smallest', { out: node }))}`);
  }
}

test('equals plain loops on every node of 200 random graphs', () => {
  for (let seed = 0; seed < 200; seed++) {
    const made = randomGraph(seed, { largest: 300 });
    const { outputs } = interpret(opened(made), made.given, made.sizes);
    assertSame(made.graph, evaluateNaively(made.graph, made.given, made.sizes), (x) => outputs[x.key]!);
  }
});

/** One expression for an element of x, in which every pointwise operator below x has been written out. */
function element(x: Tensor, indices: readonly Scalar[]): Scalar {
  const { operator } = x;
  if (operator.kind === 'source')
    return read((x.attributes as { name: string }).name, joinIndices(indices, x.shape), x.type);
  if (operator.kind !== 'pointwise') throw new Error(`${operator.name} is no pointwise operator`);
  return operator.meaning(x, indices, (input, at) => element(x.inputs[input]!, at));
}

function evaluateComposed(x: Tensor, given: RandomGraph['given'], sizes: Sizes): number[] {
  const axes = x.shape.map((d, i) => axis(`i${i}`, d.extent));
  const lengths = x.shape.map((d) => evaluateExtent(d.extent, sizes));
  const values = new Map<string, number>();
  const evaluate = evaluator(element(x, axes), { sizes, axes: values, buffers: new Map(Object.entries(given)) });
  return Array.from({ length: lengths.reduce((a, b) => a * b, 1) }, (_, flat) => {
    let rest = flat;
    for (let i = lengths.length - 1; i >= 0; i--) {
      values.set(`i${i}`, rest % lengths[i]!);
      rest = Math.floor(rest / lengths[i]!);
    }
    return evaluate();
  });
}

test('chains of movement written out as one expression equal plain loops on 400 random graphs', () => {
  for (let seed = 0; seed < 400; seed++) {
    const { graph, given, sizes } = randomGraph(seed, { onlyMovement: true, operations: 10, largest: 300 });
    const inner = graph.nodes.filter((x) => x.operator.kind === 'pointwise');
    const movement = trace('movement', Object.fromEntries(inner.map((x) => [x.key, x])));
    assertSame(movement, evaluateNaively(movement, given, sizes), (x) => evaluateComposed(x, given, sizes));
  }
});

test.run();
