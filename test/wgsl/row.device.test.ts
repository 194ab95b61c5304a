/** Row kernels in WGSL, every variant, against float64. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { multiplyExtents, type Sizes, symbol } from '../../dsl/extent.ts';
import { axis, constant, read, reductionValue, type Scalar } from '../../dsl/scalar.ts';
import type { RowKernel, Step } from '../../kernels/ir.ts';
import { at, declare, f, i, output, over, row, stepOf, write } from './build.ts';
import { check, checkVariants, closeDevice, randomNumbers, target, variantsOf } from './check.ts';
import { layerNorm, softmax } from './steps.ts';

const test = suite('wgsl row kernels');
test.after(closeDevice);

const [r0, r1] = [reductionValue(0), reductionValue(1)];

/** Variants of the kernel that differ in how rows are shared out. */
async function some(step: Step): Promise<string[]> {
  const able = await variantsOf(step);
  return ['serial', 'columns', 'tree', 'subgroupFours'].filter((name) => able.includes(name));
}

const sizesOf = (...pairs: readonly (readonly [number, number])[]): Sizes[] => pairs.map(([B, T]) => ({ B, T }));
const symbolic = [{ name: 'T', max: 77 }, { name: 'B' }];

test('every variant that goes one by one', async () => {
  const step = { ...softmax(axis('row', symbol('B')), axis('along', symbol('T'))), sizes: symbolic };
  const variants = [
    'serial',
    'columns',
    'tree',
    'treeLong',
    ...((await target()).subgroups ? ['subgroup', 'subgroupLong'] : []),
  ];
  assert.equal((await variantsOf(step)).sort(), variants.sort());
  await checkVariants(
    { step },
    variants,
    sizesOf([1, 1], [5, 3], [3, 32], [67, 33], [2, 64], [33, 65], [1, 257], [3, 770], [2, 4099]),
  );
});

test('every variant that goes by fours', async () => {
  const step = {
    ...softmax(axis('row', symbol('B')), axis('along', multiplyExtents(4, symbol('T')))),
    sizes: symbolic,
  };
  const variants = (await variantsOf(step)).filter((name) => /ours/.test(name));
  assert.is(variants.length, (await target()).subgroups ? 4 : 2);
  await checkVariants({ step }, variants, sizesOf([1, 1], [5, 8], [67, 9], [3, 64], [2, 65], [3, 192], [1, 1025]));
});

test('reductions down columns', async () => {
  const step = { ...softmax(axis('row', symbol('B')), axis('along', symbol('T')), true), sizes: symbolic };
  await checkVariants(
    { step },
    ['columns', 'serial', 'tree'],
    sizesOf([1, 40], [31, 33], [32, 100], [65, 257], [100, 8]),
  );
});

for (const [rows, length] of [
  [1, 1],
  [67, 31],
  [3, 100],
  [5, 258],
] as const) {
  test(`layer norm of ${rows} × ${length}`, () =>
    check({ step: layerNorm(axis('row', rows), axis('along', length)) }).then(() => {}));
}

test('a long sum keeps its digits', async () => {
  const [rows, along] = [axis('row', 2), axis('along', 20_003)];
  const step = stepOf(
    [row(rows, along, [{ reduce: 'sum', value: read('x', over(rows, along)) }], write('y', rows, r0))],
    [declare('x', 40_006), output('y', 2)],
  );
  const x = randomNumbers(40_006, 3).map((v) => Math.fround(1 + v * 0.5));
  await checkVariants({ step, contents: { x } }, ['tree', 'columns']);
});

test('rows around a reduction that is masked and gathered', async () => {
  const [rows, along] = [axis('row', 6), axis('along', 50)];
  const masked = f(
    'where',
    i('less', along, read('lengths', rows, 'i32')),
    read('x', over(rows, along)),
    Number.NEGATIVE_INFINITY,
  );
  const power = f('exp', f('sub', masked, r0));
  const picked = read('x', at([rows, read('ids', rows, 'i32')], [50]));
  const kernel = row(
    rows,
    along,
    [
      { reduce: 'max', value: masked },
      { reduce: 'sum', value: power },
    ],
    write('loss', rows, f('sub', f('add', f('log', r1), r0), picked)),
    write('p', over(rows, along), f('div', power, r1)),
  );
  const step = stepOf(
    [kernel],
    [
      declare('x', 300),
      declare('lengths', 6, { dtype: 'i32' }),
      declare('ids', 6, { dtype: 'i32' }),
      output('loss', 6),
      output('p', 300),
    ],
  );
  const contents = { lengths: [1, 50, 7, 32, 33, 2], ids: [0, 49, 3, 31, 32, 1] };
  await checkVariants({ step, contents }, await some(step));
});

test('nan and infinity go through sums and maxima', async () => {
  const [rows, along] = [axis('row', 4), axis('along', 96)];
  const x = read('x', over(rows, along));
  const kernel: RowKernel = row(
    rows,
    along,
    [
      { reduce: 'max', value: x },
      { reduce: 'sum', value: x },
    ],
    write('most', rows, r0),
    write('total', rows, r1),
  );
  const step = stepOf([kernel], [declare('x', 384), output('most', 4), output('total', 4)]);
  const numbers = randomNumbers(384, 8);
  numbers[3] = Number.NaN;
  numbers[96 + 95] = Number.NEGATIVE_INFINITY;
  numbers.fill(Number.NEGATIVE_INFINITY, 192, 288);
  numbers[300] = Number.POSITIVE_INFINITY;
  await checkVariants({ step, contents: { x: numbers } }, await variantsOf(step));
});

test('whole numbers and truths are summed, too', async () => {
  const [rows, along] = [axis('row', 5), axis('along', 64)];
  const id = read('ids', over(rows, along), 'i32');
  const reductions = [
    { reduce: 'sum', value: i('less', id, 30) },
    { reduce: 'max', value: id },
  ] as const;
  const step = stepOf(
    [row(rows, along, reductions, write('count', rows, r0), write('most', rows, r1))],
    [declare('ids', 320, { dtype: 'i32' }), output('count', 5), output('most', 5)],
  );
  const contents = { ids: Int32Array.from({ length: 320 }, (_, n) => (n * 7) % 61) };
  await checkVariants({ step, contents }, ['serial', 'tree', 'fours']);
});

test('rows in place', async () => {
  const [rows, along] = [axis('row', 5), axis('along', 64)];
  const x = read('x', over(rows, along));
  const step = stepOf(
    [
      row(
        rows,
        along,
        [{ reduce: 'sum', value: f('mul', x, x) }],
        write('x', over(rows, along), f('mul', x, f('rsqrt', r0))),
      ),
    ],
    [declare('x', 320, { role: 'state' })],
  );
  await checkVariants({ step }, await some(step));
});

test("a reduction that does not depend on the row's elements", async () => {
  const [rows, along] = [axis('row', 5), axis('along', 64)];
  const kernel = row(
    rows,
    along,
    [{ reduce: 'sum', value: constant(0.5) as Scalar }],
    write('y', rows, r0),
    write('z', over(rows, along), f('mul', r0, read('x', rows))),
  );
  const step = stepOf([kernel], [declare('x', 5), output('y', 5), output('z', 320)]);
  await checkVariants({ step }, await some(step));
});

test.run();
