import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as d from '../../dsl/index.ts';
import { compileGraph } from '../../kernels/compile.ts';
import type { Step } from '../../kernels/ir.ts';
import { outlineOf } from '../../kernels/outline.ts';
import { planArena, planBuffers } from '../../runtime/memory.ts';
import { loweringFault } from '../support/evaluate-graph.ts';
import { assembly, wgsl } from '../support/targets.ts';

const test = suite('the order of kernels');

const [B, T, W, F] = [d.dim('B'), d.dim('T', 8), d.dim('W', 32), d.dim('F', 64)];
type Rows = d.Tensor<readonly [typeof B, typeof T, typeof W]>;

/** A residual block that learns. */
const block =
  (i: number) =>
  (x: Rows): Rows => {
    const n = d.layerNorm(x, d.state(`weight${i}`, [W]), d.state(`bias${i}`, [W]), 1e-5);
    return d.add(x, d.linear(d.gelu(d.linear(n, d.state(`up${i}`, [F, W]))), d.state(`down${i}`, [W, F])));
  };

const depth = 8;
const blocks = Array.from({ length: depth }, (_, i) => block(i));
const after = (x: Rows, parts: readonly ((x: Rows) => Rows)[]): Rows => parts.reduce((y, part) => part(y), x);
const kept = (part: (x: Rows) => Rows) => (x: Rows) => d.checkpoint(part, x);

const networks = {
  plain: (x: Rows) => after(x, blocks),
  'checkpoints at every block': (x: Rows) => after(x, blocks.map(kept)),
  'checkpoints at every block within checkpoints at every fourth': (x: Rows) =>
    after(
      x,
      [0, 4].map((from) => kept((y) => after(y, blocks.slice(from, from + 4).map(kept)))),
    ),
};

/** A step of gradient descent, whose updates stand in the order of the forward pass. */
function descent(network: (x: Rows) => Rows): d.Graph {
  const loss = d.mean(d.square(network(d.input('x', [B, T, W]))), 'B', 'T', 'W');
  const states = d.trace('loss', { loss }).nodes.filter(({ operator }) => operator.name === 'state');
  const slopes = d.gradients(loss, states);
  const updates = states.map((x, i) => d.update(x, d.sub(x, d.mul(slopes[i]!, 0.1))));
  return d.trace('descent', { loss }, updates);
}

const batch = 16;
/** One [B, T, W] tensor. */
const bytes = batch * 8 * 32 * 4;

const peaks: Readonly<Record<string, (step: Step) => number>> = {
  'in one block of memory': (step) => planArena(outlineOf(step), { B: batch }).summary.peak / bytes,
  'in buffers': (step) => planBuffers(outlineOf(step), { B: batch }).summary.peak / bytes,
};

for (const [where, peakOf] of Object.entries(peaks)) {
  test(`a step with checkpoints needs a part of the memory, ${where}`, () => {
    const target = where === 'in buffers' ? wgsl : assembly;
    const [plain, each, nested] = Object.values(networks).map((network) =>
      peakOf(compileGraph(descent(network), target)),
    );
    // Without: x, its norm and both sides of gelu, the latter of twice the width, for every block.
    assert.ok(plain! >= 6 * depth, `${plain}`);
    // With: x for every block, and one block's tensors with their gradients.
    assert.ok(each! <= depth + 12, `${each}`);
    assert.ok(nested! < each!, `${nested} of ${each}`);
  });
}

test('the gradient of a weight is made when both of its operands are there, not at the end', () => {
  const { kernels } = compileGraph(descent(networks.plain), assembly);
  const at = (state: string): number =>
    kernels.findIndex(({ writes }) => writes.some(({ buffer }) => buffer === state));
  const order = Array.from({ length: depth }, (_, i) => at(`down${i}`));
  assert.equal(
    order,
    [...order].sort((a, b) => b - a),
  );
});

test('an old state is read before it is updated, also by a kernel that makes again what another made of it on its way', () => {
  const [M, N] = [d.dim('M', 3), d.dim('N', 4)];
  const s = d.state('s', [M, N]);
  const centred = d.sub(s, d.mean(s, 'N'));
  const norm = d.sqrt(d.sum(d.square(centred), 'N'));
  const updated = d.update(s, d.mul(d.input('x', [M, N]), norm));
  const graph = d.trace('test', { y: d.add(centred, updated), norm }, [updated]);
  const given = {
    s: Array.from({ length: 12 }, (_, i) => Math.sin(i)),
    x: Array.from({ length: 12 }, (_, i) => Math.cos(i)),
  };
  for (const target of [assembly, wgsl])
    for (const fused of [true, false]) assert.is(loweringFault(graph, given, {}, target, { fused }), undefined);
});

test.run();
