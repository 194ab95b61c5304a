/** Products in WGSL, every variant, against float64. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { StorageType } from '../../dsl/dtype.ts';
import { multiplyExtents, symbol } from '../../dsl/extent.ts';
import { accumulator, apply, axis, read } from '../../dsl/scalar.ts';
import type { BufferDeclaration, ContractKernel, SizeSymbol, Step } from '../../kernels/ir.ts';
import { arrangePanels, type PanelLayout } from '../../kernels/layout.ts';
import { chooseVariant } from '../../kernels/wgsl/choose.ts';
import { printWgslStep } from '../../kernels/wgsl/print.ts';
import { wgslVariants } from '../../kernels/wgsl/variants.ts';
import { at, contract, f, i, over, type ProductShape, product, sizeOf, write } from './build.ts';
import {
  check,
  closeDevice,
  declare,
  device,
  onDevice,
  output,
  randomNumbers,
  richTarget,
  stepOf,
  target,
} from './check.ts';

const test = suite('wgsl products');
test.after(closeDevice);

function stepFor(shape: ProductShape, sizes: readonly SizeSymbol[] = [], dtype: StorageType = 'f32'): Step {
  const kernel = product(shape);
  const { batch, m, n, k } = kernel;
  return stepOf(
    [kernel],
    [
      declare('l', sizeOf(batch, m, k)),
      declare('r', sizeOf(batch, n, k), { dtype }),
      declare('c', n.extent),
      output('o', sizeOf(batch, m, n)),
    ],
    sizes,
  );
}

async function variantsOf(step: Step): Promise<string[]> {
  const context = { ...(await target()), sizes: step.sizes };
  return wgslVariants
    .filter((variant) => variant.kind === 'contract' && variant.unable(step.kernels[0]!, context) === undefined)
    .map(({ name }) => name);
}

async function checkAll(step: Step, contents = {}, sizes = {}): Promise<void> {
  for (const name of await variantsOf(step)) {
    await check({
      step,
      contents,
      sizes,
      force: { contract: name },
      variant: name,
      tolerance: name === 'tiledHalf' ? 5e-3 : 1e-5,
    });
  }
}

const shapes: readonly ProductShape[] = [
  { m: 1, n: 1, k: 1 },
  { m: 1, n: 64, k: 128 },
  { m: 3, n: 5, k: 7 },
  { m: 4, n: 36, k: 260 },
  { m: 31, n: 33, k: 32 },
  { m: 32, n: 32, k: 32 },
  { m: 33, n: 31, k: 65 },
  { m: 63, n: 65, k: 64 },
  { m: 64, n: 64, k: 63 },
  { m: 65, n: 68, k: 100 },
  { m: 2, n: 9, k: 1031 },
  { batch: 3, m: 17, n: 40, k: 12 },
  { batch: 2, m: 1, n: 7, k: 33 },
];

for (const shape of shapes) {
  test(`${shape.batch ?? 1} × ${shape.m} × ${shape.n} × ${shape.k}, every variant`, () => checkAll(stepFor(shape)));
}

test('operands in every order', async () => {
  for (const leftOrder of ['mk', 'km'] as const) {
    for (const rightOrder of ['nk', 'kn'] as const) {
      await checkAll(stepFor({ batch: 2, m: 36, n: 40, k: 44, leftOrder, rightOrder }));
      await check({ step: stepFor({ m: 35, n: 41, k: 37, leftOrder, rightOrder }) });
    }
  }
});

test('symbolic sizes', async () => {
  const [B, T] = [symbol('B'), symbol('T')];
  const step = stepFor({ m: multiplyExtents(B, T), n: 48, k: 36 }, [{ name: 'B' }, { name: 'T' }]);
  for (const sizes of [
    { B: 1, T: 1 },
    { B: 3, T: 11 },
    { B: 2, T: 33 },
  ])
    await checkAll(step, {}, sizes);
  const all = stepFor(
    { batch: symbol('B'), m: symbol('T'), n: symbol('S'), k: symbol('K') },
    ['B', 'T', 'S', 'K'].map((name) => ({ name })),
  );
  for (const sizes of [
    { B: 2, T: 5, S: 37, K: 65 },
    { B: 1, T: 33, S: 1, K: 1 },
  ])
    await checkAll(all, {}, sizes);
});

test('weights of f16 and bf16', async () => {
  for (const dtype of ['f16', 'bf16'] as const) {
    await checkAll(stepFor({ m: 5, n: 36, k: 64 }, [], dtype));
    await check({ step: stepFor({ m: 33, n: 35, k: 37 }, [], dtype) });
  }
});

/** A 3 × 3 convolution of [8, 6, 7] with padding, as a product with a guarded prologue; the epilogue adds what was there. */
function convolution(): Step {
  const [batch, m, n, k] = [axis('batch', 1), axis('m', 42), axis('n', 16), axis('k', 72)];
  const [y, x] = [i('quotient', m, 7), i('remainder', m, 7)];
  const [c, tap] = [i('quotient', k, 9), i('remainder', k, 9)];
  const row = i('add', y, i('sub', i('quotient', tap, 3), 1));
  const column = i('add', x, i('sub', i('remainder', tap, 3), 1));
  const inside = [i('lessEqual', 0, row), i('less', row, 6), i('lessEqual', 0, column), i('less', column, 7)].reduce(
    (a, b) => apply('and', a, b),
  );
  const left = apply('where', inside, f('max', read('l', at([c, row, column], [6, 7])), 0), f('mul', 0, 0));
  const kernel = contract(
    { batch, m, n, k, left, right: f('mul', read('r', over(n, k)), read('s', n)) },
    write('o', over(n, m), f('add', accumulator, read('o', over(n, m)))),
  );
  return stepOf(
    [kernel],
    [declare('l', 8 * 42), declare('r', 16 * 72), declare('s', 16), declare('o', 16 * 42, { role: 'state' })],
  );
}

