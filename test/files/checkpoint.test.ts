import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { checkFinite, openCheckpoint } from '../../model/files/checkpoint.ts';
import { type Files, failsWith, fileOf, memoryStore, randomTensors, rawFile, toWrite } from './support.ts';

const test = suite('checkpoint');

const tensors = randomTensors([
  ['a', [4, 3]],
  ['b', [5]],
  ['c', []],
]);
const some = (...names: string[]) =>
  fileOf(names.map((name) => toWrite(tensors.get(name)!, name === 'b' ? 'BF16' : 'F32')));
const index = (map: Record<string, unknown>) => JSON.stringify({ metadata: { total_size: 1 }, weight_map: map });
const map = { a: 'one.safetensors', b: 'two.safetensors', c: 'two.safetensors' };

async function sharded(changes: Files = {}): Promise<Files> {
  const files: Files = {
    'one.safetensors': await some('a'),
    'two.safetensors': await some('b', 'c'),
    'model.safetensors.index.json': index(map),
  };
  return { ...files, ...changes };
}

for (const [layout, files] of [
  ['one file', async () => ({ 'model.safetensors': await some('a', 'b', 'c') })],
  ['shards', sharded],
  ['a file of another name', async () => ({ 'pytorch.safetensors': await some('a', 'b', 'c'), 'readme.md': '' })],
] as const) {
  test(`${layout}: one view of all tensors`, async () => {
    const checkpoint = await openCheckpoint(memoryStore('dir', await files()));
    assert.equal(checkpoint.names().sort(), ['a', 'b', 'c']);
    assert.ok(checkpoint.has('a') && !checkpoint.has('d'));
    assert.equal(checkpoint.shape('a'), [4, 3]);
    assert.is(checkpoint.dtype('b'), 'BF16');
    assert.equal(await checkpoint.read('a'), tensors.get('a')!.values);
    assert.equal(await checkpoint.read('c'), tensors.get('c')!.values);
    const pieces: number[][] = [];
    for await (const piece of checkpoint.chunks('b', 2)) pieces.push([...piece]);
    assert.equal(
      pieces.map((piece) => piece.length),
      [2, 2, 1],
    );
    assert.equal(pieces.flat(), [...(await checkpoint.read('b'))]);
    await failsWith(() => checkpoint.read('d'), 'dir/', 'tensor d');
    await checkpoint.close();
  });
}

test('faulty sets of shards', async () => {
  const open = (files: Files) => openCheckpoint(memoryStore('dir', files));
  const name = 'model.safetensors.index.json';
  const { 'two.safetensors': _, ...without } = await sharded();
  await failsWith(() => open(without), `dir/${name}`, 'two.safetensors', 'not there');
  const lying = await sharded({ [name]: index({ ...map, d: 'one.safetensors' }) });
  await failsWith(() => open(lying), 'lack: d (one.safetensors)');
  const short = await sharded({ [name]: index({ a: map.a, b: map.b }) });
  await failsWith(() => open(short), 'does not list', 'c (two.safetensors)');
  await failsWith(async () => open(await sharded({ [name]: '{"weight_map": 3}' })), name, 'weight_map');
  await failsWith(async () => open(await sharded({ [name]: 'null' })), name, 'weight_map');
  await failsWith(async () => open(await sharded({ [name]: '{' })), name, 'not valid JSON');
  for (const shard of ['../one.safetensors', '/one.safetensors', 'one.bin', 7, 'a\\one.safetensors']) {
    await failsWith(async () => open(await sharded({ [name]: index({ ...map, a: shard }) })), 'weight_map.a');
  }
  await failsWith(
    async () => open(await sharded({ 'one.safetensors': rawFile('{', 0) })),
    'dir/one.safetensors',
    'JSON',
  );
});

test('files that were opened are closed when a later one is faulty', async () => {
  const store = memoryStore('dir', await sharded({ 'two.safetensors': rawFile('{', 0) }));
  const state = { open: 0 };
  const counting = {
    ...store,
    open: async (path: string) => {
      state.open++;
      return { ...(await store.open(path)), close: async () => void state.open-- };
    },
  };
  await failsWith(() => openCheckpoint(counting), 'JSON');
  assert.is(state.open, 0);
});

test('no checkpoint, or more than one', async () => {
  await failsWith(() => openCheckpoint(memoryStore('dir', {})), 'dir', 'model.safetensors', 'no safetensors file');
  const two = { 'x.safetensors': rawFile('{}', 0), 'y.safetensors': rawFile('{}', 0) };
  await failsWith(() => openCheckpoint(memoryStore('dir', two)), 'x.safetensors, y.safetensors', 'Name the file');
  assert.is((await openCheckpoint(memoryStore('dir', two), { base: 'y.safetensors' })).names().length, 0);
  await failsWith(() => openCheckpoint(memoryStore('dir', two), { base: 'z.safetensors' }), 'z.safetensors');
});

test('NaN and infinity are found', async () => {
  checkFinite('w', Float32Array.of(1, -3e38, 1e-45));
  await failsWith(() => checkFinite('w', Float32Array.of(1, Number.NaN), 10), 'tensor w', 'element 11', 'NaN');
  await failsWith(() => checkFinite('w', Float32Array.of(-Infinity)), 'element 0', '-Infinity');
});

test.run();
