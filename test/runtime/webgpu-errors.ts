/** What the WebGPU executor says when something does not fit, and when its device is gone. */
import * as assert from 'uvu/assert';
import { extent } from '../../dsl/extent.ts';
import { rejects } from './rejects.ts';
import { affine, broken, silent } from './webgpu-steps.ts';
import { assertClose, declarationOf, numbers, type RegisterTest, withExecutor } from './webgpu-support.ts';

const weights = numbers(1000, 7);
const w = declarationOf(affine.step, 'w');

export function registerErrors(onAdapter: RegisterTest): void {
  onAdapter('WGSL that does not compile is shown with its line', async () => {
    await withExecutor({ print: broken.print }, async (executor) => {
      const compiling = executor.compile(broken.step);
      await rejects(compiling, /kernel wrong \(by hand\)/, /line \d+:\d+/, /no_such_thing/, /result = x\[i\]/, /\^/);
    });
  });

  onAdapter('compilation tells its progress and gives equal code one pipeline', async () => {
    await withExecutor({ print: affine.print }, async (executor) => {
      const seen: string[] = [];
      await executor.compile(affine.step, { onProgress: (done, total) => seen.push(`${done}/${total}`) });
      assert.equal(seen, ['0/3', '1/3', '2/3', '3/3']);
    });
  });

  onAdapter('inputs and sizes that do not fit are named', async () => {
    await withExecutor({ print: affine.print }, async (executor) => {
      const store = executor.createStore('mine');
      const executable = await executor.compile(affine.step);
      const x = numbers(10);
      await rejects(
        executable.run(store, { 'x.source': x }, { N: 10 }),
        /parameter w\.source/,
        /store 'mine'/,
        /write it/,
      );
      await store.write(w, weights);
      await rejects(executable.run(store, {}, { N: 10 }), /input x\.source/, /missing/);
      await rejects(executable.run(store, { 'x.source': x }, { N: 11 }), /x\.source/, /10 elements/, /11/);
      await rejects(executable.run(store, { 'x.source': new Int32Array(10) }, { N: 10 }), /Float32Array/, /Int32Array/);
      await rejects(executable.run(store, { 'x.source': x }, {}), /size for N/);
      await rejects(executable.run(store, { 'x.source': x }, { N: 1.5 }), /N is 1\.5/);
      await rejects(executable.run(store, { 'x.source': numbers(1001) }, { N: 1001 }), /1001/, /maximum of 1000/);
      await rejects(store.write(w, numbers(999)), /w\.source/, /1000 elements/, /999/);
      await withExecutor({ print: affine.print }, async (other) => {
        await rejects(
          executable.run(other.createStore('foreign'), { 'x.source': x }, { N: 10 }),
          /store of its own engine/,
        );
      });
      const outputs = await executable.run(store, { 'x.source': x }, { N: 10 });
      assertClose(
        outputs['z.source'],
        x.map((value, i) => value * weights[i]!),
      );
    });
  });

  onAdapter('a parameter or state beyond the limits is named with its bytes and the limit', async () => {
    const limit = 2 ** 27;
    await withExecutor({ print: silent.print, limits: { maxStorageBufferBindingSize: limit } }, async (executor) => {
      const store = executor.createStore('test');
      const count = limit / 4 + 1;
      const large = { ...w, size: extent(count) };
      await rejects(
        store.write(large, new Float32Array(count)),
        /parameter w\.source/,
        /134217744 bytes/,
        /maxStorageBufferBindingSize/,
        /134\.2 MB/,
        /f16/,
      );
      await rejects(store.reserve(declarationOf(silent.step, 's'), { N: 2 ** 30 }), /state s\.source/, /4\.3 GB/);
      assert.is(store.bytes, 0);
      assert.is(executor.memory().current, 0);
    });
  });

  onAdapter('a limit that does not exist, or is too low for any device, is refused', async () => {
    await rejects(
      withExecutor({ print: affine.print, limits: { maxWishes: 3 } }, async () => {}),
      /unknown limit 'maxWishes'/,
    );
    await rejects(
      withExecutor({ print: affine.print, limits: { maxStorageBufferBindingSize: 4096 } }, async () => {}),
      /maxStorageBufferBindingSize cannot be 4096/,
    );
  });

  onAdapter('a lost device rejects what runs and all that follows', async () => {
    await withExecutor({ print: affine.print }, async (executor) => {
      const store = executor.createStore('test');
      await store.write(w, weights);
      const executable = await executor.compile(affine.step);
      const run = () => executable.run(store, { 'x.source': numbers(10) }, { N: 10 });
      await run();
      const pending = run();
      executor.loseDevice();
      await rejects(pending, /was lost/, /load the weights again/);
      assert.is((await executor.lost).reason, 'destroyed');
      await rejects(run(), /was lost/);
      await rejects(store.write(w, weights), /was lost/);
      await rejects(executor.compile(affine.step), /was lost/);
      assert.throws(() => executor.createStore('another'), /was lost/);
    });
  });

  onAdapter('a closed executor says so', async () => {
    let run = async (): Promise<unknown> => assert.unreachable('it was not set');
    await withExecutor({ print: affine.print }, async (executor) => {
      const store = executor.createStore('test');
      await store.write(w, weights);
      const executable = await executor.compile(affine.step);
      run = () => executable.run(store, { 'x.source': numbers(1) }, { N: 1 });
    });
    await rejects(run(), /was closed/);
  });
}
