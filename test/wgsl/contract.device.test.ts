/** Products in WGSL, every variant, against float64. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Extent, multiplyExtents, symbol } from '../../dsl/extent.ts';
import type { SizeSymbol } from '../../kernels/ir.ts';
import { check, checkVariants, closeDevice, target, variantsOf } from './check.ts';
import { productStep } from './steps.ts';

const test = suite('wgsl products');
test.after(closeDevice);

const toleranceOf = (variant: string): number => (variant === 'tiledHalf' ? 5e-3 : 1e-5);
const named = (...names: readonly string[]): SizeSymbol[] => names.map((name) => ({ name }));

test('every variant by fours', async () => {
  const [B, M, N, K] = ['B', 'M', 'N', 'K'].map(symbol) as [Extent, Extent, Extent, Extent];
  const step = productStep(
    { batch: B, m: M, n: multiplyExtents(4, N), k: multiplyExtents(4, K) },
    named('B', 'M', 'N', 'K'),
  );
  const variants = await variantsOf(step);
  const { f16, subgroups } = await target();
  assert.is(variants.length, 7 + (subgroups ? 4 : 0) + (f16 ? 1 : 0));
  const sizes = [
    [1, 1, 1, 1],
    [1, 1, 16, 32],
    [1, 4, 9, 65],
    [1, 31, 8, 8],
    [1, 33, 9, 16],
    [2, 17, 10, 3],
    [3, 2, 3, 17],
  ].map(([b, m, n, k]) => ({ B: b!, M: m!, N: n!, K: k! }));
  await checkVariants({ step }, variants, sizes, toleranceOf);
});

test('every variant one by one', async () => {
  const step = productStep(
    { batch: symbol('B'), m: symbol('M'), n: symbol('N'), k: symbol('K') },
    named('B', 'M', 'N', 'K'),
  );
  const variants = await variantsOf(step);
  assert.ok(variants.includes('tiled') && !variants.includes('tiledFours'));
  const sizes = [
    [1, 1, 1, 1],
    [1, 3, 5, 7],
    [1, 31, 33, 32],
    [1, 32, 32, 32],
    [1, 33, 31, 33],
    [1, 63, 3, 65],
    [1, 2, 9, 1031],
    [2, 1, 7, 33],
  ].map(([b, m, n, k]) => ({ B: b!, M: m!, N: n!, K: k! }));
  await checkVariants({ step }, variants, sizes, toleranceOf);
});

for (const shape of [
  { m: 64, n: 64, k: 64 },
  { m: 33, n: 36, k: 100 },
  { m: 65, n: 35, k: 31 },
  { m: 1, n: 37, k: 129 },
]) {
  test(`fixed ${shape.m} × ${shape.n} × ${shape.k}`, () => check({ step: productStep(shape) }).then(() => {}));
}

test.run();
