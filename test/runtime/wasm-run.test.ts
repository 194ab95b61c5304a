import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { StorageType } from '../../dsl/dtype.ts';
import { symbol } from '../../dsl/extent.ts';
import { halvesOf } from '../../kernels/layout.ts';
import type { Executor } from '../../runtime/seam.ts';
import { seeded } from './memory-steps.ts';
import {
  affine,
  affineKernels,
  chain,
  declare,
  type HandWritten,
  open,
  printerOf,
  ramp,
  stepOf,
} from './wasm-steps.ts';

const test = suite('wasm executor');
const [, w, s] = affine.buffers;
const expected = (x: Float32Array): Float32Array => x.map((value, i) => value * (i / 4) + 1);

async function withExecutor<T>(executor: Promise<Executor>, use: (executor: Executor) => Promise<T>): Promise<T> {
  const opened = await executor;
  try {
    return await use(opened);
  } finally {
    await opened.close();
  }
}

/** The affine step with its parameter and state in place. */
async function prepare(executor: Executor, name = 'model') {
  const executable = await executor.compile(affine);
  const store = executor.createStore(name);
  await store.write(w!, ramp(64));
  await store.reserve(s!, { N: 64 });
  const run = async (x: Float32Array, sizes = { N: x.length }) =>
    (await executable.run(store, { 'x.source': x }, sizes))['y.source'] as Float32Array;
  return { executable, store, run };
}

for (const threads of [1, 2, 4]) {
  test(`${threads} threads: results for many sizes, states kept between runs`, () =>
    withExecutor(open(affineKernels, { threads }), async (executor) => {
      assert.is(executor.info.details.threads, threads);
      const { run, store } = await prepare(executor);
      const sums = new Float32Array(64);
      const random = seeded(threads);
      for (let i = 0; i < 200; i++) {
        const x = ramp(Math.floor(random() * 65));
        assert.equal(await run(x), expected(x));
        x.forEach((value, at) => {
          sums[at] = Math.fround(sums[at]! + value * (at / 4));
        });
      }
      assert.equal(await store.read(s!), sums);
    }));
}

test('runs asked for at once take turns, over several programs and stores', () =>
  withExecutor(open(affineKernels, { threads: 2 }), async (executor) => {
    const [one, two] = [await prepare(executor, 'one'), await prepare(executor, 'two')];
    await two.store.write(
      w!,
      ramp(64).map((value) => -value),
    );
    const inputs = Array.from({ length: 60 }, (_, i) => ramp(i));
    const results = await Promise.all(
      inputs.flatMap((x) => [one.run(x), one.executable.run(two.store, { 'x.source': x }, { N: x.length })]),
    );
    inputs.forEach((x, i) => {
      assert.equal(results[2 * i], expected(x));
      assert.equal(
        (results[2 * i + 1] as Record<string, Float32Array>)['y.source'],
        expected(x).map((value) => 2 - value),
      );
    });
  }));

test('times are those of every kernel, and only wanted outputs come back', () =>
  withExecutor(open(affineKernels, { threads: 2 }), async (executor) => {
    const { executable, store } = await prepare(executor);
    const times: string[] = [];
    const started = performance.now();
    const outputs = await executable.run(
      store,
      { 'x.source': ramp(9) },
      { N: 9 },
      {
        outputs: [],
        onTimes: (all) => {
          for (const { kernel, variant, milliseconds } of all) {
            assert.is(variant, 'by hand');
            assert.ok(milliseconds > 0 && milliseconds < performance.now() - started);
            times.push(kernel);
          }
        },
      },
    );
    assert.equal(times, ['scale', 'shift', 'collect']);
    assert.equal(outputs, {});
  }));

test('outputs are written into arrays that are given', () =>
  withExecutor(open(affineKernels, { threads: 2 }), async (executor) => {
    const { executable, store, run } = await prepare(executor);
    const whole = new Float32Array(12).fill(7);
    const into = whole.subarray(2, 11);
    const outputs = await executable.run(store, { 'x.source': ramp(9) }, { N: 9 }, { into: { 'y.source': into } });
    assert.is((outputs as Record<string, Float32Array>)['y.source'], into);
    assert.equal(into, expected(ramp(9)));
    assert.equal([...whole.subarray(0, 2), whole[11]], [7, 7, 7], 'nothing is written beside them');
    assert.equal(await run(ramp(9)), expected(ramp(9)));
  }));

