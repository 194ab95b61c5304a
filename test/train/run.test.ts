// The loop of training on a small optimisation that is real.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { MmgemError } from '../../model/errors.ts';
import { checkpointSteps } from '../../model/train/checkpoint.ts';
import { readMetrics } from '../../model/train/metrics.ts';
import { type TrainOptions, train } from '../../model/train/run.ts';
import { runFolder } from '../../targets/node/train/run-folder.ts';
import { removeTemporaryFolders, temporaryFolder } from '../cli/support.ts';
import { failsWith } from '../files/support.ts';
import { type FakeOptions, type FakeParts, fakeConfig, fakeParts } from './fakes.ts';

const test = suite('a training run');
test.after(removeTemporaryFolders);

interface Trained extends Awaited<ReturnType<typeof train>> {
  readonly parts: FakeParts;
  readonly notes: readonly string[];
}

async function run(
  path: string,
  changes: Readonly<Record<string, unknown>> = {},
  { fake = {}, ...options }: TrainOptions & { readonly fake?: FakeOptions } = {},
): Promise<Trained> {
  const parts = fakeParts(fake);
  const notes: string[] = [];
  const onNote = (note: string): void => void notes.push(note);
  const outcome = await train(fakeConfig(changes), parts, runFolder(path), { onNote, ...options });
  return { ...outcome, parts, notes };
}

const bits = (values: Float32Array) => [...new Uint32Array(values.slice().buffer)];
const timeless = async (path: string) =>
  (await readMetrics(runFolder(path))).map(({ seconds, imagesPerSecond, ...rest }) => rest);

test('the loss falls; checkpoints, metrics and a report are there', async () => {
  const path = await temporaryFolder();
  const told: string[] = [];
  const { ended, state, last, figures, checkpoint, parts } = await run(
    path,
    {},
    {
      onStart: ({ step, peak }) => told.push(`start ${step} ${peak}`),
      onStep: ({ line, done }) => told.push(`step ${line.step} ${done.toFixed(2)}`),
    },
  );
  assert.is(ended, 'finished');
  assert.equal([state.step, state.images], [60, 480]);
  const lines = await readMetrics(runFolder(path));
  assert.equal(
    lines.map(({ step }) => step),
    Array.from({ length: 60 }, (_, i) => i + 1),
  );
  assert.ok(last!.losses.total! < 0.7 * lines[0]!.losses.total!, `${lines[0]!.losses.total} to ${last!.losses.total}`);
  assert.equal(told.slice(0, 2), [`start 0 ${4 * 64 * 12}`, 'step 1 0.02']);
  assert.is(told.at(-1), 'step 60 1.00');
  assert.is(checkpoint, join(path, 'checkpoints', 'step-00000060'));
  assert.equal(await checkpointSteps(runFolder(path)), [50, 60]);
  assert.equal(
    lines.flatMap(({ step, evaluation }) => (evaluation ? [step] : [])),
    [20, 40, 60],
  );
  assert.equal(Object.keys(figures!), ['t2i R@1', 'CIDEr-D']);
  assert.equal((await readdir(path)).sort(), ['checkpoints', 'examples.json', 'metrics.jsonl', 'report.html']);
  assert.ok(parts.streams.every(({ closed }) => closed));
});

test('a run that is interrupted anywhere and goes on computes what an undisturbed one does', async () => {
  const undisturbed = await temporaryFolder();
  const { parts } = await run(undisturbed);
  for (const stops of [[1], [7, 30], [10, 20, 59]]) {
    const path = await temporaryFolder();
    for (const stop of [...stops, 60]) {
      const controller = new AbortController();
      const onStep = ({ line }: { line: { step: number } }): void => {
        if (line.step === stop) controller.abort();
      };
      const { ended, state, parts: resumed } = await run(path, {}, { resume: true, signal: controller.signal, onStep });
      assert.equal([ended, state.step], [stop === 60 ? 'finished' : 'interrupted', stop]);
      if (stop === 60) assert.equal(bits(resumed.trainer.weight), bits(parts.trainer.weight));
    }
    assert.equal(await timeless(path), await timeless(undisturbed));
  }
});

test('a run that is over has nothing to do, and can be made longer', async () => {
  const path = await temporaryFolder();
  await run(path);
  const again = await run(path, {}, { resume: true });
  assert.equal([again.ended, again.state.step, again.last!.step], ['finished', 60, 60]);
  const longer = await run(path, { steps: 70 }, { resume: true });
  assert.is(longer.state.step, 70);
  assert.is((await readMetrics(runFolder(path))).length, 70);
});

