import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { faultOf, type GuardState, median, watch, watchful } from '../../model/train/guard.ts';
import type { StepResult, StoredTensor } from '../../model/train/seam.ts';

const test = suite('guard');

const config = { factor: 3, steps: 4, window: 8 };
const after = (losses: readonly number[], state = watchful): GuardState =>
  losses.reduce((before, loss) => watch(config, before, loss), state);
const tensor = (name: string, ...values: number[]): StoredTensor => ({
  name,
  shape: [values.length],
  read: async () => Float32Array.from(values),
});
const step = (changes: Partial<StepResult> = {}): StepResult => ({
  losses: { total: 2, gen: 1 },
  gradientNorm: 1,
  ...changes,
});
const fault = (result: StepResult, state = after([2, 2]), tensors: StoredTensor[] = []) =>
  faultOf(config, state, result, () => tensors);

test('medians', () => {
  assert.equal([median([3]), median([4, 1]), median([9, 1, 2])], [3, 2.5, 2]);
});

test('a loss explodes when it stays above where it began and far above the median', async () => {
  const falling = [8, 6, 4, 2, 2, 2, 2, 2];
  assert.is(after([...falling, 20, 20, 20]).above, 3);
  assert.is(await fault(step(), after([...falling, 20, 20, 20])), undefined);
  assert.is(after([...falling, 20, 20, 2]).above, 0, 'a spike passes');
  const exploded = after([...falling, 20, 20, 20, 20]);
  const said = await fault(step({ gradientNorms: { a: 1, 'b.weight': 70 } }), exploded);
  assert.match(said!, 'for 4 steps it has been above 3 × its running median of 2.000 (total 2.000, gen 1.000)');
  assert.match(said!, 'the steepest gradient is that of b.weight, 70.00');
});

test('a loss that has fallen far may be noisy below where it began', () => {
  assert.is(after([8, 1, 0.1, 0.01, 0.01, 0.01, 0.5, 7, 7, 7, 7, 7]).above, 0);
});

test('a slow rise is no explosion, and what is too high is not in the median', () => {
  const rising = Array.from({ length: 60 }, (_, i) => 2 * 1.05 ** i);
  assert.is(after(rising).above, 0);
  assert.equal(after([2, 2, 100, 100]).recent, [2, 2]);
  assert.is(after(Array.from({ length: 20 }, (_, i) => i + 1)).recent.length, 8);
});

test('what is no number is named: the losses, and the tensor by its gradient', async () => {
  const gradientNorms = { fine: 1, 'h1.weight': Number.NaN, other: Number.POSITIVE_INFINITY };
  const result = step({ losses: { total: Number.NaN, v2t: 2, gen: Number.POSITIVE_INFINITY }, gradientNorms });
  assert.is(
    await fault(result),
    'loss total is NaN, loss gen is Infinity; the gradient of h1.weight (and 1 more) is not finite',
  );
});

test('without gradients the tensor is looked for in the state', async () => {
  const tensors = [tensor('a', 1, 2), tensor('b', 1, Number.NaN), tensor('c', Number.NEGATIVE_INFINITY)];
  const broken = step({ gradientNorm: Number.NaN });
  assert.is(await fault(broken, undefined, tensors), 'the gradient norm is NaN; tensor b (and 1 more) is not finite');
  assert.match((await fault(broken, undefined, [tensor('a', 1)]))!, 'every tensor of the state is still finite');
});

test('a good step has no fault, and does not read the state', async () => {
  const reading = (): never => {
    throw new Error('the state was read');
  };
  assert.is(await faultOf(config, after([2]), step(), reading), undefined);
});

test.run();
