/**
 * A program for wasm-exit.test.ts: opens an engine, does what its argument names, and has to end by itself. It prints what
 * it saw.
 */

import { symbol } from '../../dsl/extent.ts';
import { createWasmExecutor } from '../../runtime/wasm/executor.ts';
import type { WasmHost, WasmThread } from '../../runtime/wasm/host.ts';
import { declare, type HandWritten, printerOf, ramp, stepOf, testHost } from './wasm-steps.ts';

const N = symbol('N');
/** About a second on 20 elements. */
const slow: readonly HandWritten[] = [
  {
    name: 'slow',
    size: N,
    per: 1,
    reads: ['x'],
    write: 'y',
    body: 'let v = load<f32>(x + at); for (let k = 0; k < 10000000; k++) v = v * 0.999 + 1; store<f32>(y + at, v);',
  },
];
const step = stepOf('slow', [declare('input', 'x', N), declare('output', 'y', N)], slow);

/** The host, and the threads that it has started. */
function watched(): { readonly host: WasmHost; readonly threads: WasmThread[] } {
  const threads: WasmThread[] = [];
  const host = testHost();
  const startThread: WasmHost['startThread'] = (events) => {
    const thread = host.startThread(events);
    threads.push(thread);
    return thread;
  };
  return { host: { ...host, startThread }, threads };
}

const { host, threads } = watched();
const executor = await createWasmExecutor(host, { print: printerOf(slow), simd: 'baseline', threads: 2 });
const executable = await executor.compile(step);
const store = executor.createStore('exit');
const run = (count: number) => executable.run(store, { 'x.source': ramp(count) }, { N: count });
const report = (promise: Promise<unknown>) =>
  promise.then(
    () => console.log('finished'),
    (error: Error) => console.log(error.message),
  );

const endings: Readonly<Record<string, () => unknown>> = {
  forgotten: () => run(1),
  unawaited: () => void report(run(20)),
  closed: async () => {
    await run(1);
    await executor.close();
    await executor.close();
    await report(run(1));
  },
  closedWhileRunning: async () => {
    const runs = [report(run(20)), report(run(20))];
    await new Promise((resolve) => setTimeout(resolve, 50));
    await executor.close();
    await Promise.all(runs);
  },
  closedWhileCompiling: async () => {
    const other = await createWasmExecutor(testHost(), {
      print: () => ({ ...printerOf(slow)(), source: `${printerOf(slow)().source}\n// ${process.pid}` }),
      simd: 'baseline',
      threads: 1,
      cache: false,
    });
    const compiled = report(other.compile(step));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await other.close();
    await compiled;
  },
  threadLost: async () => {
    const running = report(run(20));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await threads[1]!.terminate();
    await running;
    console.log((await executor.lost!).reason);
    await report(run(1));
    await report(store.write(declare('parameter', 'w', 1), ramp(1)));
  },
  exits: () => {
    void run(20);
    setTimeout(() => process.exit(7), 50);
  },
};

await endings[process.argv[2]!]!();
console.log('end');
