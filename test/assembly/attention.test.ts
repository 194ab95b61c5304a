import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { symbol } from '../../dsl/extent.ts';
import { axis } from '../../dsl/scalar.ts';
import { printAssemblyModule } from '../../kernels/assembly/module.ts';
import type { AttentionKernel } from '../../kernels/ir.ts';
import { runPrinted, target } from '../support/assembly.ts';
import { type AttentionForm, type AttentionShape, attentionStep, forms } from './attention-cases.ts';
import { randomNumbers } from './contract-cases.ts';
import { builds, checkStep, randomContents } from './contract-check.ts';

const test = suite('attention in AssemblyScript');

const random = randomNumbers(4);

const sizesOf = ({ batch, queries, keys }: AttentionShape): Record<string, number> => ({
  B: batch,
  T: queries,
  S: keys,
});

async function check(
  shape: AttentionShape,
  symbolic: boolean,
  simd: (typeof builds)[number],
  options: { readonly kinds?: readonly AttentionForm[]; readonly force?: string } = {},
): Promise<void> {
  const step = attentionStep(shape, options.kinds ?? forms, symbolic);
  const contents = randomContents(step, sizesOf(shape), random, shape.keys + 2);
  const force = options.force === undefined ? {} : { force: { attention: options.force } };
  await checkStep(step, contents, sizesOf(shape), { simd, ...force });
}

const one = { batch: 1, groups: 1, perGroup: 1 };

const shapes: readonly AttentionShape[] = [
  { batch: 2, groups: 2, perGroup: 1, queries: 17, keys: 17, width: 16, valueWidth: 16 },
  { batch: 1, groups: 2, perGroup: 3, queries: 5, keys: 31, width: 8, valueWidth: 24 },
  { batch: 2, groups: 1, perGroup: 2, queries: 31, keys: 5, width: 7, valueWidth: 33 },
  { ...one, queries: 97, keys: 129, width: 9, valueWidth: 5 },
  { ...one, queries: 4, keys: 1, width: 1, valueWidth: 1 },
  { ...one, perGroup: 2, queries: 1, keys: 150, width: 64, valueWidth: 64 },
  { batch: 3, groups: 2, perGroup: 2, queries: 3, keys: 40, width: 17, valueWidth: 8 },
  { batch: 2, groups: 1, perGroup: 1, queries: 2, keys: 1, width: 128, valueWidth: 20 },
];

for (const simd of builds)
  shapes.forEach((shape, index) => {
    // The bodies differ between builds in their tile alone: one build sees every shape.
    if (simd !== 'relaxed' && index % 3 === builds.indexOf(simd)) return;
    const symbolic = index % 2 === builds.indexOf(simd) % 2;
    test(`${simd}: ${JSON.stringify(shape)}, ${symbolic ? 'symbolic' : 'fixed'} lengths`, () =>
      check(shape, symbolic, simd));
  });

for (const simd of builds)
  for (const force of ['short', 'flash'])
    test(`${simd}: variant ${force}, several blocks of queries and keys`, async () => {
      const shape = { ...one, queries: 110, keys: 140, width: 8, valueWidth: 8 };
      const kinds = forms.filter(({ order }) => order === 'bkhw');
      const { kernels } = printAssemblyModule(attentionStep(shape, kinds, false), target(simd), {
        force: { attention: force },
      });
      assert.is(kernels[0]!.variant, force);
      await check(shape, false, simd, { kinds, force });
    });

test('one compiled kernel serves a prompt and every step of decoding after it', async () => {
  for (const [queries, keys] of [
    [20, 20],
    [1, 21],
    [1, 200],
  ] as const)
    await check({ batch: 2, groups: 2, perGroup: 2, queries, keys, width: 16, valueWidth: 16 }, true, 'relaxed', {
      kinds: [forms[1]!],
    });
});

test('queries that see no key give 0', async () => {
  const shape = { batch: 2, groups: 1, perGroup: 1, queries: 9, keys: 5, width: 8, valueWidth: 8 };
  for (const kind of forms.slice(1, 3)) {
    const step = attentionStep(shape, [{ ...kind, fused: false }], true);
    const contents = { ...randomContents(step, sizesOf(shape), random), lengths: [0, 3] };
    const { y0 } = await runPrinted(step, contents, sizesOf(shape));
    const seen = (batch: number, query: number): boolean =>
      query >= shape.queries - shape.keys && (!kind.lengths || contents.lengths[batch]! > 0);
    y0!.forEach((value, i) => {
      const [batch, query] = [Math.floor(i / 72), Math.floor(i / 8) % 9];
      assert.is(value !== 0, seen(batch, query), `batch ${batch}, query ${query}`);
    });
  }
});

test('large scores do not overflow', async () => {
  const shape = { ...one, queries: 8, keys: 140, width: 8, valueWidth: 8 };
  const step = attentionStep(shape, [forms[0]!], false);
  const contents = randomContents(step, sizesOf(shape), random);
  for (const name of ['q', 'k']) contents[name] = contents[name]!.map((x) => Math.round(x * 64));
  await checkStep(step, contents, sizesOf(shape), { simd: 'relaxed' });
});

test('NaN in a key reaches every query that sees it, and no other', async () => {
  const shape = { ...one, queries: 8, keys: 8, width: 8, valueWidth: 8 };
  const step = attentionStep(shape, [{ order: 'bkhw', causal: true, lengths: false, fused: false }], false);
  const contents = randomContents(step, sizesOf(shape), random);
  contents.k![3 * 8] = Number.NaN;
  const { y0 } = await runPrinted(step, contents, sizesOf(shape));
  y0!.forEach((value, i) => {
    assert.is(Number.isNaN(value), Math.floor(i / 8) >= 3, `query ${Math.floor(i / 8)}`);
  });
});

test('a symbolic head width is an error that names it', () => {
  const step = attentionStep({ ...one, queries: 4, keys: 4, width: 8, valueWidth: 8 }, [forms[0]!], false);
  const kernel = { ...(step.kernels[0] as AttentionKernel), width: axis('D', symbol('D')) };
  const symbolic = { ...step, sizes: [...step.sizes, { name: 'D' }], kernels: [kernel] };
  assert.throws(
    () => printAssemblyModule(symbolic, target('relaxed')),
    /attention_0: attention needs a fixed head width, but D is symbolic/,
  );
});

test.run();
