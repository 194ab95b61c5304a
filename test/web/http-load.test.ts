// Models from a web server: the right bytes, in few requests, none of them twice.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { initModel } from '../../model/files/init.ts';
import { memoryCache } from '../../targets/web/files/block-cache.ts';
import { type Files, failsWith, memoryOutput, memoryStore } from '../files/support.ts';
import { serve } from './server.ts';
import {
  blockBytes,
  loadFrom,
  modelBytes,
  modelFiles,
  readWeights,
  testStore,
  weightsBlocks,
  withManifest,
} from './support.ts';

const test = suite('models over HTTP');

const expected = await readWeights(memoryStore('memory', modelFiles));

test('the model has several blocks', () => assert.ok(weightsBlocks > 3, `${weightsBlocks}`));

for (const hasManifest of [true, false]) {
  for (const ranges of [true, false]) {
    const how = `${hasManifest ? 'with' : 'without'} a manifest, ${ranges ? 'with' : 'without'} ranges`;
    test(`${how}: the same weights`, async () => {
      await using server = await serve(hasManifest ? withManifest(modelFiles) : modelFiles);
      server.ranges = ranges;
      const { store, warnings } = testStore(server.url);
      assert.is(await readWeights(store), expected);
      assert.is(warnings.length, ranges ? 0 : 1, warnings.join('\n'));
      if (!ranges) assert.match(warnings[0]!, /model\.safetensors: the server answers no range requests/);
    });

    test(`${how}: a model that is loaded has every byte once, and the second time none`, async () => {
      await using server = await serve(hasManifest ? withManifest(modelFiles) : modelFiles);
      server.ranges = ranges;
      const cache = memoryCache();
      const first = await loadFrom(testStore(server.url, { cache }).store);
      const manifestBytes = server.files['files.json']?.length ?? 0;
      assert.is(server.bytes, modelBytes + manifestBytes);
      const files = Object.keys(modelFiles).length;
      const parts = ranges ? weightsBlocks + blocksOf('tokenizer.json') : 2;
      // Each file: asked for by HEAD where there is no manifest, and got; the manifest itself.
      assert.is(server.requests.length, 1 + files - 2 + parts + (hasManifest ? 0 : files));
      server.reset();
      const second = await loadFrom(testStore(server.url, { cache }).store);
      assert.is(server.bytes, manifestBytes);
      assert.is(server.requests.length, hasManifest ? 1 : 1 + files);
      assert.equal(await first.embedTexts(['a red circle']), await second.embedTexts(['a red circle']));
      await first.close();
      await second.close();
    });
  }
}

function blocksOf(name: string): number {
  return Math.ceil(modelFiles[name]!.length / blockBytes);
}

test('a model of 20 MB takes a request for four MB', async () => {
  const out = memoryOutput();
  await initModel({ config: 'nano', seed: 1, out });
  await using server = await serve(out.files);
  const { store } = testStore(server.url, {}, { blockBytes: 4 * 2 ** 20 });
  const model = await loadFrom(store);
  await model.close();
  const size = Object.values(out.files).reduce((sum, { length }) => sum + length, 0);
  assert.ok(size > 20e6);
  assert.is(server.bytes, size);
  const ranges = server.requests.filter(({ method, path }) => method === 'GET' && path === 'model.safetensors');
  assert.is(ranges.length, 6);
  assert.ok(server.requests.length <= 14, `${server.requests.length} requests`);
});

test('bytes are read at random, in parts and across blocks', async () => {
  const content = Uint8Array.from({ length: 5 * blockBytes + 17 }, (_, i) => (i * 31) >>> 3);
  const files: Files = { 'a b%.bin': content, 'empty.bin': new Uint8Array() };
  for (const served of [files, withManifest(files)]) {
    await using server = await serve(served);
    const { store } = testStore(server.url);
    const source = await store.open('a b%.bin');
    assert.is(source.size, content.length);
    for (const [offset, length] of [
      [3 * blockBytes - 5, 10],
      [0, 1],
      [blockBytes, blockBytes],
      [content.length - 3, 3],
      [content.length, 0],
      [5, 4 * blockBytes],
      [5, 4 * blockBytes],
    ] as const) {
      assert.equal(await source.read(offset, length), content.slice(offset, offset + length));
    }
    const parts = await Promise.all([source.read(1, 9), source.read(2 * blockBytes, 9), source.read(1, 9)]);
    assert.equal(parts[0], parts[2]);
    assert.equal(parts[1], content.slice(2 * blockBytes, 2 * blockBytes + 9));
    await source.close?.();
    await failsWith(() => source.read(0, 1), 'a%20b%25.bin', 'was closed');
    assert.is((await (await store.open('empty.bin')).read(0, 0)).length, 0);
  }
});

test('files are listed as far as they are known, and none outside the folder is asked for', async () => {
  await using server = await serve(modelFiles);
  const { store } = testStore(server.url);
  assert.equal(await store.list(), []);
  assert.ok(await store.exists('config.json'));
  assert.not(await store.exists('none.json'));
  assert.equal(await store.list(), ['config.json']);
  server.files = withManifest({ ...modelFiles, 'training/log.json': '{}' });
  server.reset();
  const listed = testStore(server.url.replace(/\/$/, '?key=1')).store;
  assert.equal(await listed.list(), Object.keys(modelFiles).sort());
  assert.ok(await listed.exists('training/log.json'));
  assert.not(await listed.exists('none.json'));
  assert.is(await listed.readText('training/log.json'), '{}');
  for (const path of ['../config.json', '/config.json', 'a//b', 'a\\b', '']) {
    await failsWith(() => listed.open(path), 'leaves the folder');
  }
  assert.equal(
    server.requests.map(({ path }) => path),
    ['files.json', 'training/log.json'],
  );
});

test('a server that refuses HEAD is asked for the first byte', async () => {
  await using server = await serve(modelFiles);
  server.misbehave = ({ method }, response) => {
    if (method !== 'HEAD') return false;
    response.writeHead(405).end();
    return true;
  };
  for (const ranges of [true, false]) {
    server.ranges = ranges;
    assert.is(await readWeights(testStore(server.url).store), expected);
    assert.not(await testStore(server.url).store.exists('none.json'));
  }
});

test.run();
