/** Run by Deno: a step on wgpu, before and after its device is lost. Prints what it sees, and has to end by itself. */
import { createWebGpuExecutor } from '../../runtime/webgpu/executor.ts';
import { openWgpu } from '../../targets/deno/wgpu.ts';
import { affine } from '../runtime/webgpu-steps.ts';

const executor = await createWebGpuExecutor(await openWgpu(), { print: affine.print });
const store = executor.createStore('test');
await store.write(affine.step.buffers[1]!, new Float32Array(1000).fill(2));
const executable = await executor.compile(affine.step);
const run = async (n: number): Promise<void> => {
  const { 'y.source': y } = await executable.run(store, { 'x.source': new Float32Array(n).fill(3) }, { N: n });
  console.log('result', y!.length, y![0]);
};
await run(10);
await run(0);
executor.loseDevice();
console.log('lost', (await executor.lost).reason);
await run(10).catch((error: unknown) => console.log(String(error)));
await executor.close();
