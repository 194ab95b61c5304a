/** What the WebGPU executor holds, how long its kernels take, what it relies on. */
import * as assert from 'uvu/assert';
import type { KernelTime } from '../../runtime/seam.ts';
import { currentTarget } from '../support/backends.ts';
import { rejects } from './rejects.ts';
import { affine } from './webgpu-steps.ts';
import { assertClose, declarationOf, numbers, oracle, type RegisterTest, withExecutor } from './webgpu-support.ts';

const weights = numbers(1000, 7);
const w = declarationOf(affine.step, 'w');

export function registerMemory(onAdapter: RegisterTest): void {
  onAdapter('many runs hold no more memory than the first', async () => {
    await withExecutor({ print: affine.print }, async (executor) => {
      const empty = executor.memory().current;
      const store = executor.createStore('test');
      await store.write(w, weights);
      const executable = await executor.compile(affine.step);
      const run = (N: number) => executable.run(store, { 'x.source': numbers(N) }, { N });
      await run(1000);
      const { current } = executor.memory();
      for (let i = 0; i < 100; i++) await run(1000);
      assert.is(executor.memory().current, current);
      for (let N = 1; N < 40; N++) await run(N);
      // One uniform of 16 bytes for each of the sizes whose placement is kept.
      assert.ok(executor.memory().current <= current + 16 * 16, `${executor.memory().current} after ${current}`);
      assert.ok(executor.memory().peak >= current);
      await executable.close();
      await rejects(run(1), /affine was closed/);
      assert.is(executor.memory().current, empty + store.bytes);
      await store.close();
      assert.is(executor.memory().current, 0);
    });
  });

  onAdapter('memory beyond the weights is what the plan says, plus sizes and readback', async () => {
    await withExecutor({ print: affine.print }, async (executor) => {
      const store = executor.createStore('test');
      await store.write(w, weights);
      const executable = await executor.compile(affine.step);
      const before = executor.memory().current;
      const { peak, outputs, lowerBound } = executable.plan({ N: 1000 });
      await executable.run(store, { 'x.source': numbers(1000) }, { N: 1000 });
      const readback = Math.ceil(outputs / 256) * 256;
      assert.is(executor.memory().current - before, peak + 16 + readback);
      assert.ok(lowerBound <= peak);
    });
  });

  onAdapter('every kernel is timed when asked', async () => {
    await withExecutor({ print: affine.print }, async (executor) => {
      const store = executor.createStore('test');
      await store.write(w, weights);
      const executable = await executor.compile(affine.step);
      let times: readonly KernelTime[] = [];
      const outputs = await executable.run(
        store,
        { 'x.source': numbers(77) },
        { N: 77 },
        { onTimes: (t) => (times = t) },
      );
      assert.equal(
        times.map(({ kernel }) => kernel),
        ['product', 'plusOne', 'copy'],
      );
      assert.ok(times.every(({ milliseconds }) => milliseconds >= 0 && milliseconds < 1000));
      assert.ok(times.some(({ milliseconds }) => milliseconds > 0));
      const expected = oracle(affine.step, { 'x.source': numbers(77), 'w.source': weights }, { N: 77 });
      assertClose(outputs['y.source'], expected['y.source']!);
    });
  });

  onAdapter('features that are switched off are not used, and times then say so', async () => {
    await withExecutor({ print: affine.print, f16: false, subgroups: false, timestamps: false }, async (executor) => {
      assert.is(executor.target.f16, false);
      assert.is(executor.target.subgroups, false);
      assert.is(executor.info.details.f16, 'switched off');
      const store = executor.createStore('test');
      await store.write(w, weights);
      const executable = await executor.compile(affine.step);
      const run = executable.run(store, { 'x.source': numbers(1) }, { N: 1 }, { onTimes: () => {} });
      await rejects(run, /timestamp-query/, /Leave out onTimes/);
    });
  });

  onAdapter('the target is what the driver was proven to do', async () => {
    await withExecutor({ print: affine.print }, async (executor) => {
      const lavapipe = currentTarget().name === 'dawn-lavapipe';
      if (lavapipe) assert.is(executor.target.f16, true, `${executor.info.details.f16}`);
      if (currentTarget().name === 'dawn-swiftshader') assert.is(executor.target.f16, false);
      assert.is(executor.target.subgroups, true, `${executor.info.details.subgroups}`);
      assert.is(executor.info.backend, 'dawn');
      assert.ok(executor.target.maxStorageBuffers > 8);
    });
  });
}
