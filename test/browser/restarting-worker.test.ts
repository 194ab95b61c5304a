/** Workers that stand still in making workers of their own, as Firefox has them when it is driven. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ready } from '../../targets/browser/ready.ts';
import { RestartingWorker } from '../../targets/browser/restarting-worker.ts';
import { FakeWorker, nested, nesting, soon } from './support/fake-worker.ts';

const test = suite('a worker that is begun anew');

function begin({ milliseconds = 1, times = 2 } = {}) {
  const workers: FakeWorker[] = [];
  const heard: unknown[] = [];
  const create = (): Worker => workers[workers.push(new FakeWorker()) - 1] as unknown as Worker;
  const worker = new RestartingWorker<unknown, unknown>(
    create,
    {
      onMessage: ({ data }) => heard.push(data),
      onReady: ({ kind }) => heard.push(kind),
      onError: () => heard.push('error'),
    },
    { milliseconds, times },
  );
  return { worker, workers, heard };
}

const aWhile = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 30));

test('what is posted waits until the worker is ready', () => {
  const { worker, workers, heard } = begin();
  worker.post('open');
  worker.post('more');
  assert.equal(workers[0]!.got, []);
  workers[0]!.says(ready);
  worker.post('later');
  assert.equal(workers[0]!.got, ['open', 'more', 'later']);
  workers[0]!.says('answer');
  assert.equal(heard, ['ready', 'answer']);
});

test('one that stands still is ended, and the next is told what it was told', async () => {
  const { worker, workers, heard } = begin();
  worker.post('open');
  workers[0]!.says(ready, nesting, nested, nesting);
  await soon(() => workers.length === 2);
  assert.is(workers[0]!.ended, true);
  assert.equal(workers[1]!.got, []);
  workers[1]!.says(ready);
  assert.equal(workers[1]!.got, ['open']);
  const before = [...heard];
  workers[0]!.says('late');
  workers[0]!.dispatchEvent(new Event('error'));
  assert.equal(heard, before, 'what the first still says counts for nothing');
});

test('a slow machine is waited for in the end', async () => {
  const { worker, workers, heard } = begin({ times: 2 });
  worker.post('open');
  for (const count of [1, 2, 3]) {
    workers[count - 1]!.says(ready, nesting);
    if (count < 3) await soon(() => workers.length === count + 1);
  }
  await aWhile();
  assert.is(workers.length, 3);
  assert.is(workers[2]!.ended, false);
  workers[2]!.says(nested, 'answer');
  assert.is(heard.at(-1), 'answer');
});

test('nothing is begun anew when all workers were made, after an answer, after a move, after the end', async () => {
  const made = begin();
  made.workers[0]!.says(ready, nesting, nested);
  const answered = begin();
  answered.worker.post('open');
  answered.workers[0]!.says(ready, 'answer', nesting);
  const moved = begin();
  moved.worker.post('weights', [new ArrayBuffer(4)]);
  moved.workers[0]!.says(ready, nesting);
  const over = begin();
  over.workers[0]!.says(ready, nesting);
  over.worker.terminate();
  await aWhile();
  for (const { workers } of [made, answered, moved, over]) assert.is(workers.length, 1);
});

test.run();
