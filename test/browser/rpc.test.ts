import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { MmgemError, ShapeError } from '../../dsl/errors.ts';
import { BackendError } from '../../runtime/backend.ts';
import { Caller } from '../../targets/browser/rpc/caller.ts';
import { Server } from '../../targets/browser/rpc/server.ts';

const test = suite('calls between page and worker');

/** An object with everything that can be called from afar, and what was done to it. */
class Counter {
  calls = 0;
  stopped: unknown;
  add(a: number, b: number): number {
    this.calls++;
    return a + b;
  }
  async embeddings(): Promise<Float32Array[]> {
    return [Float32Array.of(1, 2), Float32Array.of(3, 4, 5).subarray(1)];
  }
  fail(kind: string): void {
    if (kind === 'shape') throw new ShapeError('linear does not fit');
    if (kind === 'backend') throw new BackendError('no adapter', 'Install a driver', { cause: new TypeError('inner') });
    if (kind === 'mmgem') throw new MmgemError('config.json: is missing');
    if (kind === 'range') throw new RangeError('too far');
    throw kind;
  }
  uncloneable(): unknown {
    return () => {};
  }
  async *count({ to, signal }: { to: number; signal?: AbortSignal }): AsyncGenerator<number> {
    try {
      for (let i = 0; i < to; i++) {
        signal?.throwIfAborted();
        yield i;
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    } catch (error) {
      this.stopped = error;
      throw error;
    }
  }
  async told({ onProgress }: { onProgress: (done: number, total: number) => void }): Promise<string> {
    onProgress(1, 2);
    onProgress(2, 2);
    return 'told';
  }
  forever(_: { signal?: AbortSignal }): Promise<never> {
    return new Promise(() => {});
  }
  secret(): string {
    return 'secret';
  }
}

const methods = {
  add: 'value',
  embeddings: 'value',
  fail: 'value',
  uncloneable: 'value',
  told: 'value',
  forever: 'value',
  count: 'stream',
} as const;

async function connected(run: (caller: Caller<{ calls: number }>, counter: Counter) => Promise<void>): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  const counter = new Counter();
  new Server(port2, () => ({ calls: counter.calls })).add({ object: counter, methods });
  const caller = new Caller(port1, { calls: 0 });
  port1.start();
  port2.start();
  try {
    await run(caller, counter);
  } finally {
    port1.close();
    port2.close();
  }
}

const rejection = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    (value) => assert.unreachable(`resolved with ${String(value)}`),
    (error: Error) => error,
  ) as Promise<Error>;

test('a value comes back, and with it what the worker says of itself', () =>
  connected(async (caller) => {
    assert.equal(caller.state, { calls: 0 });
    const sums = await Promise.all([1, 2, 3].map((i) => caller.call(0, 'add', [i, 10])));
    assert.equal(sums, [11, 12, 13]);
    assert.equal(caller.state, { calls: 3 });
  }));

test('arrays arrive whole, also one that is a part of a larger buffer', () =>
  connected(async (caller) => {
    assert.equal(await caller.call(0, 'embeddings', []), [Float32Array.of(1, 2), Float32Array.of(4, 5)]);
  }));

test('errors keep class, message, reason, remedy and cause', () =>
  connected(async (caller) => {
    const shape = await rejection(caller.call(0, 'fail', ['shape']));
    assert.instance(shape, ShapeError);
    assert.instance(shape, MmgemError);
    assert.is(shape.message, 'linear does not fit');
    assert.match(shape.stack ?? '', /Counter\.fail/);
    const backend = await rejection(caller.call(0, 'fail', ['backend']));
    assert.instance(backend, BackendError);
    assert.equal(
      [(backend as BackendError).reason, (backend as BackendError).remedy],
      ['no adapter', 'Install a driver'],
    );
    assert.instance(backend.cause, TypeError);
    const plain = await rejection(caller.call(0, 'fail', ['mmgem']));
    assert.is(plain.constructor, MmgemError);
    assert.instance(await rejection(caller.call(0, 'fail', ['range'])), RangeError);
    assert.is((await rejection(caller.call(0, 'fail', ['a thrown word']))).message, 'a thrown word');
  }));

test('what cannot be sent is an error of the call, in either direction', () =>
  connected(async (caller) => {
    assert.match((await rejection(caller.call(0, 'uncloneable', []))).message, /could not be cloned/);
    assert.match((await rejection(caller.call(0, 'add', [[() => {}]]))).message, /could not be cloned/);
    assert.is(await caller.call(0, 'add', [1, 1]), 2);
  }));

test('only what the table names can be called', () =>
  connected(async (caller) => {
    for (const method of ['secret', 'constructor', 'toString', '__proto__'])
      assert.match((await rejection(caller.call(0, method, []))).message, /cannot be called/);
    assert.match((await rejection(caller.call(7, 'add', [1, 1]))).message, /cannot be called/);
  }));

test('functions among the arguments are called here, in order, before the answer', () =>
  connected(async (caller) => {
    const told: unknown[] = [];
    const options = { onProgress: (done: number, total: number) => told.push([done, total]) };
    assert.is(await caller.call(0, 'told', [options]), 'told');
    assert.equal(told, [
      [1, 2],
      [2, 2],
    ]);
  }));

test('a stream comes in pieces', () =>
  connected(async (caller) => {
    const pieces: unknown[] = [];
    await caller.call(0, 'count', [{ to: 4 }], { onPiece: (piece) => pieces.push(piece) });
    assert.equal(pieces, [0, 1, 2, 3]);
  }));

test('a signal rejects at once with its reason, and stops the work over there', () =>
  connected(async (caller, counter) => {
    const controller = new AbortController();
    const pieces: unknown[] = [];
    const call = caller.call(0, 'count', [{ to: 1000, signal: controller.signal }], {
      onPiece: (piece) => {
        if (pieces.push(piece) === 3) controller.abort(new Error('enough'));
      },
    });
    assert.is((await rejection(call)).message, 'enough');
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.is(pieces.length, 3);
    assert.match((counter.stopped as Error).message, /not wanted/);
    const late = caller.call(0, 'add', [1, 1], { signal: AbortSignal.abort(new Error('before it began')) });
    assert.is((await rejection(late)).message, 'before it began');
    assert.is(counter.calls, 0);
  }));

test('when the worker ends, what is awaited and what comes later is rejected with the reason', () =>
  connected(async (caller) => {
    const awaited = [caller.call(0, 'forever', [{}]), caller.call(0, 'count', [{ to: 1000 }])].map(rejection);
    caller.end('the worker was ended by the browser. Open the engine again');
    for (const error of await Promise.all(awaited)) {
      assert.instance(error, MmgemError);
      assert.match(error.message, /ended by the browser\. Open/);
    }
    assert.match((await rejection(caller.call(0, 'add', [1, 1]))).message, /ended by the browser/);
    caller.end('another reason');
    assert.match((await rejection(caller.call(0, 'add', [1, 1]))).message, /ended by the browser/);
  }));

test.run();
