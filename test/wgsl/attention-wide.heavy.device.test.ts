/** Attention of wide heads in WGSL against float64: software drivers take long to compile it. */
import { suite } from 'uvu';
import { checkVariants, closeDevice } from './check.ts';
import { attentionStep } from './steps.ts';

const test = suite('wgsl attention of wide heads');
test.after(closeDevice);

for (const width of [64, 128, 47]) {
  test(`heads of width ${width}`, async () => {
    const step = attentionStep({ batch: 1, heads: 1, queries: 9, keys: 40, width, causal: true });
    await checkVariants({ step }, ['rows', 'split']);
  });
}

test('values wider than the workgroup has threads', async () => {
  await checkVariants(
    { step: attentionStep({ batch: 1, heads: 1, queries: 2, keys: 70, width: 4, valueWidth: 300 }) },
    ['split'],
  );
  await checkVariants(
    { step: attentionStep({ batch: 1, heads: 1, queries: 2, keys: 7, width: 300, valueWidth: 256 }) },
    ['rows', 'split'],
  );
});

test.run();
