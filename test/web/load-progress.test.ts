// One progress for a whole load: it never goes back, names its phases in order, and ends with exactly 1.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { loadOn, type Preparation } from '../../model/load.ts';
import type { RgbImage } from '../../model/preprocess/image.ts';
import { type BlockCache, memoryCache } from '../../targets/web/files/block-cache.ts';
import { LoadProgress, type LoadState } from '../../targets/web/load-progress.ts';
import { interpreterEngine } from '../model/interpreter-engine.ts';
import { type Misbehaviour, serve } from './server.ts';
import { modelBytes, modelFiles, testStore, withManifest } from './support.ts';

const test = suite('load progress');

/** Every state that a load tells. */
async function statesOf(url: string, prepare: readonly Preparation[], cache?: BlockCache): Promise<LoadState[]> {
  const states: LoadState[] = [];
  const progress = new LoadProgress(prepare, (state) => states.push(state));
  const { store } = testStore(url, { cache, onProgress: progress.onDownload });
  const host = { openStore: () => store, decodeImage: async (image: RgbImage) => image };
  const { onProgress } = progress;
  const model = await loadOn('model', host, interpreterEngine(), { prepare, onProgress });
  progress.finish();
  assert.is(progress.state, states.at(-1));
  await model.close();
  return states;
}

function checkStates(states: readonly LoadState[]): void {
  const phases = ['download', 'compile', 'ready'];
  for (const [i, state] of states.entries()) {
    const before = states[i - 1] ?? state;
    const shown = `${JSON.stringify(before)} then ${JSON.stringify(state)}`;
    assert.ok(state.done >= before.done, shown);
    assert.ok(state.bytes.done >= before.bytes.done && state.bytes.done <= state.bytes.total, shown);
    assert.ok(phases.indexOf(state.phase) >= phases.indexOf(before.phase), shown);
    assert.is(state.done === 1, i === states.length - 1, shown);
    assert.is(state.total, 1);
  }
  const last = states.at(-1)!;
  assert.is(last.phase, 'ready');
  assert.is(last.done / last.total, 1);
}

const preparations: readonly (readonly Preparation[])[] = [
  [],
  ['embed'],
  ['caption'],
  ['embed', 'regions', 'caption', 'regionCaption', 'locate'],
];

for (const prepare of preparations) {
  test(`of a model for ${prepare.join(', ') || 'nothing'}`, async () => {
    await using server = await serve(withManifest(modelFiles));
    const cache = memoryCache();
    const states = await statesOf(server.url, prepare, cache);
    checkStates(states);
    const again = await statesOf(server.url, prepare, cache);
    checkStates(again);
    assert.is(again.at(-1)!.bytes.downloaded, 0);
    const { done, total } = again.at(-1)!.bytes;
    assert.is(done === total, prepare.length > 0, `${done} of ${total}`);
  });
}

test('moves in small steps, and tells bytes', async () => {
  await using server = await serve(modelFiles);
  const states = await statesOf(server.url, ['embed', 'caption']);
  checkStates(states);
  assert.is(states.at(-1)!.bytes.downloaded, modelBytes);
  const steps = states.slice(1).map(({ done }, i) => done - states[i]!.done);
  assert.ok(Math.max(...steps) < 0.3, `a step of ${Math.max(...steps)}`);
  assert.ok(new Set(states.map(({ phase }) => phase)).size === 3);
});

test('does not go back when a download is tried again', async () => {
  await using server = await serve(withManifest(modelFiles));
  let [cuts, wrong] = [3, 1];
  const misbehave: Misbehaviour = (request, response, path) => {
    if (path !== 'model.safetensors') return false;
    if (cuts-- > 0) {
      request.socket.destroy();
      return true;
    }
    if (wrong-- <= 0) return false;
    response.writeHead(206).end(Buffer.alloc(2 ** 16)); // of the right length
    return true;
  };
  server.misbehave = misbehave;
  checkStates(await statesOf(server.url, ['embed']));
});

test.run();
