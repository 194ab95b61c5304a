// What is kept from one load to the next: resumed, checked, replaced when the server has another file, given up when full.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type BlockCache, type KeptBlock, memoryCache } from '../../targets/web/files/block-cache.ts';
import { type Files, failsWith, memoryStore } from '../files/support.ts';
import { smallConfig, smallModelFiles } from '../model/small-model.ts';
import { answerFor, type Misbehaviour, serve, type TestServer } from './server.ts';
import { blockBytes, modelFiles, readWeights, testStore, weightsBlocks, withManifest } from './support.ts';

const test = suite('kept downloads');

const weights = 'model.safetensors';
const expected = await readWeights(memoryStore('memory', modelFiles));
const otherFiles = await smallModelFiles(smallConfig, 2);
const otherExpected = await readWeights(memoryStore('memory', otherFiles));

/** Hangs up on everything that asks for the weights from some block on. */
const hangUpFrom =
  (block: number): Misbehaviour =>
  (request, _response, path) => {
    const begin = Number(/bytes=(\d+)/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (request.method === 'HEAD' || path !== weights || begin < block * blockBytes) return false;
    request.socket.destroy();
    return true;
  };

/** Blocks of the weights that were asked for, by their numbers. */
const blocksAskedFor = ({ requests }: TestServer): number[] =>
  requests
    .filter(({ method, path }) => method === 'GET' && path === weights)
    .map(({ range }) => Number(/bytes=(\d+)/.exec(range!)![1]) / blockBytes)
    .sort();

const variants: readonly (readonly [string, (files: Files) => Files])[] = [
  ['with a manifest', withManifest],
  ['without a manifest', (files) => files],
];

for (const [how, prepared] of variants) {
  test(`${how}: an interrupted download goes on where it stopped`, async () => {
    await using server = await serve(prepared(modelFiles));
    const cache = memoryCache();
    server.misbehave = hangUpFrom(2);
    await failsWith(
      () => readWeights(testStore(server.url, { cache }).store),
      weights,
      /after 4 tries: .* was cut|after 4 tries: the server cannot be reached/,
    );
    server.misbehave = () => false;
    server.reset();
    assert.is(await readWeights(testStore(server.url, { cache }).store), expected);
    assert.equal(
      blocksAskedFor(server),
      Array.from({ length: weightsBlocks - 2 }, (_, i) => i + 2),
    );
  });

  test(`${how}: works without the server, and says so`, async () => {
    await using server = await serve(prepared(modelFiles));
    const cache = memoryCache();
    await readWeights(testStore(server.url, { cache }).store);
    await server.stop();
    const { store, warnings } = testStore(server.url, { cache });
    assert.is(await readWeights(store), expected);
    assert.is(warnings.length, 1);
    assert.match(warnings[0]!, /the server cannot be reached; the files that were kept of it are used as they are/);
    await failsWith(() => readWeights(testStore(server.url).store), /after 2 tries: the server cannot be reached/);
  });

  test(`${how}: a changed file is fetched anew, and the old one removed`, async () => {
    await using server = await serve(prepared(modelFiles));
    const cache = memoryCache();
    await readWeights(testStore(server.url, { cache }).store);
    const url = server.url + weights;
    const [before] = await cache.versions(url);
    server.files = prepared({ ...modelFiles, [weights]: otherFiles[weights]! });
    server.reset();
    const { store, warnings } = testStore(server.url, { cache });
    assert.is(await readWeights(store), otherExpected);
    assert.equal(warnings, []);
    assert.is(blocksAskedFor(server).length, weightsBlocks);
    assert.not(server.requests.some(({ method, path }) => method === 'GET' && path === 'config.json'));
    const after = await cache.versions(url);
    assert.is(after.length, 1);
    assert.is.not(after[0], before);
  });

  test(`${how}: what was damaged or cut in the cache is fetched again`, async () => {
    await using server = await serve(prepared(modelFiles));
    const cache = memoryCache();
    await readWeights(testStore(server.url, { cache }).store);
    const url = server.url + weights;
    const [version] = await cache.versions(url);
    const change = async (block: number, damage: (kept: KeptBlock) => KeptBlock) => {
      const name = `${blockBytes}/${block}`;
      await cache.write(url, version!, name, damage((await cache.read(url, version!, name))!));
    };
    await change(0, ({ bytes, sha256 }) => ({ bytes: bytes.map((byte, i) => (i === 9 ? byte ^ 1 : byte)), sha256 }));
    await change(2, ({ bytes, sha256 }) => ({ bytes: bytes.slice(0, 99), sha256 }));
    server.reset();
    const { store, warnings } = testStore(server.url, { cache });
    assert.is(await readWeights(store), expected);
    assert.equal(blocksAskedFor(server), [0, 2]);
    assert.is(warnings.length, 2);
    for (const warning of warnings) assert.match(warning, /model\.safetensors: what was kept of it is damaged/);
    server.reset();
    assert.is(await readWeights(testStore(server.url, { cache }).store), expected);
    assert.equal(blocksAskedFor(server), []);
  });

  const full =
    how === 'with a manifest'
      ? new DOMException('The quota has been exceeded.', 'QuotaExceededError')
      : { name: 'NS_ERROR_FILE_NO_DEVICE_SPACE' }; // Firefox's
  test(`${how}: a full storage is told once, and loading goes on`, async () => {
    await using server = await serve(prepared(modelFiles));
    const whole = memoryCache();
    let room = 3;
    const cache: BlockCache = {
      ...whole,
      async write(...block) {
        if (room-- <= 0) throw full;
        return whole.write(...block);
      },
      room: async () => ({ free: 1000, quota: 50_000 }),
    };
    const { store, warnings } = testStore(server.url, { cache });
    assert.is(await readWeights(store), expected);
    assert.is(warnings.length, 1);
    assert.match(
      warnings[0]!,
      how === 'with a manifest'
        ? /^Downloaded files are not kept .* is full \(all files together have \d+ kB; 1 kB of 50 kB are free\)\. Everything works now/
        : /^Downloaded files are not kept .* is full\. Everything works now/,
    );
  });
}

test('a cache that fails is told once, and loading goes on', async () => {
  await using server = await serve(withManifest(modelFiles));
  const fail = async (): Promise<never> => {
    throw new Error('the disk is gone');
  };
  const cache: BlockCache = { versions: fail, read: fail, write: fail, remove: fail };
  const { store, warnings } = testStore(server.url, { cache });
  assert.is(await readWeights(store), expected);
  assert.equal(warnings, ['Downloaded files are not kept for the next time: the disk is gone.']);
});

test('a file that nothing tells from its other versions is not kept, and that is told', async () => {
  await using server = await serve(modelFiles);
  server.validators = false;
  const cache = memoryCache();
  const { store, warnings } = testStore(server.url, { cache });
  assert.is(await readWeights(store), expected);
  assert.equal(await cache.versions(server.url + weights), []);
  assert.is(warnings.length, 1);
  assert.match(warnings[0]!, /nothing is kept for the next time, as the server sends neither ETag nor Last-Modified/);
});

test('a file that changes while it is downloaded is an error, and the next load is right', async () => {
  await using server = await serve(modelFiles);
  const cache = memoryCache();
  let gets = 0;
  server.misbehave = ({ method }, _response, path) => {
    if (path === weights && method === 'GET' && gets++ === 2) server.files = otherFiles;
    return false;
  };
  await failsWith(
    () => readWeights(testStore(server.url, { cache }).store),
    weights,
    'is not the file it was before',
    'Load again',
  );
  assert.is(await readWeights(testStore(server.url, { cache }).store), otherExpected);
});

test('a manifest that is gone is forgotten', async () => {
  await using server = await serve(withManifest(modelFiles));
  const cache = memoryCache();
  await readWeights(testStore(server.url, { cache }).store);
  server.files = otherFiles;
  assert.is(await readWeights(testStore(server.url, { cache }).store), otherExpected);
  await server.stop();
  assert.is(await readWeights(testStore(server.url, { cache }).store), otherExpected);
});

test('what came before an abort is kept', async () => {
  await using server = await serve(withManifest(modelFiles));
  const cache = memoryCache();
  const controller = new AbortController();
  server.misbehave = (request, response, path) => {
    const begin = Number(/bytes=(\d+)/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (path !== weights || begin < 2 * blockBytes) return false;
    const { status, headers, body } = answerFor(Buffer.from(modelFiles[weights]!), request.headers.range);
    response.writeHead(status, headers);
    response.write(body.subarray(0, 100));
    setTimeout(() => controller.abort(new Error('the page was left')), 50);
    return true;
  };
  const { store } = testStore(server.url, { cache, signal: controller.signal });
  await readWeights(store).then(
    () => assert.unreachable('it was aborted'),
    (error: Error) => assert.is(error.message, 'the page was left'),
  );
  await store.readText('config.json').then(
    () => assert.unreachable('it was aborted'),
    (error: Error) => assert.is(error.message, 'the page was left'),
  );
  server.misbehave = () => false;
  server.reset();
  assert.is(await readWeights(testStore(server.url, { cache }).store), expected);
  assert.equal(
    blocksAskedFor(server),
    Array.from({ length: weightsBlocks - 2 }, (_, i) => i + 2),
  );
});

test.run();