test('wrong calls say what is wrong', () =>
  withExecutor(open(affineKernels, { threads: 1 }), async (executor) => {
    const { executable, store, run } = await prepare(executor);
    const rejects = async (call: Promise<unknown>, message: RegExp) => {
      const error = await call.then(
        () => new Error('nothing was rejected'),
        (reason: Error) => reason,
      );
      assert.match(error.message, message);
    };
    const x = ramp(4);
    await rejects(
      executable.run(store, {}, { N: 4 }),
      /input x\.source \[1\*N\] of step affine is missing; given are: none/,
    );
    await rejects(run(x, { N: 5 }), /has 4 elements, but these sizes ask for 5/);
    await rejects(
      executable.run(store, { 'x.source': new Int32Array(4) }, { N: 4 }),
      /must be given as Float32Array, not Int32Array/,
    );
    await rejects(executable.run(store, { 'x.source': x }, {}), /step affine needs a size for N; given are: none/);
    await rejects(run(x, { N: 0.5 }), /size N is 0\.5, which is no whole number/);
    await rejects(run(x, { N: 2 ** 25 }), /more than its maximum of 16777216/);
    await rejects(run(ramp(65)), /state s\.source .* has 64 elements in store 'model', but these sizes need 65/);
    await rejects(
      executable.run(store, { 'x.source': x }, { N: 4 }, { outputs: ['z'] }),
      /no output 'z'; it has y\.source/,
    );
    const writeInto = (into: Record<string, Float32Array | Int32Array>) =>
      executable.run(store, { 'x.source': x }, { N: 4 }, { into });
    await rejects(writeInto({ z: x }), /no output 'z'; it has y\.source/);
    await rejects(
      writeInto({ 'y.source': ramp(5) }),
      /output y\.source \S+ of step affine has 4 elements for these sizes, but the array for it has 5/,
    );
    await rejects(writeInto({ 'y.source': new Int32Array(4) }), /must be given as Float32Array, not Int32Array/);
    await rejects(store.write(w!, ramp(63)), /has 64 elements, but 63 are written/);
    await rejects(store.reserve(s!, { N: 65 }), /was reserved with 64 elements .* and now needs 65/);
    const empty = executor.createStore('empty');
    await rejects(
      executable.run(empty, { 'x.source': x }, { N: 4 }),
      /parameter w\.source \[64\] \(f32\) is not in store 'empty': write it/,
    );
    await rejects(
      empty.reserve(s!, { N: 1.2e9 }),
      /store 'empty': state s\.source .* needs 4\.8 GB \(4800000000 bytes\)/,
    );
    await withExecutor(open(affineKernels, { threads: 1 }), async (other) =>
      rejects(
        executable.run(other.createStore('far'), { 'x.source': x }, { N: 4 }),
        /runs on a store of its own engine/,
      ),
    );
    await rejects(
      executor.compile({
        ...affine,
        buffers: [...affine.buffers, declare('output', 'x', 1), declare('output', 'x', 1)],
      }),
      /two outputs called x\.source/,
    );
    assert.equal(await run(x), expected(x));
    await store.close();
    await rejects(run(x), /store 'model' is closed; create another/);
    await executable.close();
    await rejects(run(x), /step affine was closed; compile it again/);
  }));

test('source that does not compile is an error with the compiler’s words; so is static data', () =>
  withExecutor(
    open([], { threads: 1, print: () => ({ source: 'export function f(): i32 { return nothing; }', kernels: [] }) }),
    async (executor) => {
      const error = await executor.compile(affine).catch((reason: Error) => reason);
      assert.match(
        (error as Error).message,
        /AssemblyScript does not compile for baseline: .*\n[\s\S]*Cannot find name 'nothing'/,
      );
    },
  ));

test('closing gives memory back; a thousand runs need no more of it', () =>
  withExecutor(open(affineKernels, { threads: 2 }), async (executor) => {
    assert.is(executor.memory().current, 0);
    const { run, store, executable } = await prepare(executor);
    for (let i = 0; i < 300; i++) await run(ramp(60));
    const [held, resident] = [executor.memory().current, process.memoryUsage()];
    for (let i = 0; i < 1000; i++) await run(ramp(i % 61));
    assert.is(executor.memory().current, held);
    const growth = process.memoryUsage().rss - resident.rss;
    assert.ok(growth < 30e6, `${growth} bytes more`);
    assert.is(store.bytes, 2 * 256);
    await executable.close();
    assert.is(executor.memory().current, store.bytes);
    await store.close();
    assert.is(executor.memory().current, 0);
    assert.ok(executor.memory().peak >= held);
  }));

test('a run needs the memory that its plan says', () => {
  const { step, print } = chain(20, 1000);
  return withExecutor(open([], { threads: 2, print }), async (executor) => {
    const executable = await executor.compile(step);
    const { peak, lowerBound } = executable.plan({ N: 1 });
    assert.is(peak, lowerBound);
    await executable.run(executor.createStore('none'), { 'x.source': ramp(1000) }, { N: 1 });
    const table = 4 * (20 * 3 + 20 + 20 * 4);
    assert.ok(executor.memory().peak - peak <= table + 64);
  });
});

