// A large file is read through a few blocks of memory, whatever its size.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { serve } from './server.ts';
import { testStore } from './support.ts';

const test = suite('memory of models over HTTP');

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const mebibyte = 2 ** 20;
const blockBytes = mebibyte;
const fileBytes = 48 * mebibyte;
const ahead = 2;

/** Bytes of array buffers that are in use. Those of network buffers are freed some time after they were collected. */
async function buffersInUse(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    collectGarbage();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return process.memoryUsage().arrayBuffers;
}

for (const ranges of [true, false]) {
  test(`a file of 48 MiB, ${ranges ? 'with' : 'without'} ranges`, async () => {
    await using server = await serve({ 'large.bin': new Uint8Array(fileBytes) });
    server.ranges = ranges;
    const { store } = testStore(server.url, {}, { blockBytes, ahead, patience: 60_000 });
    const before = await buffersInUse();
    const source = await store.open('large.bin');
    let most = 0;
    const pieceBytes = 700_000; // like tensors, not in step with the blocks
    for (let at = 0; at < fileBytes; at += pieceBytes) {
      await source.read(at, Math.min(pieceBytes, fileBytes - at));
      if (at % (8 * pieceBytes) === 0) most = Math.max(most, (await buffersInUse()) - before);
    }
    await source.close?.();
    console.log(`  at most ${(most / mebibyte).toFixed(1)} MiB in use`);
    // The server, in this process, sends a copy of each of them too.
    assert.ok(most < 20 * mebibyte, `${most} bytes were in use`);
    assert.is(server.bytes, fileBytes);
  });
}

test.run();
