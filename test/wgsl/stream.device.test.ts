/** Streams in WGSL, as derivatives and losses make them, against float64. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Sizes } from '../../dsl/extent.ts';
import { type Graph, trace } from '../../dsl/index.ts';
import { compileGraph } from '../../kernels/compile.ts';
import { printWgslStep } from '../../kernels/wgsl/print.ts';
import { attentionStreams, contrastiveStreams, formName, streamForms } from '../support/stream-graphs.ts';
import { check, closeDevice, onDevice, randomNumbers, target } from './check.ts';
import type { Contents } from './device.ts';

const test = suite('wgsl streams');
test.after(closeDevice);

async function checkGraph(graph: Graph, sizes: Sizes, contents: Contents = {}): Promise<Record<string, Float64Array>> {
  return check({ step: compileGraph(graph, await target()), sizes, contents });
}

const only = (graph: Graph, ...outputs: readonly string[]): Graph =>
  trace(graph.name, Object.fromEntries(outputs.map((name) => [name, graph.outputs[name]!])));

/** Drivers take seconds to compile a kernel: few of them, and all tests of attention share these two graphs of symbolic lengths. */
const [transposed, causal] = [
  only(
    attentionStreams({ G: 1, M: 2, K: 7, V: 33, B: 0, T: 0, S: 0 }, streamForms[2]!, 'BTS'),
    'logSumExps',
    'kGradient',
  ),
  attentionStreams({ G: 2, M: 1, K: 64, V: 8, B: 0, T: 0, S: 0 }, streamForms[3]!, 'BTS'),
];

/** Equal lengths around a tile, more keys, more queries (the first of which see nothing when causal), one, primes. */
const tokens = [
  { B: 2, T: 32, S: 32 },
  { B: 1, T: 5, S: 70 },
  { B: 3, T: 67, S: 3 },
  { B: 1, T: 1, S: 1 },
];

for (const [graph, form] of [
  [transposed, streamForms[2]!],
  [causal, streamForms[3]!],
] as const)
  test(`attention's gradients: ${formName(form)}`, async () => {
    for (const at of tokens) await checkGraph(graph, at, { keyLengths: [2, 40, 0].slice(0, at.B) });
  });

test('contrastive losses without a batch, of embeddings in 16 bits', async () => {
  const graph = only(contrastiveStreams({ I: 0, J: 0, E: 150 }, 'IJ'), 'rows', 'textGradient');
  await checkGraph(graph, { I: 1, J: 9 });
  await checkGraph(graph, { I: 33, J: 65 });
});

test('rows that see no column are 0, and −∞ as logarithms', async () => {
  const results = await checkGraph(causal, { B: 2, T: 9, S: 5 }, { keyLengths: [0, 3] });
  if (!onDevice) return;
  const { logSumExps, vGradient } = results;
  logSumExps!.forEach((value, i) => {
    const seen = i >= 18 && i % 9 >= 4;
    assert.is(value === Number.NEGATIVE_INFINITY, !seen, `query ${i}`);
  });
  vGradient!.forEach((value, i) => {
    assert.is(value !== 0, i >= 80 && Math.floor(i / 8) % 5 < 3, `element ${i} of the gradient of v`);
  });
});

test('logits so large that they would overflow without rescaling', async () => {
  const q = randomNumbers(3 * 128, 1).map((x) => x * 100);
  const k = randomNumbers(70 * 128, 2).map((x) => x * 30);
  await checkGraph(only(causal, 'logSumExps'), { B: 1, T: 3, S: 70 }, { q, k, keyLengths: [70] });
});

test('NaN in a key reaches the logarithms of the queries that see it, and no other', async () => {
  const k = randomNumbers(40 * 128, 1);
  k[20 * 128] = Number.NaN;
  await checkGraph(only(causal, 'logSumExps'), { B: 1, T: 40, S: 40 }, { k, keyLengths: [40] });
});

test('more buffers than a device binds are an error that names them', async () => {
  const few = { ...(await target()), maxStorageBuffers: 6 };
  assert.throws(
    () => printWgslStep(compileGraph(causal, few), few),
    /streamedSum uses 8 buffers \(.*\), but the device binds 6 at most/,
  );
});

test('a symbolic width is an error that says so', async () => {
  const step = compileGraph(contrastiveStreams({ I: 2, J: 2, E: 4 }, 'E'), await target());
  const device = await target();
  assert.throws(
    () => printWgslStep(step, device),
    /streamedSum fits no stream variant \(rows: it needs a width that is fixed\)/,
  );
});

test.run();
