// A training run whose device is lost: it goes on from its newest checkpoint, or ends with the reason.
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { trainThroughLosses } from '../../model/train/lasting-run.ts';
import { readMetrics } from '../../model/train/metrics.ts';
import { train } from '../../model/train/run.ts';
import { DeviceLostError } from '../../runtime/loss.ts';
import { runFolder } from '../../targets/node/train/run-folder.ts';
import { removeTemporaryFolders, temporaryFolder } from '../cli/support.ts';
import { rejects } from '../runtime/rejects.ts';
import { type FakeParts, fakeConfig, fakeParts } from './fakes.ts';

const test = suite('a training run through losses');
test.after(removeTemporaryFolders);

const config = fakeConfig({ steps: 30, checkpoint: { every: { steps: 10 }, keep: 2 } });

/** Runs on devices that are lost when `loses` says so of a step. */
async function run(path: string, loses: (step: number) => boolean) {
  const opened: FakeParts[] = [];
  const notes: string[] = [];
  const open = async () => {
    const beforeStep = (step: number) => {
      if (loses(step)) throw new DeviceLostError('the GPU device fake', { reason: 'unknown', message: 'A reset.' });
    };
    const parts = fakeParts({ beforeStep });
    opened.push(parts);
    return { ...parts, close: () => parts.trainer.close() };
  };
  const onNote = (note: string) => void notes.push(note);
  const outcome = trainThroughLosses(config, open, runFolder(path), { onNote });
  return { outcome, opened, notes };
}

const weightOf = (parts: FakeParts | undefined) => [...parts!.trainer.weight];
const metricsOf = async (path: string) =>
  (await readMetrics(runFolder(path))).map(({ step, losses, images }) => ({ step, losses, images }));

test('it goes on from its newest checkpoint and computes what it would have', async () => {
  const [plain, disturbed] = [await temporaryFolder(), await temporaryFolder()];
  const undisturbed = fakeParts();
  await train(config, undisturbed, runFolder(plain));
  const losing = new Set([4, 15, 30]);
  const { outcome, opened, notes } = await run(disturbed, (step) => losing.delete(step));
  assert.is((await outcome).ended, 'finished');
  assert.is(opened.length, 4);
  assert.equal(weightOf(opened.at(-1)), weightOf(undisturbed));
  assert.equal(await metricsOf(disturbed), await metricsOf(plain));
  assert.ok(opened.every(({ trainer }) => trainer.closed));
  const told = notes.filter((note) => note.includes('was lost'));
  assert.equal(
    told,
    Array(3).fill(
      'the GPU device fake was lost (unknown: A reset); a new one is opened, and the run goes on from its newest checkpoint',
    ),
  );
});

test('three losses without a checkpoint between them end it, with the reason and the last checkpoint', async () => {
  const path = await temporaryFolder();
  const { outcome, opened } = await run(path, (step) => step === 14);
  await rejects(
    outcome,
    /the GPU device fake was lost \(unknown: A reset\); 3 devices in a row/,
    new RegExp(`is kept: ${join(path, 'checkpoints', 'step-00000010')}`),
    /--resume/,
  );
  assert.is(opened.length, 3);
  const bare = await run(await temporaryFolder(), (step) => step === 2);
  await rejects(bare.outcome, /There is no checkpoint yet/);
});

test.run();
