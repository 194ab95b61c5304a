/** Scalar functions and expressions in WGSL against float64, one element and four at a time. */
import { suite } from 'uvu';
import type { FunctionName } from '../../dsl/functions.ts';
import { axis, loop, read, type Scalar, whole } from '../../dsl/scalar.ts';
import { declare, f, i, map, output, stepOf, write } from './build.ts';
import { check, closeDevice, randomNumbers } from './check.ts';

const test = suite('wgsl scalars');
test.after(closeDevice);

const count = 256;
const n = axis('n', count);
const x = read('x', n);
const y = read('y', n);

/** z[n] = value for every n. */
async function evaluate(
  value: Scalar,
  contents: Record<string, ArrayLike<number>>,
  variant: 'single' | 'fours',
  tolerance = 1e-5,
) {
  const inputs = Object.keys(contents).map((name) =>
    declare(name, contents[name]!.length, { dtype: name === 'ids' ? 'i32' : 'f32' }),
  );
  const step = stepOf([map([n], write('z', n, value))], [...inputs, output('z', count)]);
  const results = await check({ step, contents, force: { map: variant }, tolerance, variant });
  return results.z;
}

const between = (low: number, high: number, seed = 1): Float64Array =>
  randomNumbers(count, seed).map((r) => Math.fround(low + ((r + 1) / 2) * (high - low)));

const ranges: Partial<Record<FunctionName, readonly (readonly [number, number])[]>> = {
  exp: [
    [-5, 5],
    [-80, 1],
    [-1e-3, 1e-3],
  ],
  log: [
    [0.5, 2],
    [1e-6, 1e6],
    [0.999, 1.001],
  ],
  sqrt: [
    [0, 1e-6],
    [0, 1e6],
  ],
  rsqrt: [
    [1e-6, 1],
    [1, 1e6],
  ],
  tanh: [
    [-1, 1],
    [-1e-4, 1e-4],
    [-100, 100],
    [-1e30, 1e30],
  ],
  sigmoid: [
    [-5, 5],
    [-1000, 1000],
    [-20, -10],
  ],
  erf: [
    [-1, 1],
    [-6, 6],
    [-1e-5, 1e-5],
    [-100, 100],
  ],
  sin: [
    [-1, 1],
    [-1e-5, 1e-5],
    [-10, 10],
    [-5000, 5000],
    [-1e6, 1e6],
  ],
  cos: [
    [-1, 1],
    [-10, 10],
    [-5000, 5000],
    [-1e6, 1e6],
  ],
  neg: [[-1, 1]],
  abs: [[-1, 1]],
  floor: [[-5, 5]],
  ceil: [[-5, 5]],
};

for (const [name, list] of Object.entries(ranges)) {
  test(name, async () => {
    for (const [low, high] of list) {
      for (const variant of ['single', 'fours'] as const)
        await evaluate(f(name as FunctionName, x), { x: between(low, high) }, variant);
    }
  });
}

for (const name of ['add', 'sub', 'mul', 'div', 'max', 'min'] as const) {
  test(name, async () => {
    for (const variant of ['single', 'fours'] as const) {
      await evaluate(f(name, x, y), { x: between(-3, 3), y: between(1, 4, 2) }, variant);
      await evaluate(f(name, x, 2.5), { x: between(-3, 3) }, variant);
      await evaluate(f(name, 0.1, x), { x: between(1, 3) }, variant);
    }
  });
}

test('comparisons, logic and choices', async () => {
  const both = f('and', f('less', x, y), f('not', f('lessEqual', x, 0)));
  const either = f('or', f('equal', x, y), both);
  const contents = { x: between(-2, 2).map(Math.round), y: between(-2, 2, 9).map(Math.round) };
  for (const variant of ['single', 'fours'] as const) {
    await evaluate(f('where', either, f('add', x, 10), f('mul', y, 3)), contents, variant);
    await evaluate(f('toFloat', both), contents, variant);
    await evaluate(f('where', f('less', x, 0), 0, x), contents, variant);
  }
});

test('nan from the side that is not chosen does not leak', async () => {
  const contents = { x: between(-2, 2) };
  for (const variant of ['single', 'fours'] as const) {
    await evaluate(f('where', f('less', 0, x), f('log', x), 0), contents, variant);
    await evaluate(f('where', f('less', x, 0), -1, f('sqrt', x)), contents, variant);
    await evaluate(f('where', f('equal', f('floor', x), 0), 7, f('div', 1, f('floor', x))), contents, variant);
  }
});

