/** What a run and a barrier cost in themselves. The bounds allow for a machine that is busy with other things. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { chain, open, ramp } from './wasm-steps.ts';

const test = suite('wasm latency');

/** Microseconds of a run of `count` kernels of `tiles` tiles each, fastest tenth. */
async function microseconds(count: number, tiles: number, threads: number): Promise<number> {
  const { step, print } = chain(count, tiles);
  const executor = await open([], { threads, print });
  const executable = await executor.compile(step);
  const store = executor.createStore('none');
  const times: number[] = [];
  for (let i = 0; i < 1500; i++) {
    const started = performance.now();
    await executable.run(store, { 'x.source': ramp(tiles) }, { N: 1 });
    times.push(1000 * (performance.now() - started));
  }
  await executor.close();
  return times.slice(500).sort((a, b) => a - b)[100]!;
}

test('a run costs tens of microseconds, a barrier a few', async () => {
  const run = await microseconds(1, 2, 2);
  const barrier = ((await microseconds(101, 2, 2)) - run) / 100;
  const joined = (await microseconds(101, 1, 2)) - run;
  console.log(
    `a run ${run.toFixed(0)} µs, a barrier ${barrier.toFixed(1)} µs, a kernel without ${(joined / 100).toFixed(2)} µs`,
  );
  assert.ok(run < 300, `${run} µs a run`);
  assert.ok(barrier < 100, `${barrier} µs a barrier`);
  assert.ok(joined < 100, `${joined} µs for a hundred kernels of one tile`);
});

test.run();
