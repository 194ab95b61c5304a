import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Heap, pageBytes } from '../../runtime/wasm/heap.ts';
import { Turns } from '../../runtime/wasm/turns.ts';
import { seeded } from './memory-steps.ts';

const test = suite('wasm heap');

test('random allocations never overlap, and all of it comes back', () => {
  const heap = new Heap();
  const random = seeded(5);
  const blocks: { readonly address: number; readonly bytes: number }[] = [];
  let mostHeld = 0;
  for (let i = 0; i < 3000; i++) {
    if (blocks.length > 0 && random() < 0.45) {
      const [block] = blocks.splice(Math.floor(random() * blocks.length), 1);
      heap.free(block!.address);
    } else {
      const bytes = Math.ceil(2 ** (random() * 16));
      const address = heap.allocate(bytes, 'a test');
      assert.is(address % 64, 0);
      assert.ok(address >= pageBytes && address + bytes + 64 <= heap.memory.buffer.byteLength);
      for (const other of blocks)
        assert.ok(address + bytes <= other.address || other.address + other.bytes <= address, 'blocks are apart');
      blocks.push({ address, bytes });
    }
    mostHeld = Math.max(mostHeld, heap.current);
  }
  assert.is(heap.peak, mostHeld);
  for (const { address } of blocks) heap.free(address);
  assert.is(heap.current, 0);
  assert.is(heap.allocate(1, 'a test'), pageBytes, 'all gaps have been joined');
});

test('what is freed is used again before the memory grows', () => {
  const heap = new Heap();
  for (let i = 0; i < 100; i++) heap.free(heap.allocate(50 << 20, 'a test'));
  assert.ok(heap.memory.buffer.byteLength < 60 << 20);
  assert.throws(() => heap.free(pageBytes), /nothing was allocated at 65536/);
});

test('more than 4 GiB is an error that says what for, how much, and what to do', () => {
  const heap = new Heap();
  heap.allocate(1000, 'a test');
  assert.throws(
    () => heap.allocate(2 ** 32 - 65536, 'store vit'),
    /store vit needs 4\.3 GB \(4294901760 bytes\); 1\.0 kB are in use and WebAssembly addresses 4 GiB in all\. Keep weights in two bytes/,
  );
  assert.is(heap.current, 1024);
});

test('turns: alone is alone, in the order asked for; together overlaps', async () => {
  const turns = new Turns();
  const active = { alone: 0, together: 0 };
  const order: number[] = [];
  let mostTogether = 0;
  const task = (kind: 'alone' | 'together', id: number) => async () => {
    active[kind]++;
    if (kind === 'alone') {
      order.push(id);
      assert.equal(active, { alone: 1, together: 0 });
    } else assert.is(active.alone, 0);
    mostTogether = Math.max(mostTogether, active.together);
    await new Promise((resolve) => setTimeout(resolve, id % 3));
    active[kind]--;
    if (id % 7 === 0) throw new Error('on purpose');
  };
  const random = seeded(6);
  const kinds = Array.from({ length: 100 }, () => (random() < 0.5 ? ('alone' as const) : ('together' as const)));
  const results = await Promise.allSettled(kinds.map((kind, id) => turns[kind](task(kind, id))));
  assert.equal(
    order,
    [...order].sort((a, b) => a - b),
  );
  assert.is(results.filter(({ status }) => status === 'rejected').length, 15);
  assert.ok(mostTogether > 1);
  await turns.alone(async () => {});
});

test.run();
