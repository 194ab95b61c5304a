import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Graph, trace } from '../../dsl/index.ts';
import { printAssemblyModule } from '../../kernels/assembly/module.ts';
import { compileGraph } from '../../kernels/compile.ts';
import { runPrinted, target } from '../support/assembly.ts';
import {
  type AttentionLengths,
  attentionStreams,
  contrastiveStreams,
  formName,
  streamForms,
} from '../support/stream-graphs.ts';
import { randomNumbers } from './contract-cases.ts';
import { builds, checkStep, randomContents } from './contract-check.ts';

const test = suite('streams in AssemblyScript');

const random = randomNumbers(5);

/** Everything that the graph computes, beside its float64 meaning, at each of these sizes. Key lengths go up to the keys and beyond. */
async function check(
  graph: Graph,
  sizes: readonly Readonly<Record<string, number>>[],
  simd: (typeof builds)[number],
  force?: string,
): Promise<void> {
  const step = compileGraph(graph, target(simd));
  for (const at of sizes) {
    const contents = randomContents(step, at, random, (at.S ?? 0) + 2);
    await checkStep(step, contents, at, { simd, ...(force !== undefined && { force: { stream: force } }) });
  }
}

const plain = streamForms[0]!;
const causal = streamForms[1]!;

/** Heads and widths, one for each form: single panels, parts of panels, several panels. */
const heads: readonly Pick<AttentionLengths, 'G' | 'M' | 'K' | 'V'>[] = [
  { G: 2, M: 1, K: 16, V: 16 },
  { G: 2, M: 3, K: 8, V: 24 },
  { G: 1, M: 2, K: 7, V: 33 },
  { G: 1, M: 1, K: 1, V: 1 },
];

/** Batch and tokens: equal, more keys, more queries (the first of which see nothing when causal), few, one, several blocks. */
const tokens: readonly Pick<AttentionLengths, 'B' | 'T' | 'S'>[] = [
  { B: 2, T: 17, S: 17 },
  { B: 1, T: 5, S: 31 },
  { B: 3, T: 31, S: 5 },
  { B: 1, T: 1, S: 1 },
  { B: 2, T: 3, S: 40 },
  { B: 1, T: 40, S: 2 },
  { B: 1, T: 1, S: 150 },
  { B: 1, T: 101, S: 133 },
];

for (const simd of builds)
  streamForms.forEach((form, index) => {
    // The bodies differ between builds in their tile alone: one build sees every form.
    if (simd === 'baseline' ? index !== 3 : simd === 'relaxed' && index % 2 === 1) return;
    test(`${simd}: ${formName(form)}, symbolic lengths`, () =>
      check(attentionStreams({ ...heads[index]!, ...tokens[0]! }, form, 'BTS'), tokens, simd));
  });

test('fixed lengths', async () => {
  for (const [lengths, form] of [
    [{ B: 2, G: 1, M: 2, T: 3, S: 40, K: 17, V: 8 }, streamForms[2]!],
    [{ B: 2, G: 2, M: 1, T: 97, S: 12, K: 64, V: 20 }, streamForms[3]!],
  ] as const)
    await check(attentionStreams(lengths, form, ''), [lengths], 'relaxed');
});

test('contrastive losses without a batch, of embeddings in 16 bits', async () => {
  const sizes = [
    { I: 1, J: 9 },
    { I: 4, J: 7 },
    { I: 200, J: 139 },
  ];
  for (const simd of ['relaxed', 'wide'] as const)
    await check(contrastiveStreams({ I: 0, J: 0, E: 20 }, 'IJ'), sizes, simd);
});

const variants: readonly (readonly [name: string, graph: Graph])[] = [
  ['short', attentionStreams({ B: 1, G: 2, M: 1, T: 110, S: 140, K: 8, V: 8 }, causal, '')],
  ['deep', contrastiveStreams({ I: 60, J: 50, E: 520 }, 'IJ')],
];

for (const [name, graph] of variants)
  test(`variant ${name}, several blocks of rows and columns`, async () => {
    const step = compileGraph(graph, target('wide'));
    const { kernels } = printAssemblyModule(step, target('wide'), { force: { stream: name } });
    assert.ok(kernels.some(({ variant }) => variant === name));
    await check(graph, [{ I: 60, J: 50, S: 140 }], 'wide', name);
  });

/** One output of a graph, printed, compiled and run. */
async function run(
  graph: Graph,
  output: string,
  given: Readonly<Record<string, readonly number[]>>,
): Promise<readonly number[]> {
  const step = compileGraph(trace(output, { [output]: graph.outputs[output]! }), target('relaxed'));
  const results = await runPrinted(
    step,
    { ...randomContents(step, {}, random), ...given } as never,
    {},
    {
      simd: 'relaxed',
    },
  );
  return results[output]!;
}

test('rows that see no column are 0, and −∞ as logarithms', async () => {
  const lengths = { B: 2, G: 1, M: 1, T: 9, S: 5, K: 8, V: 8 };
  const graph = attentionStreams(lengths, streamForms[3]!, '');
  const seen = (batch: number, query: number): boolean => batch === 1 && query >= lengths.T - lengths.S;
  const given = { keyLengths: [0, 3] };
  const logSumExps = await run(graph, 'logSumExps', given);
  logSumExps.forEach((value, i) => {
    assert.is(Number.isFinite(value), seen(Math.floor(i / 9), i % 9), `query ${i}`);
    if (!Number.isFinite(value)) assert.is(value, Number.NEGATIVE_INFINITY);
  });
  const keys = await run(graph, 'vGradient', given);
  keys.forEach((value, i) => {
    assert.is(value !== 0, i >= 40 && Math.floor(i / 8) % 5 < 3, `element ${i} of the gradient of v`);
  });
});

test('large logits do not overflow', async () => {
  const graph = attentionStreams({ B: 1, G: 1, M: 1, T: 8, S: 140, K: 8, V: 8 }, plain, '');
  const only = trace('logSumExps', { logSumExps: graph.outputs.logSumExps! });
  const step = compileGraph(only, target('relaxed'));
  const contents = randomContents(step, {}, random);
  for (const name of ['q', 'k']) contents[name] = contents[name]!.map((x) => Math.round(x * 64));
  await checkStep(step, contents, {}, { simd: 'relaxed' });
});

test('NaN in a key reaches the logarithms of the queries that see it, and no other', async () => {
  const graph = attentionStreams({ B: 1, G: 1, M: 1, T: 8, S: 8, K: 4, V: 4 }, causal, '');
  const k = Array.from({ length: 32 }, (_, i) => (i === 3 * 4 ? Number.NaN : i / 32));
  const logSumExps = await run(graph, 'logSumExps', { k });
  logSumExps.forEach((value, i) => {
    assert.is(Number.isNaN(value), i >= 3, `query ${i}`);
  });
});

test('a symbolic width of embeddings is an error that names it', () => {
  const step = compileGraph(contrastiveStreams({ I: 2, J: 2, E: 4 }, 'E'), target('relaxed'));
  assert.throws(
    () => printAssemblyModule(step, target('relaxed')),
    /streamedLogSumExp: stream needs a fixed depth, but E is symbolic: give dim\('E'\) its size/,
  );
});

test.run();
