/** Which variant is chosen, and what is said when one is forced that cannot be. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { symbol } from '../../dsl/extent.ts';
import { axis } from '../../dsl/scalar.ts';
import type { Kernel, SizeSymbol, WgslTarget } from '../../kernels/ir.ts';
import { chooseVariant } from '../../kernels/wgsl/choose.ts';
import { printWgsl, printWgslStep, uniformLayout } from '../../kernels/wgsl/print.ts';
import { wgslVariants } from '../../kernels/wgsl/variants.ts';
import { richTarget } from './build.ts';
import { type AttentionShape, attentionOf, type ProductShape, product, productStep, softmax } from './steps.ts';

const test = suite('wgsl variants');

function chosen(kernel: Kernel, sizes: readonly SizeSymbol[] = [], abilities: Partial<WgslTarget> = {}): string {
  return chooseVariant(kernel, { ...richTarget, ...abilities, sizes }).name;
}

test('rows', () => {
  const softmaxOf = (length: number, across = false): Kernel =>
    softmax(axis('row', 10), axis('along', length), across).kernels[0]!;
  assert.is(chosen(softmaxOf(32)), 'serial');
  assert.is(chosen(softmaxOf(768)), 'subgroupFours');
  assert.is(chosen(softmaxOf(770)), 'subgroupLong');
  assert.is(chosen(softmaxOf(50_000)), 'subgroupFoursLong');
  assert.is(chosen(softmaxOf(333)), 'subgroup');
  assert.is(chosen(softmaxOf(333), [], { subgroups: false }), 'tree');
  assert.is(chosen(softmaxOf(333, true)), 'columns');
});

test('products', () => {
  const B = symbol('B');
  const of = (shape: ProductShape, max?: number, abilities: Partial<WgslTarget> = {}): string =>
    chosen(product(shape), [{ name: 'B', ...(max && { max }) }], abilities);
  assert.is(of({ m: 1, n: 512, k: 768 }), 'rowSubgroupFours');
  assert.is(of({ m: 1, n: 512, k: 768 }, 1, { subgroups: false }), 'rowFours');
  assert.is(of({ m: 1, n: 512, k: 767 }, 1, { subgroups: false }), 'row');
  assert.is(of({ m: B, n: 512, k: 768 }, 8), 'fewRowsSubgroupFours');
  assert.is(of({ m: B, n: 512, k: 768 }, 64), 'tiledFours');
  assert.is(of({ m: B, n: 512, k: 768 }), 'tiledFours');
  assert.is(of({ m: 64, n: 64, k: 63 }), 'tiled');
  assert.is(of({ m: 2, n: 64, k: 64, rightOrder: 'kn' }), 'direct');
  assert.is(of({ m: 64, n: 64, k: 3 }), 'direct');
});

test('attention', () => {
  const [S, T] = [symbol('S'), symbol('T')];
  const of = (shape: AttentionShape, abilities: Partial<WgslTarget> = {}): string =>
    chosen(attentionOf(shape), [{ name: 'T', max: 3 }], abilities);
  assert.is(of({ queries: 1, keys: S, width: 64 }), 'splitSubgroup');
  assert.is(of({ queries: T, keys: S, width: 64 }, { subgroups: false }), 'split');
  assert.is(of({ queries: S, keys: S, width: 64 }), 'rows');
  assert.is(of({ queries: S, keys: S, width: 1024 }, { maxWorkgroupStorage: 8000, subgroups: false }), 'split');
});

test('forcing what does not exist or does not fit tells why', () => {
  const context = { ...richTarget, subgroups: false, f16: false, sizes: [] };
  const kernel = product({ m: 8, n: 8, k: 7 });
  const forcing =
    (name: string, limits: Partial<WgslTarget> = {}) =>
    () =>
      chooseVariant(kernel, { ...context, ...limits }, name);
  assert.throws(forcing('fast'), /no contract variant fast; there are row/);
  assert.throws(forcing('tiledHalf'), /kernel contract_0 cannot use .* tiledHalf: it needs shader-f16/);
  assert.throws(forcing('rowSubgroup'), /it needs subgroups/);
  assert.throws(forcing('rowFours'), /not both operands are read by fours along k/);
  assert.throws(forcing('tiled', { maxInvocations: 32 }), /needs 64 threads in a workgroup, the device runs 32/);
});

test('a step forces a variant where it can, and tells where it did', () => {
  const able = productStep({ m: 8, n: 8, k: 8 });
  const unable = productStep({ m: 8, n: 8, k: 7 });
  const step = { ...able, kernels: [...able.kernels, { ...unable.kernels[0]!, name: 'contract_1' }] };
  const printed = printWgslStep(step, richTarget, { force: { contract: 'tiledFours' } });
  assert.equal(
    printed.map(({ kernel, variant }) => [kernel, variant]),
    [
      ['contract_0', 'tiledFours'],
      ['contract_1', 'fewRowsSubgroup'],
    ],
  );
  assert.throws(() => printWgslStep(step, richTarget, { force: { contract: 'fast' } }), /no variant fast of contract/);
  assert.throws(() => printWgslStep(step, richTarget, { force: { product: 'tiled' } }), /no variant tiled of product/);
});

test('a kernel with more buffers than the device binds is named', () => {
  const step = productStep({ m: 8, n: 8, k: 8 });
  assert.throws(
    () => printWgsl(step, step.kernels[0]!, { ...richTarget, maxStorageBuffers: 3 }),
    /kernel contract_0 uses 4 buffers \(l, r, c, o\), but the device binds 3/,
  );
});

test('equal kernels on other buffers have equal code', () => {
  const step = productStep({ m: 8, n: 8, k: 8 });
  const rename = (text: string): string =>
    text.replaceAll('"buffer":"l"', '"buffer":"left"').replaceAll('"l"', '"left"');
  const other = JSON.parse(rename(JSON.stringify(step))) as typeof step;
  const code = (from: typeof step): string =>
    printWgsl(from, from.kernels[0]!, richTarget).source.replace(/\/\/[^\n]*/g, '');
  assert.ok(printWgsl(other, other.kernels[0]!, richTarget).bindings.some(({ buffer }) => buffer === 'left'));
  assert.is(code(step), code(other));
});

test('the uniform holds an i32 for every size, filled up to 16 bytes', () => {
  const sizes = ['B', 'S', 'T', 'active', 'N'].map((name) => ({ name }));
  const step = productStep({ m: symbol('active'), n: 4, k: 4 }, sizes);
  assert.equal(uniformLayout(step), { fields: ['B', 'S', 'T', 'active', 'N'], bytes: 32 });
  assert.equal(uniformLayout(productStep({ m: 1, n: 4, k: 4 })), { fields: [], bytes: 0 });
  const { source } = printWgsl(step, step.kernels[0]!, richTarget);
  assert.match(
    source,
    /struct Sizes \{ B: i32, S: i32, T: i32, active_: i32, N: i32 \}\n@group\(0\) @binding\(4\) var<uniform>/,
  );
});

test('every variant has a reason, and a name of its own', () => {
  for (const { kind, name, reason } of wgslVariants) {
    assert.ok(reason.length > 20, `${kind} ${name}`);
    assert.is(wgslVariants.filter((other) => other.kind === kind && other.name === name).length, 1);
  }
});

test.run();
