/** Products in WGSL against float64: operands in every order and type, prologues and epilogues. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { multiplyExtents, symbol } from '../../dsl/extent.ts';
import { accumulator, apply, axis, read } from '../../dsl/scalar.ts';
import type { BufferDeclaration, ContractKernel, SizeSymbol, Step } from '../../kernels/ir.ts';
import { arrangePanels, type PanelLayout } from '../../kernels/layout.ts';
import { printWgslStep } from '../../kernels/wgsl/print.ts';
import { at, contract, declare, f, i, output, over, stepOf, write } from './build.ts';
import { check, checkVariants, closeDevice, device, onDevice, randomNumbers, target } from './check.ts';
import { productStep } from './steps.ts';

const test = suite('wgsl operands of products');
test.after(closeDevice);

const named = (...names: readonly string[]): SizeSymbol[] => names.map((name) => ({ name }));

for (const [leftOrder, rightOrder] of [
  ['mk', 'kn'],
  ['km', 'nk'],
  ['km', 'kn'],
] as const) {
  test(`a left operand that lies as ${leftOrder}, a right one as ${rightOrder}`, async () => {
    const [M, N, K] = [symbol('M'), symbol('N'), symbol('K')];
    const fours = productStep(
      { m: multiplyExtents(4, M), n: multiplyExtents(4, N), k: multiplyExtents(4, K), leftOrder, rightOrder },
      named('M', 'N', 'K'),
    );
    await checkVariants(
      { step: fours },
      ['tiled', 'tiledFours', 'direct'],
      [
        { M: 9, N: 10, K: 11 },
        { M: 1, N: 8, K: 3 },
      ],
    );
  });
}

for (const dtype of ['f16', 'bf16'] as const) {
  test(`weights of ${dtype}`, async () => {
    const step = productStep({ m: symbol('M'), n: 36, k: 64 }, named('M'), dtype);
    await checkVariants({ step }, ['direct', 'tiled', 'tiledFours', 'rowFours'], [{ M: 1 }, { M: 33 }]);
  });
}

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

test('a guarded prologue, an epilogue that updates in place', () =>
  checkVariants({ step: convolution() }, ['direct', 'tiled', 'fewRows']));

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
  const contents = { ids: [3, 19, 0, 7, 7, 1, 18, 2, 5, 11] };
  await checkVariants({ step, contents }, ['direct', 'tiledFours', 'fewRowsFours']);
});

test('an epilogue that chooses by the sum what to read', async () => {
  const [batch, m, n, k] = [axis('batch', 1), axis('m', 5), axis('n', 12), axis('k', 8)];
  const chosen = f('where', f('less', 0, accumulator), read('x', over(m, n)), f('mul', accumulator, 2));
  const parts = { batch, m, n, k, left: read('l', over(m, k)), right: read('r', over(n, k)) };
  const step = stepOf(
    [contract(parts, write('o', over(m, n), chosen))],
    [declare('l', 40), declare('r', 96), declare('x', 60), output('o', 60)],
  );
  await checkVariants({ step }, ['direct', 'tiledFours', 'fewRowsFours']);
});

test('heads side by side: strides beyond the product', async () => {
  const [batch, m, n, k] = [axis('batch', 6), axis('m', 9), axis('n', 11), axis('k', 8)];
  const [b, h] = [i('quotient', batch, 3), i('remainder', batch, 3)];
  const left = read('l', at([b, m, h, k], [9, 3, 8]));
  const right = read('r', at([b, n, h, k], [11, 3, 8]));
  const kernel = contract({ batch, m, n, k, left, right }, write('o', over(batch, m, n), accumulator));
  const step = stepOf([kernel], [declare('l', 2 * 9 * 24), declare('r', 2 * 11 * 24), output('o', 6 * 99)]);
  await checkVariants({ step }, ['direct', 'tiledFours', 'row']);
});

test('a nan in either operand reaches exactly the results that it takes part in', async () => {
  const step = productStep({ m: 5, n: 36, k: 40 });
  const [l, r] = [randomNumbers(200, 1), randomNumbers(36 * 40, 2)];
  l[2 * 40 + 7] = Number.NaN;
  r[35 * 40 + 39] = Number.NaN;
  await checkVariants({ step, contents: { l, r } }, ['direct', 'tiled', 'tiledFours', 'fewRowsFours', 'row']);
});

test('a right operand in panels', async () => {
  const layout: PanelLayout = {
    kind: 'panels',
    width: 16,
    columns: 37,
    depth: 20,
    strideN: 20,
    strideK: 1,
    halves: 'apart',
  };
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
  for (const name of ['direct', 'tiled', 'row']) {
    const printed = printWgslStep(step, await target(), { force: { contract: name } });
    if (!onDevice) continue;
    const { o } = await (await device()).run(step, printed, contents, {});
    const worst = Math.max(...o!.map((value, at) => Math.abs(value - expected.o![at]!)));
    assert.ok(worst < (name === 'tiledHalf' ? 2e-2 : 1e-5), `${name}: off by ${worst}`);
  }
});

test.run();