test('threads see memory that has grown since they started', () =>
  withExecutor(open(affineKernels, { threads: 2 }), async (executor) => {
    const { executable, store, run } = await prepare(executor);
    for (const [name, count] of [
      ['first', 5e6],
      ['second', 3e7],
    ] as const) {
      const big = declare('parameter', name, count, { dtype: 'bf16' });
      await store.write(big, new Float32Array(count).fill(1.5));
      assert.is((await store.read(big))[count - 1], 1.5);
      assert.equal(await run(ramp(20)), expected(ramp(20)));
    }
    const far = await executor.compile(affine);
    assert.equal((await far.run(store, { 'x.source': ramp(8) }, { N: 8 }))['y.source'], expected(ramp(8)));
    await executable.close();
  }));

test('parameters are arranged in panels and kept in two bytes as declared', () =>
  withExecutor(open(affineKernels, { threads: 2 }), async (executor) => {
    const store = executor.createStore('forms');
    const plain = ramp(35);
    const strides = { width: 4, columns: 7, depth: 5, strideN: 5, strideK: 1 };
    const panels = (dtype: StorageType) => ({ kind: 'panels', ...strides, halves: halvesOf(dtype) }) as const;
    for (const dtype of ['f32', 'f16', 'bf16'] as const) {
      const layout = panels(dtype);
      const declaration = declare('parameter', 'p', 35, { dtype, layout });
      const before = store.bytes;
      await store.write(declaration, plain);
      assert.is(store.bytes - before, 40 * (dtype === 'f32' ? 4 : 2));
      assert.equal(await store.read(declaration), plain);
    }
    const shared = new Float32Array(new SharedArrayBuffer(140));
    shared.set(plain);
    await store.write(declare('parameter', 'q', 35, { dtype: 'f16' }), shared);
    assert.equal(await store.read(declare('parameter', 'q', 35, { dtype: 'f16' })), plain);
    const bytes = store.bytes;
    const error = await store
      .write(declare('parameter', 'r', 1, { dtype: 'f16' }), Float32Array.of(1e6))
      .catch((reason: Error) => reason);
    assert.match((error as Error).message, /parameter r\.source .* holds 1000000 \(element 0\), too large for f16/);
    const infinite = plain.map((value, i) => (i === 6 ? Number.POSITIVE_INFINITY : value));
    const refusal = await store
      .write(declare('parameter', 's', 35, { dtype: 'f16', layout: panels('f16') }), infinite)
      .catch((reason: Error) => reason);
    assert.match(
      (refusal as Error).message,
      /parameter s\.source .* holds Infinity \(element 6\); .* Store it as f32 or bf16/,
    );
    assert.is(store.bytes, bytes, 'nothing is left of a write that failed');
  }));

const trapping: readonly HandWritten[] = [
  { ...affineKernels[0]! },
  { ...affineKernels[1]!, body: `if (N == 13 && i == 7) unreachable(); ${affineKernels[1]!.body}` },
  { ...affineKernels[2]! },
];

for (const threads of [1, 3]) {
  test(`${threads} threads: a kernel that traps rejects its run, names itself, and leaves the engine usable`, () =>
    withExecutor(open(trapping, { threads }), async (executor) => {
      const { run } = await prepare(executor);
      for (let i = 0; i < 20; i++) {
        const [failed, good] = await Promise.allSettled([run(ramp(13)), run(ramp(14))]);
        assert.is(failed.status, 'rejected');
        assert.match(
          String((failed as PromiseRejectedResult).reason),
          /kernel shift \(by hand\) of step affine stopped: unreachable\./,
        );
        assert.is(good.status, 'fulfilled');
        assert.equal((good as PromiseFulfilledResult<Float32Array>).value, expected(ramp(14)));
      }
    }));
}

test('the caller’s event loop turns while kernels run', () => {
  const N = symbol('N');
  const body = 'let v = load<f32>(x + at); for (let k = 0; k < 3000000; k++) v = v * 0.999 + 1; store<f32>(y + at, v);';
  const slow: HandWritten[] = [{ name: 'slow', size: N, per: 1, reads: ['x'], write: 'y', body }];
  const step = stepOf('slow', [declare('input', 'x', N), declare('output', 'y', N)], slow);
  return withExecutor(open(slow, { threads: 1, print: printerOf(slow) }), async (executor) => {
    const executable = await executor.compile(step);
    let turns = 0;
    const ticking = setInterval(() => turns++, 1);
    const started = performance.now();
    await executable.run(executor.createStore('none'), { 'x.source': ramp(40) }, { N: 40 });
    clearInterval(ticking);
    const milliseconds = performance.now() - started;
    assert.ok(milliseconds > 50, `only ${milliseconds} ms`);
    assert.ok(turns > milliseconds / 50, `${turns} turns in ${milliseconds} ms`);
  });
});

test('a wrong number of threads is an error', async () => {
  for (const threads of [0, -1, 1.5, Number.NaN]) {
    const error = await open(affineKernels, { threads }).catch((reason: Error) => reason);
    assert.match((error as Error).message, /wasm runs on a whole number of threads ≥ 1/);
  }
});

test.run();
