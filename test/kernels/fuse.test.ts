import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as d from '../../dsl/index.ts';
import { type Compilation, compile } from '../../kernels/compile.ts';
import type { AssemblyTarget, WgslTarget } from '../../kernels/ir.ts';
import { buffersRead } from '../../kernels/operands.ts';
import { assembly, wgsl } from '../support/targets.ts';

const test = suite('what fuses with what');

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

// ---------------------------------------------------------------- what a kernel stores besides its result

const last = (y: d.Tensor): d.Tensor =>
  d.linear(y as never, d.parameter('last', [d.dim('L', 7), y.shape.at(-1)!])) as d.Tensor;

/** The step of a loss and its gradients of all parameters, where one more product follows y. */
function trained(y: d.Tensor): Compilation['step'] {
  const z = last(y);
  const loss = d.mean(d.square(z), ...z.shape.map(({ name }) => name)) as d.Tensor as d.Tensor<readonly []>;
  const parameters = d.trace('loss', { loss }).nodes.filter(({ operator }) => operator.name === 'parameter');
  const slopes = d.gradients(loss, parameters).map((slope, i) => [`gradient${i}`, slope] as const);
  return compiled({ loss, ...Object.fromEntries(slopes) }).step;
}

/** `row layerNorm → [B, T, W=12] [B, T]`: what each kernel stores. */
function storesOf({ kernels, buffers }: Compilation['step']): string[] {
  const shapes = new Map(buffers.map(({ name, shape }) => [name, shape]));
  return kernels.map(
    ({ kind, name, writes }) => `${kind} ${name} → ${writes.map((to) => shapes.get(to.buffer)).join(' ')}`,
  );
}

test('the norm of a layer that learns is one kernel, which stores mean and scale of each row for its gradient', () => {
  const [norm] = storesOf(trained(d.layerNorm(x, vector('g', W), vector('b', W), 1e-5)));
  assert.is(norm, 'row layerNorm → [B, T, W=12] [B, T] [B, T]');
});

test('an activation that learns is stored with what it is made of, by the product before it', () => {
  const [product, ...others] = storesOf(trained(d.gelu(d.linear(x, d.parameter('w', [F, W]), vector('b', F)))));
  assert.is(product, 'contract linear → [B, T, F=20] [B, T, F=20]');
  assert.not.ok(
    others.some((stores) => stores.startsWith('map')),
    others.join('\n'),
  );
});

test('what attention makes is stored once, moved to where the next layer wants it; its gradient reads it there', () => {
  const qkv = d.split(d.linear(x, d.parameter('w', [d.dim('W3', 36), W])), 'W3', [d.dim('three', 3), H, K]);
  const part = (i: number) => d.permute(d.index(qkv, 'three', i), ['B', 'H', 'T', 'K']);
  const attended = d.attention(part(0), d.rename(part(1), 'T', 'S'), d.rename(part(2), 'T', 'S'));
  const step = trained(d.merge(d.permute(attended, ['B', 'T', 'H', 'K']), ['H', 'K'], 'M'));
  const at = step.kernels.findIndex(({ kind }) => kind === 'attention');
  assert.is(storesOf(step)[at], 'attention attention → [B, T, M=12]');
  const stored = step.kernels[at]!.writes[0]!.buffer;
  const readers = step.kernels.filter((kernel) => buffersRead(kernel).includes(stored)).map(({ kind }) => kind);
  // The next layer, the gradient of its weight, and Σ gradient · output of each row.
  assert.equal(readers.sort(), ['contract', 'contract', 'row']);
});

test('gradients that meet at a residual connection are added by the kernel of the norm’s gradient', () => {
  const block = (y: typeof x, name: string) => {
    const norm = d.layerNorm(y, vector(`${name}.g`, W), vector(`${name}.b`, W), 1e-5);
    const hidden = d.relu(d.linear(norm, d.parameter(`${name}.up`, [F, W])));
    return d.add(y, d.linear(hidden, d.parameter(`${name}.down`, [W, F]))) as typeof x;
  };
  const embedded = d.linear(d.input('pixels', [B, T, V]), d.parameter('embed', [W, V])) as typeof x;
  const stores = storesOf(trained(block(block(embedded, 'one'), 'two')));
  assert.not.ok(
    stores.some((one) => one.startsWith('map')),
    stores.join('\n'),
  );
  const sums = stores.filter((one) => /^row gradients/.test(one));
  assert.equal(
    sums.map((one) => one.replace(/.*→ /, '')),
    ['[B, T, W=12]', '[B, T, W=12]'],
  );
});

test('gate and up of SwiGLU have their gradients from one product', () => {
  const [gate, up] = ['gate', 'up'].map((name) => d.linear(x, d.parameter(name, [F, W])) as d.Tensor) as [
    d.Tensor,
    d.Tensor,
  ];
  const stores = storesOf(trained(d.mul(d.silu(gate), up as d.Operand<d.Shape>)));
  assert.is(stores.filter((one) => /Gradient.* → \[B, T, F=20\] \[B, T, F=20\]$/.test(one)).length, 1);
  assert.not.ok(
    stores.some((one) => one.startsWith('map')),
    stores.join('\n'),
  );
});

/** Two kernels need f(x): how often is it stored by itself? */
const shared: Readonly<Record<string, readonly [f: (y: typeof x) => d.Tensor, stored: number]>> = {
  'what costs little is made twice': [(y) => d.tanh(d.add(y, 1)), 0],
  'what costs much is stored': [(y) => d.tanh(d.sin(d.tanh(d.sin(y)))), 1],
};

for (const [name, [f, stored]] of Object.entries(shared)) {
  test(`of what two kernels need, ${name}`, () => {
    const y = f(x);
    const { step } = compiled({ a: d.sum(y, 'W'), b: d.max(y, 'T') });
    assert.is(step.kernels.filter(({ kind }) => kind === 'map').length, stored);
  });
}

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
