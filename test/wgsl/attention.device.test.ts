/** Attention in WGSL, every variant, against float64. */
import { suite } from 'uvu';
import { symbol } from '../../dsl/extent.ts';
import { accumulator, axis, read } from '../../dsl/scalar.ts';
import type { SizeSymbol } from '../../kernels/ir.ts';
import { at, attention, declare, output, over, stepOf, write } from './build.ts';
import { check, checkVariants, closeDevice, randomNumbers, variantsOf } from './check.ts';
import { attentionStep } from './steps.ts';

const test = suite('wgsl attention');
test.after(closeDevice);

const symbolic: readonly SizeSymbol[] = [{ name: 'B' }, { name: 'S' }, { name: 'T' }];
const [B, S, T] = [symbol('B'), symbol('S'), symbol('T')];
const sizesOf = (...triples: readonly (readonly [number, number, number])[]) =>
  triples.map(([b, t, s]) => ({ B: b, T: t, S: s }));

for (const width of [8, 5]) {
  test(`every variant, width ${width}`, async () => {
    const step = attentionStep({ batch: B, queries: T, keys: S, width }, symbolic);
    await checkVariants(
      { step },
      await variantsOf(step),
      sizesOf([1, 1, 1], [2, 3, 31], [1, 33, 32], [1, 64, 33], [2, 65, 5], [1, 1, 200], [1, 2, 129]),
    );
  });

  test(`every variant, causal, width ${width}`, async () => {
    const step = attentionStep({ batch: B, queries: T, keys: S, width, causal: true }, symbolic);
    // Fewer queries than keys as with a cache; more, so that the first ones see nothing.
    await checkVariants(
      { step },
      await variantsOf(step),
      sizesOf([1, 1, 1], [2, 33, 33], [1, 5, 70], [1, 70, 65], [1, 1, 65]),
    );
  });
}

test('key lengths, some of them none, with and without causality', async () => {
  for (const causal of [false, true]) {
    const step = attentionStep({ batch: 4, queries: T, keys: S, width: 4, lengths: true, causal }, symbolic.slice(1));
    const contents = { lengths: [0, 1, 33, 40] };
    await checkVariants(
      { step, contents },
      ['rows', 'split'],
      [
        { T: 3, S: 40 },
        { T: 40, S: 40 },
      ],
    );
  }
});

test('grouped queries and values of another width', async () => {
  const step = attentionStep({ heads: 6, groups: 2, queries: 7, keys: 37, width: 12, valueWidth: 20 });
  await checkVariants({ step }, ['rows', 'split']);
  await check({ step: attentionStep({ heads: 4, groups: 1, queries: 3, keys: 9, width: 6, valueWidth: 1 }) });
});

test('scores so large that they would overflow without rescaling', async () => {
  const step = attentionStep({ batch: 1, heads: 1, queries: 3, keys: 70, width: 4 });
  const q = randomNumbers(12, 1).map((x) => x * 1000);
  const k = randomNumbers(280, 2).map((x) => x * 30);
  await checkVariants({ step, contents: { q, k } }, ['rows', 'split'], [{}], () => 1e-3);
});

test('a nan among the visible keys reaches its queries and no others', async () => {
  const step = attentionStep({ batch: 1, heads: 1, queries: 40, keys: 40, width: 4, causal: true });
  const [k, v] = [randomNumbers(160, 1), randomNumbers(160, 2)];
  k[20 * 4] = Number.NaN;
  v[35 * 4 + 1] = Number.NaN;
  await checkVariants({ step, contents: { k, v } }, ['rows', 'split']);
});

test('a cache of fixed capacity in f16, read up to a length', async () => {
  const [batch, head] = [axis('batch', 2), axis('head', 2)];
  const [query, key, width, valueWidth] = [axis('query', 1), axis('key', 50), axis('width', 8), axis('valueWidth', 8)];
  const parts = {
    batch,
    head,
    query,
    key,
    width,
    valueWidth,
    scale: 0.3,
    causal: false,
    keyLength: read('lengths', batch, 'i32'),
  };
  const kernel = attention(
    {
      ...parts,
      q: read('q', over(batch, head, width)),
      k: read('k', at([batch, key, head, width], [50, 2, 8])),
      v: read('v', at([batch, key, head, valueWidth], [50, 2, 8])),
    },
    write('o', over(batch, head, valueWidth), accumulator),
  );
  const step = stepOf(
    [kernel],
    [
      declare('q', 32),
      declare('k', 1600, { dtype: 'f16', role: 'state' }),
      declare('v', 1600, { dtype: 'f16', role: 'state' }),
      declare('lengths', 2, { dtype: 'i32' }),
      output('o', 32),
    ],
  );
  await check({ step, contents: { lengths: [17, 50] } });
  await check({ step, contents: { lengths: [17, 50] }, force: { attention: 'rows' } });
});

test.run();
