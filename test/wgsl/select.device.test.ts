/** Argmax, top-k and sampling in WGSL against float64. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { symbol } from '../../dsl/extent.ts';
import type { SizeSymbol } from '../../kernels/ir.ts';
import { check, checkVariants, closeDevice, onDevice, randomNumbers } from './check.ts';
import { argmax, sample, topK } from './steps.ts';

const test = suite('wgsl select kernels');
test.after(closeDevice);

const symbolic: readonly SizeSymbol[] = [{ name: 'R' }, { name: 'N' }];
const [R, N] = [symbol('R'), symbol('N')];

/** Numbers of which many are equal. */
const coarse = (count: number, seed: number): Float64Array =>
  randomNumbers(count, seed).map((x) => Math.round(x * 10) / 8);

const lengths = [1, 2, 31, 255, 256, 257, 1031];

test('argmax, the first of equals', async () => {
  const step = argmax(R, N, symbolic);
  for (const n of lengths)
    await checkVariants({ step, contents: { x: coarse(3 * n, n) } }, ['largest'], [{ R: 3, N: n }]);
  const x = new Float64Array(300).fill(-2);
  await check({ step, contents: { x }, sizes: { R: 1, N: 300 } });
  x.fill(Number.NEGATIVE_INFINITY, 0, 299);
  await check({ step, contents: { x }, sizes: { R: 1, N: 300 } });
  await check({ step, contents: { x: [-0, 0, -0, -1] }, sizes: { R: 1, N: 4 } });
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
  for (const n of [1, 2, 33, 256, 1531]) {
    for (const { temperature, topK: k, topP } of parameters) {
      const uniform = [0, 0.9999, ...randomNumbers(2, n + k).map((x) => (x + 1) / 2)];
      for (const x of [randomNumbers(4 * n, n).map((y) => y * 4), coarse(4 * n, n)]) {
        const contents = { x, temperature: [temperature], topK: [k], topP: [topP], uniform };
        await checkVariants({ step, contents }, ['sample'], [{ R: 4, N: n }]);
      }
    }
  }
});

test('samples of logits some of which are impossible', async () => {
  const x = randomNumbers(600, 3).map((y, at) => (at % 3 === 0 ? Number.NEGATIVE_INFINITY : y * 5));
  for (const topP of [1, 0.6]) {
    const contents = { x, temperature: [1], topK: [topP === 1 ? 50 : 0], topP: [topP], uniform: [0.01, 0.77] };
    await check({ step: sample(R, N, symbolic), contents, sizes: { R: 2, N: 300 } });
  }
});

test('a sample follows the distribution', async () => {
  const x = [0, Math.log(2), Math.log(5)];
  const count = 400;
  const uniform = Array.from({ length: count }, (_, at) => (at + 0.5) / count);
  const rows = Array.from({ length: count }, () => x).flat();
  const { id } = await check({
    step: sample(R, N, symbolic),
    sizes: { R: count, N: 3 },
    contents: { x: rows, temperature: [1], topK: [0], topP: [1], uniform },
  });
  if (onDevice)
    assert.equal(
      [0, 1, 2].map((token) => id!.filter((drawn) => drawn === token).length),
      [50, 100, 250],
    );
});

test.run();
