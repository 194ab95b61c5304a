/** Argmax, top-k and sampling in WGSL against float64. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type ExtentLike, symbol } from '../../dsl/extent.ts';
import { axis, read, selectedIndex, whole } from '../../dsl/scalar.ts';
import type { SizeSymbol, Step } from '../../kernels/ir.ts';
import { at, f, i, over, select, sizeOf, write } from './build.ts';
import { check, checkVariants, closeDevice, declare, onDevice, output, randomNumbers, stepOf } from './check.ts';

const test = suite('wgsl select kernels');
test.after(closeDevice);

const symbolic: readonly SizeSymbol[] = [{ name: 'R' }, { name: 'N' }];
const [R, N] = [symbol('R'), symbol('N')];

/** Numbers of which many are equal. */
const coarse = (count: number, seed: number): Float64Array =>
  randomNumbers(count, seed).map((x) => Math.round(x * 10) / 8);

function argmax(rows: ExtentLike, length: ExtentLike, sizes: readonly SizeSymbol[] = []): Step {
  const [row, along] = [axis('row', rows), axis('along', length)];
  const kernel = select(
    { row, along, value: f('mul', read('x', over(row, along)), 3), selection: { op: 'argmax' } },
    write('id', row, selectedIndex),
    write('next', row, i('add', selectedIndex, row)),
  );
  return stepOf(
    [kernel],
    [declare('x', sizeOf(row, along)), output('id', rows, 'i32'), output('next', rows, 'u32')],
    sizes,
  );
}

function topK(rows: ExtentLike, length: ExtentLike, k: number, sizes: readonly SizeSymbol[] = []): Step {
  const [row, along, slot] = [axis('row', rows), axis('along', length), axis('slot', k)];
  const kernel = select(
    { row, along, value: read('x', over(row, along)), selection: { op: 'topK', slot } },
    write('ids', over(row, slot), selectedIndex),
    write('values', over(row, slot), read('x', at([row, selectedIndex], [length]))),
  );
  const size = sizeOf(row, slot);
  return stepOf(
    [kernel],
    [declare('x', sizeOf(row, along)), output('ids', size, 'i32'), output('values', size)],
    sizes,
  );
}

function sample(rows: ExtentLike, length: ExtentLike, sizes: readonly SizeSymbol[] = []): Step {
  const [row, along] = [axis('row', rows), axis('along', length)];
  const selection = {
    op: 'sample',
    temperature: read('temperature', whole(0)),
    topK: read('topK', whole(0), 'i32'),
    topP: read('topP', whole(0)),
    uniform: read('uniform', row),
  } as const;
  const kernel = select({ row, along, value: read('x', over(row, along)), selection }, write('id', row, selectedIndex));
  const scalars = [
    declare('temperature', 1),
    declare('topK', 1, { dtype: 'i32' }),
    declare('topP', 1),
    declare('uniform', rows),
  ];
  return stepOf([kernel], [declare('x', sizeOf(row, along)), ...scalars, output('id', rows, 'i32')], sizes);
}

const lengths = [1, 2, 31, 255, 256, 257, 1000, 5003];

test('argmax, the first of equals', async () => {
  const step = argmax(R, N, symbolic);
  for (const n of lengths)
    await checkVariants({ step, contents: { x: coarse(3 * n, n) } }, ['largest'], [{ R: 3, N: n }]);
  const x = new Float64Array(300).fill(-2);
  await check({ step: argmax(1, 300), contents: { x } });
  await check({ step: argmax(1, 300), contents: { x: x.fill(Number.NEGATIVE_INFINITY, 0, 299) } });
  await check({ step: argmax(1, 4), contents: { x: [-0, 0, -0, -1] } });
});

test('the k largest in order, equals by index', async () => {
  for (const k of [1, 5, 31]) {
    const step = topK(R, N, k, symbolic);
    for (const n of lengths.filter((length) => length >= k)) {
      await checkVariants({ step, contents: { x: coarse(2 * n, n) } }, ['largest'], [{ R: 2, N: n }]);
    }
  }
});

interface Parameters {
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
}

test('samples: temperature, top-k and top-p', async () => {
  const step = sample(R, N, symbolic);
  const parameters: readonly Parameters[] = [
    { temperature: 1, topK: 0, topP: 1 },
    { temperature: 0.5, topK: 0, topP: 1 },
    { temperature: 0, topK: 0, topP: 0.3 },
    { temperature: 1, topK: 1, topP: 1 },
    { temperature: 2, topK: 7, topP: 1 },
    { temperature: 1, topK: 0, topP: 0.5 },
    { temperature: 0.7, topK: 0, topP: 0.05 },
    { temperature: 1.3, topK: 40, topP: 0.9 },
    { temperature: 1, topK: 100_000, topP: 0 },
  ];
  for (const n of [1, 2, 33, 256, 1000, 5003]) {
    for (const { temperature, topK: k, topP } of parameters) {
      const uniform = [0, 0.9999, ...randomNumbers(6, n + k).map((x) => (x + 1) / 2)];
      for (const x of [randomNumbers(8 * n, n).map((y) => y * 4), coarse(8 * n, n)]) {
        const contents = { x, temperature: [temperature], topK: [k], topP: [topP], uniform };
        await checkVariants({ step, contents }, ['sample'], [{ R: 8, N: n }]);
      }
    }
  }
});

test('samples of logits some of which are impossible', async () => {
  const x = randomNumbers(600, 3).map((y, at) => (at % 3 === 0 ? Number.NEGATIVE_INFINITY : y * 5));
  for (const topP of [1, 0.6]) {
    const contents = { x, temperature: [1], topK: [topP === 1 ? 50 : 0], topP: [topP], uniform: [0.01, 0.77] };
    await check({ step: sample(2, 300), contents });
  }
});

test('a sample follows the distribution', async () => {
  const x = [0, Math.log(2), Math.log(5)];
  const count = 400;
  const uniform = Array.from({ length: count }, (_, at) => (at + 0.5) / count);
  const rows = Array.from({ length: count }, () => x).flat();
  const { id } = await check({
    step: sample(count, 3),
    contents: { x: rows, temperature: [1], topK: [0], topP: [1], uniform },
  });
  if (onDevice)
    assert.equal(
      [0, 1, 2].map((token) => id!.filter((drawn) => drawn === token).length),
      [50, 100, 250],
    );
});

test.run();
