import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as d from '../../dsl/index.ts';
import { type Compilation, compile } from '../../kernels/compile.ts';
import type { AssemblyTarget, WgslTarget } from '../../kernels/ir.ts';

const test = suite('what fuses with what');

const assembly: AssemblyTarget = { language: 'assembly', simd: 'relaxed' };
const wgsl: WgslTarget = {
  language: 'wgsl',
  subgroups: false,
  f16: false,
  maxStorageBuffers: 8,
  maxWorkgroupStorage: 16384,
  maxInvocations: 256,
};

const [B, T, W, F, V] = [d.dim('B'), d.dim('T'), d.dim('W', 12), d.dim('F', 20), d.dim('V', 30)];
const [H, K] = [d.dim('H', 3), d.dim('K', 4)];
const x = d.input('x', [B, T, W]);
const vector = <const D extends d.Dim>(name: string, of: D) => d.parameter(name, [of]);

function compiled(outputs: Record<string, d.Tensor>, updates: d.Tensor[] = []): Compilation {
  return compile(d.trace('test', outputs, updates), assembly);
}

/** `row layerNorm, contract linear`: kinds and names of the kernels in the order they run. */
function kernelsOf(outputs: Record<string, d.Tensor>, updates: d.Tensor[] = []): string {
  return compiled(outputs, updates)
    .step.kernels.map(({ kind, name }) => `${kind} ${name}`)
    .join(', ');
}

const oneRowKernel: Record<string, d.Tensor> = {
  softmax: d.softmax(d.mul(x, 2), 'W'),
  logSoftmax: d.logSoftmax(x, 'W'),
  layerNorm: d.gelu(d.layerNorm(d.add(x, vector('p', W)), vector('g', W), vector('b', W), 1e-5)),
  rmsNorm: d.rmsNorm(x, vector('g', W), 1e-5),
  l2Normalize: d.l2Normalize(x, 'W'),
  crossEntropyRows: d.crossEntropyRows(d.input('logits', [B, T, V]), d.input('y', [B, T], 'i32'), -100),
  'mean over rows': d.mean(x, 'T'),
};

for (const [name, y] of Object.entries(oneRowKernel)) {
  test(`${name} is one row kernel with the elementwise work around it`, () => {
    assert.is(
      compiled({ y })
        .step.kernels.map(({ kind }) => kind)
        .join(),
      'row',
    );
    assert.is(compiled({ y }).step.buffers.filter(({ role }) => role === 'temporary').length, 0);
  });
}

test('bias, activation and residual go into the epilogue of a linear layer', () => {
  const h = d.gelu(d.linear(x, d.parameter('w', [F, W]), vector('b', F)));
  const y = d.add(d.input('residual', [B, T, F]), h);
  assert.is(kernelsOf({ y }), 'contract linear');
});

test('gate and up of SwiGLU are two products, the second with the gating in its epilogue', () => {
  const [gate, up] = ['gate', 'up'].map((name) => d.linear(x, d.parameter(name, [F, W])) as d.Tensor) as [
    d.Tensor,
    d.Tensor,
  ];
  const y = d.mul(d.silu(gate), up as d.Operand<d.Shape>);
  const { step } = compiled({ y });
  assert.is(step.kernels.map(({ kind }) => kind).join(), 'contract,contract');
  assert.is(step.buffers.filter(({ role }) => role === 'temporary').length, 1);
});

test('movement costs no kernel: attention reads q, k, v in place and writes what the next layer wants', () => {
  const qkv = d.split(d.linear(x, d.parameter('w', [d.dim('W3', 36), W])), 'W3', [d.dim('three', 3), H, K]);
  const part = (i: number) => d.permute(d.index(qkv, 'three', i), ['B', 'H', 'T', 'K']);
  const attended = d.attention(part(0), d.rename(part(1), 'T', 'S'), d.rename(part(2), 'T', 'S'));
  const mixed = d.merge(d.permute(attended, ['B', 'T', 'H', 'K']), ['H', 'K'], 'W');
  const y = d.linear(mixed, d.parameter('out', [F, W]));
  assert.is(kernelsOf({ y }), 'contract linear, attention attention, contract linear_2');
});

test('a transposed, sliced and merged result is one copy', () => {
  const y = d.merge(d.permute(d.slice(x, 'T', { start: 1 }), ['T', 'B', 'W']), ['T', 'B'], 'M');
  assert.is(kernelsOf({ y }), 'map merge');
});

test('what several kernels need is stored once, unless it is a number', () => {
  const table = d.exp(d.toFloat(d.indices(W)));
  const a = d.linear(d.mul(x, table), d.parameter('w', [F, W]));
  const b = d.softmax(d.add(x, table), 'W');
  const { step } = compiled({ a, b });
  assert.is(step.kernels.filter(({ name }) => name.startsWith('exp')).length, 1);
});

test('a cache is updated in place, at a symbolic position, before attention reads it', () => {
  const S = d.dim('S', 64);
  const P = d.symbol('P');
  const cache = d.state('cache', [B, S, W]);
  const after = d.update(cache, d.rename(d.gelu(x), 'T', 'S') as unknown as typeof cache, { along: 'S', start: P });
  const seen = d.slice(after, 'S', { end: d.addExtents(P, T.extent) });
  const { step } = compiled({ y: d.sum(seen, 'S') }, [after]);
  assert.is(step.kernels.map(({ kind }) => kind).join(), 'map,row');
  assert.is(step.buffers.find(({ role }) => role === 'state')?.name, 'cache');
});

test('a state that is read as it was is read before it is updated', () => {
  const count = d.state('count', [B]);
  const after = d.update(count, d.add(count, 1));
  const { step } = compiled({ before: d.sum(count, 'B') }, [after]);
  assert.is(step.kernels[0]!.kind, 'row');
  assert.is(step.kernels[1]!.kind, 'map');
});

test('weights of products lie in panels on the CPU, and as they are on the GPU', () => {
  const y = d.linear(x, d.parameter('w', [F, W]));
  const layouts = (target: AssemblyTarget | WgslTarget) =>
    compile(d.trace('test', { y }), target)
      .step.buffers.filter(({ role }) => role === 'parameter')
      .map(({ layout }) => layout.kind);
  assert.equal(layouts(assembly), ['panels']);
  assert.equal(layouts(wgsl), ['plain']);
});

test('a kernel never binds more buffers than the device has', () => {
  const many = Array.from({ length: 20 }, (_, i) => d.input(`x${i}`, [B, W]) as d.Tensor);
  const y = many.reduce((a, b) => d.add(d.tanh(a), b as d.Operand<d.Shape>));
  const { step } = compile(d.trace('test', { y }), wgsl);
  for (const kernel of step.kernels) {
    const buffers = step.buffers.filter(({ name }) => JSON.stringify(kernel).includes(`"buffer":"${name}"`));
    assert.ok(buffers.length <= wgsl.maxStorageBuffers, `${kernel.name} has ${buffers.length}`);
  }
});

test.run();