test('a guarded prologue, an epilogue that updates in place', () => checkAll(convolution()));

test('a gathered left operand', async () => {
  const [batch, m, n, k] = [axis('batch', 1), axis('m', 10), axis('n', 33), axis('k', 48)];
  const left = read('l', at([read('ids', m, 'i32'), k], [48]));
  const kernel = contract(
    { batch, m, n, k, left, right: read('r', over(n, k)) },
    write('o', over(m, n), accumulator),
    write('p', over(n, m), f('neg', accumulator)),
  );
  const step = stepOf(
    [kernel],
    [
      declare('l', 20 * 48),
      declare('ids', 10, { dtype: 'i32' }),
      declare('r', 33 * 48),
      output('o', 330),
      output('p', 330),
    ],
  );
  await checkAll(step, { ids: [3, 19, 0, 7, 7, 1, 18, 2, 5, 11] });
});

test('heads side by side: strides beyond the product', async () => {
  const [batch, m, n, k] = [axis('batch', 6), axis('m', 9), axis('n', 11), axis('k', 8)];
  const [b, h] = [i('quotient', batch, 3), i('remainder', batch, 3)];
  const left = read('l', at([b, m, h, k], [9, 3, 8]));
  const right = read('r', at([b, n, h, k], [11, 3, 8]));
  const kernel = contract({ batch, m, n, k, left, right }, write('o', over(batch, m, n), accumulator));
  await checkAll(stepOf([kernel], [declare('l', 2 * 9 * 24), declare('r', 2 * 11 * 24), output('o', 6 * 99)]));
});

test('a nan in either operand reaches exactly the results that it takes part in', async () => {
  const step = stepFor({ m: 5, n: 36, k: 40 });
  const [l, r] = [randomNumbers(200, 1), randomNumbers(36 * 40, 2)];
  l[2 * 40 + 7] = Number.NaN;
  r[35 * 40 + 39] = Number.NaN;
  for (const name of await variantsOf(step))
    await check({ step, contents: { l, r }, force: { contract: name }, tolerance: name === 'tiledHalf' ? 5e-3 : 1e-5 });
});

