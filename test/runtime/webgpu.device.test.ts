/** The WebGPU executor on every Dawn driver. On other targets: what Dawn says where it has no driver. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { backends } from '#backends';
import { extent } from '../../dsl/extent.ts';
import { openEngine } from '../../runtime/engine.ts';
import type { WgslStepPrinter } from '../../runtime/webgpu/executor.ts';
import { currentTarget } from '../support/backends.ts';
import { rejects } from './rejects.ts';
import { registerErrors } from './webgpu-errors.ts';
import { registerMemory } from './webgpu-memory.ts';
import { columns, printed, width } from './webgpu-printed.ts';
import { accumulate, affine, silent, storedAs, wideGrid } from './webgpu-steps.ts';
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
    const into = { 'z.source': new Float32Array(9) };
    const given = await executable.run(store, inputs, { N: 9 }, { outputs: ['z.source'], into });
    assert.is(given['z.source'], into['z.source']);
    assert.equal(given, outputs);
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
    const probe = await backends.find(({ name }) => name === 'dawn')!.probe(options);
    assert.is(probe.usable, true, JSON.stringify(probe));
    await using engine = await openEngine('dawn', backends, options);
    const store = engine.createStore('test');
    await store.write(declarationOf(printed, 'p'), p);
    const executable = await engine.compile(printed, { force: { contract: 'direct' } });
    assert.is(executable.sources.length, 3);
    for (const B of [1, 2, 33, 100, 0]) {
      const x = numbers(B * width, B + 1);
      const { 'y.source': y } = await executable.run(store, { 'x.source': x }, { B });
      const expected = oracle(printed, { 'x.source': x, 'p.source': p }, { B });
      assertClose(y, expected['y.source']!, 1e-5);
    }
  }
});

registerMemory(onAdapter);
registerErrors(onAdapter);

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
    import { backends } from ${JSON.stringify(new URL('../../targets/node/backends.js', import.meta.url).href)};
    const probe = await backends.find(({ name }) => name === 'dawn').probe();
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
