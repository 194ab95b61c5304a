/** Streams, whose weights are functions of products that are never stored: what they mean, and what they are lowered to. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { evaluateExtent, type Graph, interpret, productOfExtents } from '../../dsl/index.ts';
import type { SourceAttributes } from '../../dsl/ops/sources.ts';
import { compile } from '../../kernels/compile.ts';
import { relativeError } from '../../model/verify/tolerances.ts';
import { noise } from '../support/build-step.ts';
import { loweringFault } from '../support/evaluate-graph.ts';
import { evaluateNaively } from '../support/naive-evaluator.ts';
import { attentionStreams, contrastiveStreams, formName, streamForms } from '../support/stream-graphs.ts';
import { assembly, wgsl } from '../support/targets.ts';

const test = suite('streams');

type Sizes = Readonly<Record<string, number>>;

/** Numbers for every input; key lengths are 0, 1, 2 … */
function contentsOf(graph: Graph, sizes: Sizes): Record<string, ArrayLike<number>> {
  const inputs = graph.nodes.filter(({ operator }) => operator.kind === 'source');
  return Object.fromEntries(
    inputs.map(({ attributes, shape, type }, seed) => {
      const length = evaluateExtent(productOfExtents(shape.map(({ extent }) => extent)), sizes);
      const values = type === 'i32' ? Array.from({ length }, (_, i) => i) : noise(length, 1, seed + 1);
      return [(attributes as SourceAttributes).name, values];
    }),
  );
}

interface Case {
  readonly name: string;
  readonly graph: Graph;
  readonly sizes: readonly Sizes[];
}

/** More keys than queries, and more queries than keys: causality then leaves the first of them none. */
const tokens = [
  { B: 3, T: 3, S: 5 },
  { B: 2, T: 6, S: 2 },
  { B: 1, T: 1, S: 1 },
];

const cases: readonly Case[] = [
  ...streamForms.map((form) => ({
    name: `attention's gradients: ${formName(form)}`,
    graph: attentionStreams({ B: 0, G: 2, M: 3, T: 0, S: 0, K: 4, V: 3 }, form, 'BTS'),
    sizes: tokens,
  })),
  {
    name: 'contrastive losses',
    graph: contrastiveStreams({ I: 0, J: 0, E: 5 }, 'IJ'),
    sizes: [{ I: 4, J: 7 }],
  },
];

for (const { name, graph, sizes } of cases) {
  test(`${name}: the interpreter equals plain loops`, () => {
    for (const at of sizes) {
      const given = contentsOf(graph, at);
      const { outputs } = interpret(graph, given, at);
      const expected = evaluateNaively(graph, given, at);
      for (const [output, { key }] of Object.entries(graph.outputs)) {
        const error = relativeError(outputs[output]!, expected.get(key)!);
        assert.ok(error <= 1e-7, `${output} at ${JSON.stringify(at)} is off by ${error}`);
      }
    }
  });

  test(`${name}: lowered, fused and unfused, it equals the interpreter`, () => {
    for (const at of sizes)
      for (const target of [assembly, wgsl])
        for (const fused of [true, false])
          assert.is(loweringFault(graph, contentsOf(graph, at), at, target, { fused }), undefined);
  });
}

test('views are read in place, and what comes after is in the epilogue', () => {
  for (const form of streamForms) {
    const { step } = compile(attentionStreams({ B: 2, G: 2, M: 3, T: 3, S: 5, K: 4, V: 3 }, form, ''), assembly);
    assert.is(step.kernels.map(({ kind }) => kind).join(), 'stream,stream,stream,stream');
  }
});

test.run();
