/** The WebGPU executor on every Dawn driver. On other targets: what Dawn says where it has no driver. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { extent } from '../../dsl/extent.ts';
import { openEngine } from '../../runtime/engine.ts';
import type { KernelTime } from '../../runtime/seam.ts';
import type { WgslStepPrinter } from '../../runtime/webgpu/executor.ts';
import { nodeBackends } from '../../targets/node/backends.ts';
import { currentTarget } from '../support/backends.ts';
import { rejects } from './rejects.ts';
import { columns, printed, width } from './webgpu-printed.ts';
import { accumulate, affine, broken, silent, storedAs, wideGrid } from './webgpu-steps.ts';
import { assertClose, declarationOf, numbers, oracle, withExecutor } from './webgpu-support.ts';

const webgpu = suite('webgpu executor');
const onDawn = currentTarget().backend === 'dawn';

/** A test that needs an adapter. */
function onAdapter(name: string, run: () => Promise<void>): void {
  if (onDawn) webgpu(name, run);
}

const weights = numbers(1000, 7);
const w = declarationOf(affine.step, 'w');

async function runProgram(mode: string): Promise<string> {
  const program = fileURLToPath(new URL('./webgpu-exit.js', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', program, mode], { timeout: 60_000 });
  return stdout;
}

// ---------------------------------------------------------------- results

onAdapter('results equal the oracle for several sizes, empty ones too', async () => {
  await withExecutor({ print: affine.print }, async (executor) => {
    const store = executor.createStore('test');
    await store.write(w, weights);
    const executable = await executor.compile(affine.step);
    for (const N of [1, 0, 5, 64, 65, 1000, 5]) {
      const x = numbers(N, N + 1);
      const outputs = await executable.run(store, { 'x.source': x }, { N });
      const expected = oracle(affine.step, { 'x.source': x, 'w.source': weights }, { N });
      assertClose(outputs['y.source'], expected['y.source']!);
      assertClose(outputs['z.source'], expected['z.source']!);
    }
  });
});

onAdapter('only the outputs asked for come back', async () => {
  await withExecutor({ print: affine.print }, async (executor) => {
    const store = executor.createStore('test');
    await store.write(w, weights);
    const executable = await executor.compile(affine.step);
    const inputs = { 'x.source': numbers(9) };
    const outputs = await executable.run(store, inputs, { N: 9 }, { outputs: ['z.source'] });
    assert.equal(Object.keys(outputs), ['z.source']);
    await rejects(
      executable.run(store, inputs, { N: 9 }, { outputs: ['zz'] }),
      /no output 'zz'/,
      /y\.source, z\.source/,
    );
  });
});

onAdapter('a state is updated in place, also by runs that overlap', async () => {
  await withExecutor({ print: accumulate.print }, async (executor) => {
    const store = executor.createStore('test');
    const state = declarationOf(accumulate.step, 's');
    const executable = await executor.compile(accumulate.step);
    const run = (value: number) => executable.run(store, { 'x.source': new Float32Array(100).fill(value) }, { N: 100 });
    await rejects(run(1), /state s\.source/, /reserve/);
    await store.reserve(state, { N: 100 });
    await store.reserve(state, { N: 100 });
    const results = await Promise.all([1, 2, 3, 4, 5, 6].map(run));
    assert.equal(
      results.map((outputs) => outputs['y.source']![99]),
      [1, 3, 6, 10, 15, 21],
    );
    assertClose(await store.read(state), new Float32Array(100).fill(21));
    await rejects(store.reserve(state, { N: 101 }), /s\.source/, /100 elements/, /101/);
    await rejects(executable.run(store, { 'x.source': numbers(101) }, { N: 101 }), /state s\.source/, /101/);
  });
});

onAdapter('a step without outputs is over when its run is', async () => {
  await withExecutor({ print: silent.print }, async (executor) => {
    const store = executor.createStore('test');
    const state = declarationOf(silent.step, 's');
    await store.reserve(state, { N: 3 });
    const executable = await executor.compile(silent.step);
    assert.equal(await executable.run(store, { 'x.source': Float32Array.of(1, 2, 3) }, { N: 3 }), {});
    assertClose(await store.read(state), [1, 2, 3]);
  });
});

onAdapter('runs of several steps overlap on the memory that they share', async () => {
  const print: WgslStepPrinter = (step, ...rest) => (step === affine.step ? affine : wideGrid).print(step, ...rest);
  await withExecutor({ print }, async (executor) => {
    const store = executor.createStore('test');
    await store.write(w, weights);
    const [a, b] = await Promise.all([executor.compile(affine.step), executor.compile(wideGrid.step)]);
    const runs = Array.from({ length: 12 }, async (_, i) => {
      const x = numbers(i % 2 ? 5000 + i : 50 * i + 1, i + 1);
      const inputs = { 'x.source': x };
      const sizes = { N: x.length };
      const { 'y.source': y } = await (i % 2 ? b : a).run(store, inputs, sizes);
      const expected = i % 2 ? x.map((value) => value * 2) : x.map((value, k) => value * weights[k]! + 1);
      assertClose(y, expected);
    });
    await Promise.all(runs);
  });
});

onAdapter('a parameter that is uploaded and read in several parts arrives whole', async () => {
  await withExecutor({ print: affine.print }, async (executor) => {
    const store = executor.createStore('test');
    const data = Float32Array.from({ length: 2 ** 22 * 2 + 3 }, (_, i) => (i % 2039) / 8);
    for (const dtype of ['f16', 'f32'] as const) {
      const large = { ...w, dtype, size: extent(data.length) };
      await store.write(large, data);
      const back = await store.read(large);
      assert.ok(Buffer.from(back.buffer).equals(Buffer.from(data.buffer)), dtype);
    }
  });
});

onAdapter('more workgroups than one dimension holds are folded', async () => {
  await withExecutor({ print: wideGrid.print }, async (executor) => {
    const executable = await executor.compile(wideGrid.step);
    for (const N of [65535, 65536, 70001]) {
      const x = numbers(N);
      const { 'y.source': y } = await executable.run(executor.createStore('none'), { 'x.source': x }, { N });
      assertClose(
        y,
        x.map((value) => value * 2),
      );
    }
  });
});

for (const [dtype, rounded] of [
  ['f16', [0.333251953125, -2, 65504, 2 ** -24, 0, Infinity, -0.5]],
  ['bf16', [0.333984375, -2, 65536, 2 ** -25, 1.1754943508222875e-38, Infinity, -0.5]],
] as const) {
  onAdapter(`${dtype} is kept in two bytes and rounded to the nearest`, async () => {
    const given = Float32Array.of(
      1 / 3,
      -2,
      65504,
      dtype === 'f16' ? 2 ** -24 : 2 ** -25,
      dtype === 'f16' ? 1e-9 : 1.1754943508222875e-38,
      Infinity,
      -0.5,
    );
    const hand = storedAs(dtype, given.length);
    await withExecutor({ print: hand.print }, async (executor) => {
      const store = executor.createStore('test');
      const p = declarationOf(hand.step, 'p');
      await store.write(p, given);
      assert.is(store.bytes, 16);
      const outputs = await (await executor.compile(hand.step)).run(store, { 'x.source': given }, {});
      for (const found of [outputs['y.source'], outputs['q.source'], await store.read(p)])
        assertClose(found, rounded, 0);
      const tooLarge = dtype === 'f16' ? 65520 : 3.4e38;
      await rejects(
        store.write(
          p,
          given.map(() => tooLarge),
        ),
        /parameter p\.source/,
        new RegExp(`too large for ${dtype}`),
        /element 0/,
      );
    });
  });
}

onAdapter('an engine runs what the printer prints, before and after another engine', async () => {
  const p = numbers(columns * width, 3);
  for (const options of [{}, { f16: false, subgroups: false }]) {
    const probe = await nodeBackends.find(({ name }) => name === 'dawn')!.probe(options);
    assert.is(probe.usable, true, JSON.stringify(probe));
    await using engine = await openEngine('dawn', nodeBackends, options);
    const store = engine.createStore('test');
    await store.write(declarationOf(printed, 'p'), p);
    const executable = await engine.compile(printed);
    assert.is(executable.sources.length, 3);
    for (const B of [1, 2, 33, 100, 0]) {
      const x = numbers(B * width, B + 1);
      const { 'y.source': y } = await executable.run(store, { 'x.source': x }, { B });
      const expected = oracle(printed, { 'x.source': x, 'p.source': p }, { B });
      assertClose(y, expected['y.source']!, 1e-5);
    }
  }
});

// ---------------------------------------------------------------- memory and time

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

// ---------------------------------------------------------------- errors

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

// ---------------------------------------------------------------- the end of the process

for (const mode of ['close', 'closeAndCollect', 'forget', 'forgetAndCollect']) {
  onAdapter(`the process ends by itself: ${mode}`, async () => {
    assert.is(await runProgram(mode), 'result 7\nend\n');
  });
}

onAdapter('the process ends by itself: forgetRunning', async () => {
  assert.is(await runProgram('forgetRunning'), 'result 7\nend\nfinished\n');
});

onAdapter('the process ends by itself, with the result of what ran: closeWhileRunning', async () => {
  assert.is(await runProgram('closeWhileRunning'), 'result 7\nfinished 7\nend\n');
});

webgpu('without a driver Dawn says what it looked for and what to install', async () => {
  const program = `
    import { nodeBackends } from ${JSON.stringify(new URL('../../targets/node/backends.js', import.meta.url).href)};
    const probe = await nodeBackends.find(({ name }) => name === 'dawn').probe();
    console.log(JSON.stringify(probe));`;
  const env = { ...process.env, VK_DRIVER_FILES: '/no/such/icd.json' };
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
    env,
    timeout: 60_000,
  });
  const probe = JSON.parse(stdout);
  assert.is(probe.usable, false);
  assert.match(probe.reason, /no GPU adapter/);
  if (process.platform === 'linux')
    assert.match(probe.reason, /VK_DRIVER_FILES names \/no\/such\/icd\.json \(which does not exist\)/);
  if (process.platform === 'linux') assert.match(probe.remedy, /mesa-vulkan-drivers/);
});

webgpu.run();
