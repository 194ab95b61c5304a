// A real Llama: what it continues BOS with is what transformers generates, id by id.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { graphEngine, loadOn } from '../../model/load.ts';
import { directoryStore } from '../../targets/node/files.ts';
import { testWithShared } from '../support/skip.ts';
import { openDevice } from './device-engine.ts';
import { withImportedModel } from './imported-model.ts';
import { recorded } from './recorded.ts';

const { engine } = await openDevice();
const test = suite(`stories260K on ${engine.info.backend}`);

const host = {
  openStore: directoryStore,
  decodeImage: async () => {
    throw new Error('no image is needed');
  },
};

testWithShared(test, 'BOS continues greedily to the ids of greedy.json', 'weights', async (weights) => {
  const { ids } = JSON.parse(await readFile(join(weights, 'stories260K', 'greedy.json'), 'utf8')) as { ids: number[] };
  await withImportedModel(weights, async (path) => {
    const watched = recorded(graphEngine(engine));
    const model = await loadOn(path, host, watched);
    const [bos, ...due] = ids as [number, ...number[]];
    assert.equal(await model.continueText([bos], { steps: due.length }).ids(), due);
    assert.is(watched.compiled.filter((name) => name.startsWith('decode')).length, 1);
    const half = Math.floor(due.length / 2);
    const rest = await model.continueText(ids.slice(0, half), { steps: 20 }).ids();
    assert.equal(rest, ids.slice(half, half + 20), 'from the middle of the story');
    await model.close();
  });
});

test.after(() => engine.close());
test.run();
