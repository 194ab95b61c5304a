/**
 * A program for the executor's tests: opens Dawn, runs a step, and ends in the way that its argument names. It prints
 * what it saw; it has to end by itself.
 */
import type { Executable, Store } from '../../runtime/seam.ts';
import { createWebGpuExecutor, type WebGpuExecutor } from '../../runtime/webgpu/executor.ts';
import { openDawn } from '../../targets/node/dawn.ts';
import { affine } from './webgpu-steps.ts';

/** Everything that holds on to Dawn; emptied by the endings that let go of it. */
const held: { executor?: WebGpuExecutor; executable?: Executable; store?: Store } = {};

async function open(): Promise<void> {
  const executor = await createWebGpuExecutor(await openDawn(), { print: affine.print });
  const store = executor.createStore('exit');
  await store.write(affine.step.buffers[1]!, new Float32Array(1000).fill(2));
  Object.assign(held, { executor, store, executable: await executor.compile(affine.step) });
}

const run = () => held.executable!.run(held.store!, { 'x.source': new Float32Array(10).fill(3) }, { N: 10 });

function letGo(): void {
  for (const name of Object.keys(held) as (keyof typeof held)[]) delete held[name];
}

/** Collects garbage again and again, with turns of the event loop in which finalizers run. */
async function collect(): Promise<void> {
  for (let i = 0; i < 5; i++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const endings: Readonly<Record<string, () => Promise<unknown>>> = {
  close: () => held.executor!.close(),
  closeAndCollect: async () => {
    await held.executor!.close();
    letGo();
    await collect();
  },
  /** The user forgets to close. */
  forget: async () => {},
  /** The user forgets to close, and nothing holds on to it any more. */
  forgetAndCollect: async () => {
    letGo();
    await collect();
  },
  /** The user forgets to close while a run is under way. */
  forgetRunning: async () => void run().then(() => console.log('finished')),
  closeWhileRunning: async () => {
    const pending = run();
    await held.executor!.close();
    console.log('finished', (await pending)['y.source']![0]);
  },
};

await open();
console.log('result', (await run())['y.source']![0]);
await endings[process.argv[2]!]!();
console.log('end');
