// The next batch is put together while a step works on this one.
import { setImmediate } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { BatchStream } from '../../model/data/batches.ts';
import { MmgemError } from '../../model/errors.ts';
import { trainingBatches } from '../../model/train/batch-stream.ts';
import { failsWith } from '../files/support.ts';
import { microBatch, microConfig } from './micro-model.ts';

const test = suite('batches ahead of the step');

/** Counts what was asked for; the batch of a number is the last one before an error. */
function counting(last: number) {
  const counts = { asked: 0, closed: 0 };
  const stream = {
    async next() {
      const number = ++counts.asked;
      if (number > last) throw new MmgemError('too many records are broken');
      const broken = number === 2 ? [{ key: 'b', reason: 'no image' }] : [];
      return { batch: microBatch(microConfig, 3, number), place: { epoch: 0, taken: number, broken: 0 }, broken };
    },
    async close() {
      counts.closed++;
    },
  } as unknown as BatchStream;
  return { counts, batches: trainingBatches(stream) };
}

test('one batch is ahead, in order, with what was skipped on the way to it', async () => {
  const { counts, batches } = counting(10);
  for (let number = 1; number <= 4; number++) {
    const { batch, place, images, broken } = await batches.next();
    assert.equal(batch, microBatch(microConfig, 3, number));
    assert.equal([place, images, broken.length], [{ epoch: 0, taken: number, broken: 0 }, 3, number === 2 ? 1 : 0]);
    await setImmediate();
    assert.is(counts.asked, number + 1);
  }
  await batches.close();
  assert.is(counts.closed, 1);
});

test('an error is told when its batch is asked for, again and again', async () => {
  const { batches } = counting(2);
  await batches.next();
  await batches.next();
  await setImmediate();
  for (let i = 0; i < 2; i++) await failsWith(() => batches.next(), 'too many records are broken');
});

test.run();