test('a folder with a run is not begun anew; a changed configuration is not gone on with', async () => {
  const path = await temporaryFolder();
  await run(path, { steps: 20 });
  await failsWith(() => run(path), path, 'checkpoint at step 20', '--resume');
  await failsWith(() => run(path, { batchSize: 16 }, { resume: true }), 'batchSize is 16, and was 8', 'step-00000020');
  await failsWith(() => run(path, { optimizer: { rate: 1 } }, { resume: true }), 'optimizer.rate is 1');
  const other = [{ name: 'more', shape: [1], read: async () => Float32Array.of(1) }];
  await failsWith(
    () => run(path, {}, { resume: true, fake: { frozen: other } }),
    'tensor more is absent in it and [1]',
  );
});

test('without a checkpoint a resumed run begins at its beginning', async () => {
  const path = await temporaryFolder();
  await writeFile(join(path, 'metrics.jsonl'), '{"step":1,"losses":{}}\n{"ste');
  const { notes, state } = await run(path, { steps: 15 }, { resume: true });
  assert.match(notes[0]!, 'no checkpoint yet');
  assert.is(state.step, 15);
  assert.is((await readMetrics(runFolder(path))).length, 15);
});

test('a checkpoint that is not whole is never taken', async () => {
  const path = await temporaryFolder();
  await run(path, { steps: 20 });
  const half = join(path, 'checkpoints', 'step-00000030');
  await mkdir(half);
  await writeFile(join(half, 'model.safetensors'), 'half');
  await failsWith(() => run(path, {}, { resume: true }), 'step-00000030/run.json: is missing', `Remove ${half}`);
  await rm(half, { recursive: true });
  assert.is((await run(path, {}, { resume: true })).state.step, 60);
});

test('a loss that is no number stops the run; the last good checkpoint is kept', async () => {
  const path = await temporaryFolder();
  const sabotage: FakeOptions['sabotage'] = (step, result) =>
    step < 37
      ? result
      : {
          ...result,
          losses: { ...result.losses, total: Number.NaN, gen: Number.NaN },
          gradientNorms: { weight: Number.NaN },
        };
  const stopping = () => run(path, {}, { fake: { sabotage } });
  await failsWith(
    stopping,
    'step 37: loss total is NaN, loss gen is NaN; the gradient of weight is not finite',
    `kept: ${join(path, 'checkpoints', 'step-00000030')}`,
  );
  assert.equal(await checkpointSteps(runFolder(path)), [20, 30]);
  const line = (await readMetrics(runFolder(path))).at(-1)!;
  assert.equal([line.step, line.losses.total, line.losses.v2t! > 0], [37, null, true]);
  assert.match(await readFile(join(path, 'report.html'), 'utf8'), 'step 37: loss total is NaN');
  assert.is((await run(path, {}, { resume: true })).state.step, 60, 'and can be gone on from');
});

test('a parameter that is no number does not get into a checkpoint', async () => {
  const path = await temporaryFolder();
  const values = Float32Array.of(1, 2);
  const frozen = [{ name: 'h3.bias', shape: [2], read: async () => values }];
  const beforeStep = (step: number): void => {
    if (step === 15) values[1] = Number.POSITIVE_INFINITY;
  };
  await failsWith(() => run(path, {}, { fake: { frozen, beforeStep } }), 'step 20: tensor h3.bias is not finite');
  assert.equal(await checkpointSteps(runFolder(path)), [10]);
});

test('a loss that explodes stops the run, and is not saved meanwhile', async () => {
  const path = await temporaryFolder();
  const sabotage: FakeOptions['sabotage'] = (step, result) =>
    step < 28 ? result : { ...result, losses: { ...result.losses, total: 1e6 } };
  const stopping = () => run(path, { guard: { steps: 5 } }, { fake: { sabotage } });
  await failsWith(stopping, 'step 32: the loss explodes: for 5 steps', 'total 1.000e+6', 'kept: ', 'step-00000020');
  assert.equal(await checkpointSteps(runFolder(path)), [10, 20]);
});

test('a spike only puts a checkpoint off', async () => {
  const path = await temporaryFolder();
  const sabotage: FakeOptions['sabotage'] = (step, result) =>
    step === 30 || step === 31 ? { ...result, losses: { ...result.losses, total: 1e6 } } : result;
  const { notes } = await run(
    path,
    { steps: 35, checkpoint: { every: { steps: 10 }, keep: 9 } },
    { fake: { sabotage } },
  );
  assert.equal(await checkpointSteps(runFolder(path)), [10, 20, 32, 35]);
  assert.is(notes.filter((note) => note.includes('saved')).length, 4);
});

/** A clock on which every step takes a second, and nothing else any time. */
function clockOf(): { now: () => number; beforeStep: () => void } {
  let seconds = 0;
  return { now: () => 1000 * seconds, beforeStep: () => void seconds++ };
}

