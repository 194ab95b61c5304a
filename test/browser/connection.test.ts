/** The page's connection to a worker that is begun anew, with a worker and locks that the test plays. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { connect } from '../../targets/browser/connection.ts';
import { FakeWorker, nested, nesting, soon } from './support/fake-worker.ts';

const test = suite('the connection to the engine’s worker');

const workers: FakeWorker[] = [];
/** Who waits for a lock, by its name. */
const waiting = new Map<string, () => void>();
const locks = { request: async (name: string, granted: () => void) => void waiting.set(name, granted) };
const replaced = ['Worker', 'navigator'].map(
  (name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const,
);

test.before(() => {
  const Played = class extends FakeWorker {
    constructor() {
      super();
      workers.push(this);
    }
  };
  Object.defineProperty(globalThis, 'Worker', { value: Played, configurable: true });
  Object.defineProperty(globalThis, 'navigator', { value: { locks }, configurable: true });
});
test.after(() => {
  for (const [name, before] of replaced) {
    if (before) Object.defineProperty(globalThis, name, before);
    else Reflect.deleteProperty(globalThis, name);
  }
});

test('what was asked is answered by the one that takes the place of a worker that stood still', async () => {
  const { caller } = connect({ milliseconds: 1, times: 3 });
  const answer = caller.call(0, 'open', ['wasm']);
  await soon(() => workers.length === 1);
  workers[0]!.says({ kind: 'ready', lock: 'first' }, nesting);
  await soon(() => workers.length === 2);
  waiting.get('first')!(); // the browser has ended the first, and its lock is free
  assert.is(caller.ended, undefined);
  workers[1]!.says({ kind: 'ready', lock: 'second' }, nesting, nested);
  const [call] = workers[1]!.got as [{ readonly request: number }];
  workers[1]!.says({ kind: 'answer', request: call.request, value: 'open', state: {} });
  assert.is(await answer, 'open');
  waiting.get('second')!();
  assert.match(caller.ended!.message, 'was ended by the browser');
});

test.run();
