import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { rateFactor, settingsFor, temperatureAt } from '../../model/train/schedule.ts';
import { fakeConfig } from './fakes.ts';

const test = suite('schedules');

/** OpenCLIP's cosine_lr (open_clip_train/scheduler.py), for a base rate of 1; its steps are counted from 0. */
function openClip(step: number, warmup: number, steps: number): number {
  if (step < warmup) return (step + 1) / warmup;
  return 0.5 * (1 + Math.cos((Math.PI * (step - warmup)) / (steps - warmup)));
}

test('warm-up and cosine are those of OpenCLIP at every step', () => {
  const config = fakeConfig({ steps: 57, schedule: { warmupSteps: 9 } });
  for (let done = 0; done < 57; done++) {
    const { step, rateFactor: factor } = settingsFor(config, done, 1e9);
    assert.is(step, done + 1);
    assert.ok(Math.abs(factor - openClip(done, 9, 57)) < 1e-12, `step ${step}: ${factor}`);
  }
});

test('the rates end at the minimum, and stay there', () => {
  const schedule = { kind: 'cosine', warmupSteps: 10, minimum: 0.1 } as const;
  assert.is(rateFactor(schedule, 10, 0), 1);
  assert.ok(Math.abs(rateFactor(schedule, 500, 1) - 0.1) < 1e-12);
  assert.ok(Math.abs(rateFactor(schedule, 500, 0.5) - 0.55) < 1e-12);
  const config = fakeConfig({ steps: 20, schedule: { warmupSteps: 0, minimum: 0.1 } });
  assert.is(settingsFor(config, 0, 0).rateFactor, 1);
  assert.is(settingsFor(config, 25, 0).rateFactor, 0.1);
});

test('a constant schedule only warms up', () => {
  const config = fakeConfig({ schedule: { kind: 'constant', warmupSteps: 4 } });
  assert.equal(
    [0, 1, 2, 3, 4, 50].map((done) => settingsFor(config, done, 0).rateFactor),
    [0.25, 0.5, 0.75, 1, 1, 1],
  );
});

test('a run of so many minutes descends by the clock', () => {
  const config = fakeConfig({ steps: undefined, minutes: 2, schedule: { warmupSteps: 2 } });
  const at = (done: number, seconds: number) => settingsFor(config, done, seconds).rateFactor;
  assert.is(at(0, 0), 0.5);
  assert.ok(Math.abs(at(100, 60) - 0.5) < 1e-12);
  assert.ok(at(100, 120) < 1e-12 && at(100, 500) < 1e-12);
});

test('a temperature goes evenly in its logarithm', () => {
  const range = { from: 0.08, to: 0.02 };
  assert.equal(
    [0, 0.5, 1].map((progress) => Number(temperatureAt(range, progress).toPrecision(12))),
    [0.08, 0.04, 0.02],
  );
  const config = fakeConfig({ temperature: range, schedule: { warmupSteps: 0 } });
  assert.ok(Math.abs(settingsFor(config, 30, 0).temperature! - 0.04) < 1e-12);
  assert.not('temperature' in settingsFor(fakeConfig(), 30, 0));
});

test.run();
