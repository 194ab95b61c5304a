/** Map kernels and storage types in WGSL against float64. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { StorageType } from '../../dsl/dtype.ts';
import { addExtents, multiplyExtents, symbol } from '../../dsl/extent.ts';
import { type Axis, axis, read, type Scalar, whole } from '../../dsl/scalar.ts';
import type { MapKernel } from '../../kernels/ir.ts';
import { printWgsl } from '../../kernels/wgsl/print.ts';
import { at, declare, f, i, map, output, over, richTarget, sizeOf, stepOf, write } from './build.ts';
import { check, closeDevice, randomNumbers, target } from './check.ts';

const test = suite('wgsl map kernels');
test.after(closeDevice);

const axes = (...sizes: readonly number[]): Axis[] => sizes.map((size, n) => axis(`a${n}`, size));
const shapes = [[1], [31], [32], [33], [2, 3, 5], [7, 64], [3, 65], [5, 1, 4], [4099], [2, 2, 2, 2, 3, 4]];

for (const shape of shapes) {
  test(`elementwise [${shape}]`, async () => {
    const all = axes(...shape);
    const value = f('add', f('mul', read('x', over(...all)), read('c', all.at(-1)!)), 1);
    const step = stepOf(
      [map(all, write('y', over(...all), value))],
      [declare('x', sizeOf(...all)), declare('c', shape.at(-1)!), output('y', sizeOf(...all))],
    );
    await check({ step });
    await check({ step, force: { map: 'single' }, variant: 'single' });
  });
}

test('no axes at all', async () => {
  const step = stepOf(
    [map([], write('y', whole(0), f('exp', read('x', whole(0)))))],
    [declare('x', 1), output('y', 1)],
  );
  await check({ step });
});

test('symbolic sizes, called by names that are words of WGSL', async () => {
  const [T, B] = [symbol('active'), symbol('B')];
  const [t, b, w] = [axis('fn', T), axis('b b', B), axis('tile', 8)];
  const value = f('mul', read('x', over(b, t, w)), f('toFloat', whole(addExtents(T, multiplyExtents(B, 2)))));
  const step = stepOf(
    [map([b, t, w], write('y', over(t, b, w), value))],
    [declare('x', sizeOf(b, t, w)), output('y', sizeOf(b, t, w))],
    [{ name: 'B' }, { name: 'active' }],
  );
  for (const sizes of [
    { B: 1, active: 1 },
    { B: 3, active: 17 },
    { B: 17, active: 31 },
  ]) {
    await check({ step, sizes, variant: 'fours' });
    await check({ step, sizes, force: { map: 'single' } });
  }
});

test('more workgroups than fit one row of the grid in the harness', async () => {
  const n = axis('n', 70001);
  await check({
    step: stepOf([map([n], write('y', n, f('neg', read('x', n))))], [declare('x', 70001), output('y', 70001)]),
  });
});

test('movement: transposition, reversal, padding, concatenation, gathering', async () => {
  const [r, c] = [axis('r', 12), axis('c', 20)];
  const cases: readonly (readonly [Scalar, Record<string, ArrayLike<number>>])[] = [
    [read('x', at([c, r], [12])), { x: randomNumbers(240, 1) }],
    [read('x', i('sub', whole(239), over(r, c))), { x: randomNumbers(240, 2) }],
    [
      f(
        'where',
        f('and', i('lessEqual', 2, r), i('less', i('sub', r, 2), 8)),
        read('x', at([i('sub', r, 2), c], [20])),
        0.5,
      ),
      { x: randomNumbers(160, 3) },
    ],
    [
      f('where', i('less', c, 8), read('x', at([r, c], [8])), read('y', at([r, i('sub', c, 8)], [12]))),
      { x: randomNumbers(96, 4), y: randomNumbers(144, 5) },
    ],
    [
      read('x', at([read('ids', r, 'i32'), c], [20])),
      { x: randomNumbers(200, 6), ids: Int32Array.from({ length: 12 }, (_, n) => (n * 7) % 10) },
    ],
    [read('x', at([i('remainder', over(r, c), 5), i('quotient', over(r, c), 48)], [20])), { x: randomNumbers(240, 7) }],
  ];
  for (const [value, contents] of cases) {
    const inputs = Object.entries(contents).map(([name, data]) =>
      declare(name, data.length, { dtype: name === 'ids' ? 'i32' : 'f32' }),
    );
    const step = stepOf([map([r, c], write('z', over(r, c), value))], [...inputs, output('z', 240)]);
    await check({ step, contents });
    await check({ step, contents, force: { map: 'single' } });
  }
});

test('a choice that is the same for four neighbours reads by fours', async () => {
  const [r, c] = [axis('r', 12), axis('c', 20)];
  const padded = f('where', i('less', r, 10), read('x', over(r, c)), 0);
  await check({
    step: stepOf([map([r, c], write('z', over(r, c), padded))], [declare('x', 200), output('z', 240)]),
    variant: 'fours',
  });
});

test('several writes, one of them narrower, one into what is read', async () => {
  const [r, c] = [axis('r', 9), axis('c', 16)];
  const x = read('x', over(r, c));
  const kernel = map(
    [r, c],
    write('x', over(r, c), f('add', x, 1)),
    write('y', at([c, r], [9]), f('mul', x, 2)),
    write('z', r, f('toFloat', r)),
  );
  const step = stepOf([kernel], [declare('x', 144, { role: 'state' }), output('y', 144), output('z', 9)]);
  await check({ step });
  const inPlace = stepOf([map([r, c], write('x', over(r, c), f('exp', x)))], [declare('x', 144, { role: 'state' })]);
  await check({ step: inPlace, variant: 'fours' });
});

test('a state is written at a position that is data, the rest of it stays', async () => {
  const [t, w] = [axis('t', 3), axis('w', 8)];
  const place = i('add', t, read('position', whole(0), 'i32'));
  const step = stepOf(
    [map([t, w], write('cache', at([place, w], [8]), read('x', over(t, w))))],
    [declare('x', 24), declare('position', 1, { dtype: 'i32' }), declare('cache', 80, { role: 'state' })],
  );
  await check({ step, contents: { position: [6] } });
});

const copyOf = (dtype: StorageType, to: StorageType, size: number): ReturnType<typeof stepOf> => {
  const n = axis('n', size);
  const value = dtype === 'i32' || dtype === 'u32' ? read('x', n, 'i32') : read('x', n);
  const kernel: MapKernel = map([n], write('y', n, value));
  return stepOf([kernel], [declare('x', size, { dtype }), output('y', size, to)]);
};

for (const dtype of ['f16', 'bf16'] as const) {
  test(`${dtype} is read one by one and by fours`, async () => {
    await check({ step: copyOf(dtype, 'f32', 64), variant: 'fours' });
    await check({ step: copyOf(dtype, 'f32', 63), variant: 'single' });
    await check({ step: copyOf(dtype, 'f32', 64), force: { map: 'single' } });
    const special = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0, 1e-6, 60000, -1];
    await check({ step: copyOf(dtype, 'f32', 8), contents: { x: special } });
  });

  test(`${dtype} is written by fours`, async () => {
    await check({ step: copyOf('f32', dtype, 64), variant: 'fours' });
    await check({ step: copyOf('f32', dtype, 8), contents: { x: [1, -1, 0.5, 1e-3, 100, 3.14, Number.NaN, 0] } });
  });
}

test('f16 is read one by one from a buffer that is read by fours, too', async () => {
  for (const dtype of ['f16', 'bf16', 'f32'] as const) {
    const [r, c] = [axis('r', 6), axis('c', 8)];
    const value = f('add', read('x', over(r, c)), read('x', r));
    await check({
      step: stepOf([map([r, c], write('y', over(r, c), value))], [declare('x', 48, { dtype }), output('y', 48)]),
      variant: 'fours',
    });
  }
});

test('whole numbers of both kinds', async () => {
  const x = Array.from({ length: 20 }, (_, n) => n * 3);
  for (const [from, to] of [
    ['i32', 'u32'],
    ['u32', 'i32'],
    ['i32', 'i32'],
  ] as const) {
    await check({ step: copyOf(from, to, 20), contents: { x } });
    await check({ step: copyOf(from, to, 20), contents: { x }, force: { map: 'single' } });
  }
});

test('single f16 are written where the device computes in f16', async () => {
  if ((await target()).f16) await check({ step: copyOf('f32', 'f16', 63), variant: 'single' });
});

test('single elements of packed types cannot be written', () => {
  assert.throws(
    () => printWgsl(copyOf('f32', 'bf16', 63), copyOf('f32', 'bf16', 63).kernels[0]!, richTarget),
    /kernel map_0 writes single elements of y.*bf16.*store it as f32/,
  );
  const step = copyOf('f32', 'f16', 63);
  assert.throws(() => printWgsl(step, step.kernels[0]!, { ...richTarget, f16: false }), /use a device with shader-f16/);
});

test.run();