test('nan and infinity come through', async () => {
  const special = Float64Array.from(
    { length: count },
    (_, at) => [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1, -1, 0][at % 6]!,
  );
  for (const variant of ['single', 'fours'] as const) {
    for (const value of [
      f('add', x, 1),
      f('mul', x, 2),
      f('max', x, 0),
      f('min', 0.5, x),
      f('exp', x),
      f('log', x),
      f('sqrt', f('max', x, 0)),
      f('tanh', x),
      f('sigmoid', x),
      f('erf', x),
      f('sin', x),
      f('cos', x),
      f('mul', x, f('sigmoid', x)),
      f('max', x, Number.NEGATIVE_INFINITY),
      f('where', f('less', x, 0), Number.NEGATIVE_INFINITY, 1),
    ]) {
      await evaluate(value, { x: special }, variant);
    }
  }
});

test('constants of every size', async () => {
  for (const value of [0.1, 1e-7, 3.4028234663852886e38, 1.17549435e-38, 16777217, 1e21, 1 / 3]) {
    await evaluate(f('min', f('max', x, value), value), { x: between(-1, 1) }, 'single');
  }
});

test('whole numbers', async () => {
  const id = read('ids', n, 'i32');
  const ids = Int32Array.from({ length: count }, (_, at) => (at * 37) % 101);
  const third = i('quotient', n, 3);
  for (const value of [
    f('toFloat', i('add', i('mul', id, 7), third)),
    f('toFloat', i('remainder', id, 10)),
    f('toFloat', i('quotient', i('add', id, n), 7)),
    f('toFloat', i('max', i('sub', id, 50), i('neg', n))),
    f('toFloat', i('toInt', f('mul', x, 10))),
    f('where', i('less', id, third), x, f('toFloat', i('mul', id, n))),
    read('x', id),
    read('x', i('min', i('add', id, n), count - 1)),
  ]) {
    await evaluate(value, { ids, x: between(-3, 3) }, 'single');
  }
  await evaluate(f('toFloat', i('max', id, 3)), { ids }, 'fours');
  await evaluate(f('mul', x, f('where', i('less', id, 50), x, 0)), { ids, x: between(-3, 3) }, 'fours');
});

test('a guarded read does not reach beyond its buffer', async () => {
  const inside = f('and', i('lessEqual', 3, n), i('less', n, 203));
  const guarded = f('where', inside, read('x', i('sub', n, 3)), 0);
  await evaluate(f('add', guarded, f('mul', guarded, 2)), { x: randomNumbers(200, 4) }, 'single');
  const three = f(
    'where',
    i('less', n, 50),
    read('x', n),
    f('where', i('less', n, 150), read('y', i('sub', n, 50)), read('w', i('sub', n, 150))),
  );
  await evaluate(three, { x: randomNumbers(50, 1), y: randomNumbers(100, 2), w: randomNumbers(106, 3) }, 'single');
});

test('loops, counted by numbers and by data', async () => {
  const j = axis('j', 16);
  const k = axis('k', 8);
  const many = i('remainder', n, 17);
  const element = read('x', i('add', n, j));
  const inner = loop('sum', k, i('add', i('remainder', j, 5), 1), f('mul', element, read('x', k)));
  const contents = { x: randomNumbers(300, 5) };
  await evaluate(loop('sum', j, whole(7), element), contents, 'single');
  await evaluate(loop('sum', j, many, f('mul', element, element)), contents, 'single');
  await evaluate(f('max', loop('max', j, many, element), -5), contents, 'single');
  await evaluate(loop('sum', j, many, f('add', inner, f('toFloat', j))), contents, 'single');
  await evaluate(f('where', i('less', n, 100), loop('sum', j, many, element), 1), contents, 'single');
});

test('a loop over vectors', async () => {
  const j = axis('j', 16);
  const element = read('x', i('add', n, i('mul', j, 256)));
  await evaluate(loop('sum', j, whole(4), f('exp', element)), { x: randomNumbers(1024, 5) }, 'fours');
  await evaluate(loop('max', j, whole(3), element), { x: randomNumbers(1024, 5) }, 'fours');
});

test('an expression shared by both sides and beyond is worked out once', async () => {
  const shared = f('exp', f('mul', x, read('y', i('sub', whole(count - 1), n))));
  const value = f('add', f('where', f('less', x, 0), f('mul', shared, read('y', n)), f('sub', shared, 1)), shared);
  const contents = { x: between(-1, 1), y: between(-1, 1, 3) };
  await evaluate(value, contents, 'single');
});

test.run();