test('a run of so many minutes ends by the clock, saves by it, and tells what is left', async () => {
  const path = await temporaryFolder();
  const { now, beforeStep } = clockOf();
  const left: number[] = [];
  const { state, ended } = await run(
    path,
    { steps: undefined, minutes: 0.5, checkpoint: { every: { minutes: 0.2 }, keep: 9 }, evaluation: undefined },
    { now, fake: { beforeStep }, onStep: ({ secondsLeft }) => left.push(secondsLeft) },
  );
  assert.equal([ended, state.step, state.seconds], ['finished', 30, 30]);
  assert.equal(await checkpointSteps(runFolder(path)), [12, 24, 30]);
  assert.equal(left.slice(-3), [2, 1, 0]);
});

test('the time left of a run of so many steps follows from its pace', async () => {
  const { now, beforeStep } = clockOf();
  const left: number[] = [];
  await run(
    await temporaryFolder(),
    {},
    { now, fake: { beforeStep }, onStep: ({ secondsLeft }) => left.push(secondsLeft) },
  );
  assert.equal([left[0], left[19], left[59]], [59, 40, 0]);
});

test('a scheduled temperature and the rates reach the trainer and the metrics', async () => {
  const path = await temporaryFolder();
  const temperature = { from: 0.07, to: 0.02 };
  const parts = fakeParts();
  const seen: unknown[] = [];
  const step = parts.trainer.step.bind(parts.trainer);
  parts.trainer.step = async (batch, settings) => {
    seen.push(settings);
    const { temperature: learnt, ...rest } = await step(batch, settings);
    return rest;
  };
  await train(fakeConfig({ steps: 10, temperature }), parts, runFolder(path));
  assert.equal(seen[0], { step: 1, rateFactor: 1 / 5, temperature: 0.07 });
  const lines = await readMetrics(runFolder(path));
  assert.equal([lines[0]!.rate, lines[0]!.temperature], [5e-5 / 5, 0.07]);
  assert.ok(lines[9]!.temperature! < 0.03 && lines[9]!.rate < lines[5]!.rate);
});

test('one process at a time trains in a folder', async () => {
  const path = await temporaryFolder();
  const release = await runFolder(path).claim();
  const claim = join(path, '.running');
  assert.is(await readFile(claim, 'utf8'), `${process.pid}\n`);
  await release();
  await writeFile(claim, `${process.ppid}\n`);
  await failsWith(() => run(path), path, `process ${process.ppid} is training here`, `remove ${claim}`);
  await writeFile(claim, '999999999\n');
  await run(path, { steps: 10 });
  assert.not((await readdir(path)).includes('.running'));
});

test('broken records are told', async () => {
  const path = await temporaryFolder();
  const parts = fakeParts();
  const open = parts.openBatches.bind(parts);
  const notes: string[] = [];
  const skipped = ['a', 'b'].map((key) => ({ key, reason: 'has no image' }));
  const broken = {
    ...parts,
    openBatches: async (place?: unknown) => {
      const stream = await open(place);
      return { next: async () => ({ ...(await stream.next()), broken: skipped }), close: () => stream.close() };
    },
  };
  const { state } = await train(fakeConfig({ steps: 10 }), broken, runFolder(path), {
    onNote: (note) => notes.push(note),
  });
  assert.is(state.broken, 20);
  assert.is(notes.filter((note) => note === 'skipped a: has no image').length, 10);
});

test('an evaluation that fails ends the run, behind a checkpoint of what was learnt until then', async () => {
  const path = await temporaryFolder();
  const evaluate = async (): Promise<never> => {
    throw new MmgemError('dev-00000.tar: does not exist');
  };
  const config = fakeConfig({ steps: 10, checkpoint: { every: { steps: 8 }, keep: 2 } });
  const failing = { ...fakeParts(), evaluate };
  await failsWith(() => train(config, failing, runFolder(path)), 'dev-00000.tar: does not exist');
  assert.equal(await checkpointSteps(runFolder(path)), [8, 10]);
  assert.is((await readMetrics(runFolder(path))).length, 10);
  const { state } = await train({ ...config, steps: 12 }, fakeParts(), runFolder(path), { resume: true });
  assert.is(state.step, 12);
});

test('whatever fails, everything is closed', async () => {
  const path = await temporaryFolder();
  const parts = fakeParts({
    beforeStep: (step) => {
      if (step === 3) throw new Error('the device is gone');
    },
  });
  const failed = await train(fakeConfig(), parts, runFolder(path)).catch((error: Error) => error.message);
  assert.is(failed, 'the device is gone');
  assert.ok(parts.streams[0]!.closed);
  assert.not((await readdir(path)).includes('.running'));
});

test.run();
