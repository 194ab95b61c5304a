/** A program that runs again and again takes no more memory, neither of JavaScript nor of WebAssembly. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { affine, affineKernels, open, ramp } from './wasm-steps.ts';

const test = suite('wasm steady');

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes of JavaScript's heap and of buffers outside it, when all that nobody needs is gone. */
function bytesHeld(): number {
  collectGarbage();
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

for (const [name, sizeOf] of [
  ['of one size', () => 40],
  ['of ever other sizes, as in decoding', (i: number) => 1 + (i % 64)],
] as const)
  test(`thousands of runs ${name} leave nothing behind`, async () => {
    const executor = await open(affineKernels, { threads: 2 });
    const executable = await executor.compile(affine);
    const store = executor.createStore('steady');
    const [, w, s] = affine.buffers;
    await store.write(w!, ramp(64));
    await store.reserve(s!, { N: 64 });
    const run = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) {
        const N = sizeOf(i);
        await executable.run(store, { 'x.source': ramp(N) }, { N });
      }
    };
    await run(300);
    const wasm = executor.memory();
    // What V8 learns of code that runs and compiles anew is tens of kilobytes in the first thousands of runs, and then nothing.
    await run(4000);
    const growth: number[] = [];
    for (let round = 0; round < 3; round++) {
      const before = bytesHeld();
      await run(4000);
      growth.push(bytesHeld() - before);
    }
    assert.equal(executor.memory(), wasm);
    // What each run left behind, ten bytes even, would show every time.
    assert.ok(Math.min(...growth) < 40_000, `4000 runs take ${growth.join(', ')} bytes more`);
    await executor.close();
  });

test.run();