test('a right operand in panels', async () => {
  const layout: PanelLayout = { kind: 'panels', width: 16, columns: 37, depth: 20, strideN: 20, strideK: 1 };
  const [batch, m, n, k] = [axis('batch', 1), axis('m', 7), axis('n', 37), axis('k', 20)];
  const parts = { batch, m, n, k, left: read('l', over(m, k)), right: read('r', over(n, k)) };
  const kernel: ContractKernel = contract(
    { ...parts, packed: { buffer: 'r', width: 16 } },
    write('o', over(m, n), accumulator),
  );
  const weights = Float32Array.from(randomNumbers(740, 9));
  const packed: BufferDeclaration = { ...declare('r', 48 * 20), layout };
  const step = stepOf([kernel], [declare('l', 140), packed, output('o', 259)]);
  const contents = { l: randomNumbers(140, 4), r: arrangePanels(layout, weights) };
  const plain = stepOf([contract(parts, ...kernel.writes)], [declare('l', 140), declare('r', 740), output('o', 259)]);
  const expected = await check({ step: plain, contents: { ...contents, r: weights } });
  for (const name of await variantsOf(step)) {
    const printed = printWgslStep(step, await target(), { force: { contract: name } });
    if (!onDevice) continue;
    const { o } = await (await device()).run(step, printed, contents, {});
    const worst = Math.max(...o!.map((value, at) => Math.abs(value - expected.o![at]!)));
    assert.ok(worst < (name === 'tiledHalf' ? 2e-2 : 1e-5), `${name}: off by ${worst}`);
  }
});

test('what is chosen', () => {
  const chosen = (shape: ProductShape, sizes: readonly SizeSymbol[] = [], abilities = {}): string =>
    chooseVariant(product(shape), { ...richTarget, ...abilities, sizes }).name;
  assert.is(chosen({ m: 1, n: 512, k: 768 }), 'rowSubgroupFours');
  assert.is(chosen({ m: 1, n: 512, k: 768 }, [], { subgroups: false }), 'rowFours');
  assert.is(chosen({ m: 1, n: 512, k: 767 }, [], { subgroups: false }), 'row');
  assert.is(chosen({ m: symbol('B'), n: 512, k: 768 }, [{ name: 'B', max: 8 }]), 'fewRowsSubgroupFours');
  assert.is(chosen({ m: symbol('B'), n: 512, k: 768 }, [{ name: 'B', max: 64 }]), 'tiledFours');
  assert.is(chosen({ m: symbol('B'), n: 512, k: 768 }, [{ name: 'B' }]), 'tiledFours');
  assert.is(chosen({ m: 64, n: 64, k: 63 }), 'tiled');
  assert.is(chosen({ m: 2, n: 64, k: 64, rightOrder: 'kn' }), 'direct');
  assert.is(chosen({ m: 64, n: 64, k: 3 }), 'direct');
});

test('forcing what does not exist or does not fit tells why', () => {
  const context = { ...richTarget, subgroups: false, f16: false, sizes: [] };
  const kernel = product({ m: 8, n: 8, k: 7 });
  assert.throws(() => chooseVariant(kernel, context, 'fast'), /no contract variant fast; there are row/);
  assert.throws(
    () => chooseVariant(kernel, context, 'tiledHalf'),
    /kernel contract_0 cannot use .* tiledHalf: it needs shader-f16/,
  );
  assert.throws(() => chooseVariant(kernel, context, 'rowSubgroup'), /it needs subgroups/);
  assert.throws(() => chooseVariant(kernel, context, 'rowFours'), /not both operands are read by fours along k/);
  assert.throws(
    () => chooseVariant(kernel, { ...context, maxInvocations: 32 }, 'tiled'),
    /needs 64 threads in a workgroup, the device runs 32/,
  );
});

test.run();
