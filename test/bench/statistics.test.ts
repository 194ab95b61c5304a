import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { alternate, type Schedule } from '../../bench/measure.ts';
import { microSamples } from '../../bench/process/micro.ts';
import { limitsOf, ratioOf } from '../../bench/result.ts';
import { median, quantile, relativeError, spread, summary } from '../../bench/statistics.ts';
import { madeUp, timed } from './made-up.ts';

const test = suite('bench statistics');

test('quantiles lie between neighbours, in whatever order values come', () => {
  const values = [9, 1, 5, 3, 7];
  assert.is(median(values), 5);
  assert.is(median([1, 2]), 1.5);
  assert.is(quantile(values, 0.25), 3);
  assert.is(quantile([0, 10], 0.75), 7.5);
  assert.equal(values, [9, 1, 5, 3, 7]);
  assert.throws(() => median([]), /no values/);
  assert.equal(summary(values), { median: 5, quartiles: [3, 7], least: 1, count: 5 });
  assert.is(spread(summary(values)), 4 / 5);
});

test('one disturbed run moves neither median nor quartiles', () => {
  const quiet = summary([10, 10, 10, 11, 11, 11, 12, 12]);
  const disturbed = summary([10, 10, 10, 11, 11, 11, 12, 900]);
  assert.equal(disturbed, quiet);
});

test('relative errors are of the largest element; lengths and NaN count as wrong', () => {
  assert.ok(Math.abs(relativeError([1, 2, 4.04], [1, 2, 4]) - 0.01) < 1e-6);
  assert.is(relativeError([1], [1, 2]), Number.POSITIVE_INFINITY);
  assert.is(relativeError([Number.NaN], [1]), Number.POSITIVE_INFINITY);
  assert.is(relativeError([0, 0], [0, 0]), 0);
});

/** Contenders that take so long, on a clock that only they and rests move. */
function simulated(times: Readonly<Record<string, number>>) {
  const calls: string[] = [];
  let now = 0;
  const clock = {
    now: () => now,
    wait: async (milliseconds: number) => {
      now += milliseconds;
    },
  };
  const contenders = Object.entries(times).map(([name, time]) => ({
    name,
    sample: async () => {
      calls.push(name);
      if (Number.isNaN(time)) throw new Error('it broke');
      now += time;
      return [time, time + 2];
    },
  }));
  return { calls, run: (schedule: Schedule) => alternate(contenders, schedule, clock) };
}

const schedule: Schedule = { leastRounds: 2, mostRounds: 4, milliseconds: 100, rest: 1 };

test('contenders take turns, round after round', async () => {
  const { calls, run } = simulated({ a: 10, b: 20 });
  const [a, b] = await run(schedule);
  assert.equal(calls, ['a', 'b', 'a', 'b', 'a', 'b', 'a', 'b']);
  assert.equal(a!.rounds, [11, 11, 11, 11]);
  assert.equal(b!.samples, [20, 22, 20, 22, 20, 22, 20, 22]);
});

test('a slow contender sits rounds out after the least number, and nobody goes on alone', async () => {
  const { calls, run } = simulated({ a: 10, b: 10, slow: 500 });
  const [, , slow] = await run(schedule);
  assert.equal(calls.filter((name) => name === 'slow').length, 2);
  assert.equal(slow!.rounds, [501, 501, null, null]);
  const two = simulated({ a: 10, slow: 500 });
  await two.run(schedule);
  assert.equal(two.calls, ['a', 'slow', 'a', 'slow']);
});

test('one that fails takes no further part, and the others go on', async () => {
  const { calls, run } = simulated({ a: 10, b: 10, broken: Number.NaN });
  const [a, , broken] = await run(schedule);
  assert.is(broken!.failure, 'it broke');
  assert.equal([broken!.rounds, broken!.samples], [[null, null, null, null], []]);
  assert.is(calls.filter((name) => name === 'broken').length, 1);
  assert.equal([a!.rounds.length, a!.failure], [4, undefined]);
});

test('a ratio says how many times as fast, a share which part of the limit', () => {
  const against = ratioOf(timed, 'wasm-wide', 'onnxruntime-node')!;
  assert.is(against.ratio, 50 / 42);
  assert.equal(
    against.quartiles.map((ratio) => ratio.toFixed(3)),
    [((50 / 40 + 1) / 2).toFixed(3), ((50 / 40 + 60 / 44) / 2).toFixed(3)],
  );
  // 2 GFLOP in 42 ms of 1 GFLOP in 10 ms; 100 MB in 42 ms of 400 MB in 20 ms.
  assert.ok(Math.abs(ratioOf(timed, 'wasm-wide', 'machine-peak')!.ratio - 20 / 42) < 1e-12);
  assert.ok(Math.abs(ratioOf(timed, 'wasm-wide', 'machine-bandwidth')!.ratio - 5 / 42) < 1e-12);
  assert.is(ratioOf(timed, 'wasm-wide', 'jax-js'), undefined);
  assert.equal(limitsOf(madeUp, 1), { flops: 1e11, bytes: 2e10 });
  assert.equal(limitsOf(madeUp, 2), {});
});

test("benchmark's samples are times of a run, and its errors ours", async () => {
  const samples = await microSamples(() => new Promise((resolve) => setTimeout(resolve, 5)), 0.1);
  assert.ok(samples.length >= 3, `${samples.length} samples`);
  assert.ok(median(samples) > 3, `${median(samples)} ms`);
  try {
    await microSamples(() => Promise.reject(new Error('broken')), 0.1);
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, 'broken');
  }
});

test.run();
