// Scenes as training data: the same as those that the generator draws, whoever draws them.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openBatches } from '../../model/data/batches.ts';
import type { DataRecord } from '../../model/data/record.ts';
import { type SceneImage, scenes } from '../../model/data/sources/scenes.ts';
import { preprocess } from '../../model/preprocess/preprocess.ts';
import { scene } from '../../model/scenes/scene.ts';
import { openItems } from '../../targets/node/data/items.ts';
import { openSource } from '../../targets/node/data/sources.ts';
import { imageThreads } from '../../targets/node/data/threads.ts';
import { imageTools } from '../../targets/node/data/tools.ts';
import { failsWith } from '../files/support.ts';
import { common, config, digestOf, settings, steps, takeAll, tokenizer } from './support.ts';

const test = suite('scenes as data');
const side = settings.crop.height;
const described = (fields: object) => ({ json: { format: 'scenes', ...fields }, where: 'd' });
const longTexts = { ...config, max_text_length: 60 };

test('records say of a scene what the generator says', async () => {
  const source = scenes({ seed: 4, epoch: 3, side, counts: [0, 1, 0, 0] });
  const records = (await takeAll(source.records({ epoch: 2 }))) as DataRecord[];
  assert.equal(
    records.map(({ key }) => key),
    ['scene 4/6', 'scene 4/7', 'scene 4/8'],
  );
  for (const [i, { captions, longCaption, regions }] of records.entries()) {
    const due = scene({ seed: 4, index: 6 + i }, { side, counts: [0, 1, 0, 0] });
    assert.equal([captions, longCaption, regions], [due.captions, due.longCaption, due.regions]);
  }
});

test('a record that is passed over costs nothing: its scene is never made', async () => {
  const source = scenes({ seed: 4, side, counts: [-1, 0, 0, 0] });
  const [record] = (await takeAll(source.records({ epoch: 0 }))) as [DataRecord];
  await failsWith(() => record.captions, 'counts');
});

for (const kind of ['pairs', 'regions'] as const) {
  test(`${kind}: drawn in threads as inline, and from any place on as from the beginning`, async () => {
    const source = await openSource(described({ epoch: 10 }), { seed: 9, side });
    const options = { ...common, source, kind, config: longTexts, shuffle: 0, longCaption: 0.5 };
    const inline = openBatches(options);
    const first = await inline.next();
    assert.is(first.batch.keys[1], 'scene 9/1');
    const due = preprocess(scene({ seed: 9, index: 1 }, { side }).image, settings);
    assert.equal(first.batch.images.subarray(due.length, 2 * due.length), due);
    const expected = [digestOf(first.batch), ...(await steps(inline, 4)).map(({ digest }) => digest)];
    await inline.close();
    const threaded = openBatches({ ...options, prepare: imageThreads({ count: 2 }) });
    const taken = await steps(threaded, 5);
    await threaded.close();
    assert.equal(
      taken.map(({ digest }) => digest),
      expected,
    );
    const later = openBatches({ ...options, place: JSON.parse(taken[2]!.place) });
    assert.equal(
      (await steps(later, 2)).map(({ digest }) => digest),
      expected.slice(3),
    );
    await later.close();
  });
}

test('descriptions: what they leave open, and what is refused', async () => {
  const imageOf = async (fields: object) => {
    const source = await openSource(described({ epoch: 1, ...fields }), { seed: 3, side: 96 });
    const [record] = (await takeAll(source.records({ epoch: 1 }))) as [DataRecord];
    const { seed, index, side, split } = record.image as SceneImage;
    return { seed, index, side, split };
  };
  assert.equal(await imageOf({}), { seed: 3, index: 1, side: 96, split: undefined });
  assert.equal(await imageOf({ seed: 5, side: 32, split: 'eval' }), { seed: 5, index: 1, side: 32, split: 'eval' });
  for (const [fields, ...says] of [
    [{ seed: 0.5 }, 'd: seed is 0.5', 'an integer'],
    [{ counts: [1, 1] }, 'd: counts is [1,1]', 'a list of 4'],
    [{ split: 'test' }, 'd: split is "test"', '"train" or "eval"'],
    [{ epoch: 0 }, 'd: epoch is 0'],
    [{ folder: 'a' }, 'folder is no field of the format scenes'],
  ] as const) {
    await failsWith(() => openSource(described(fields)), ...says);
  }
});

test('to evaluate on: scenes that no training sees, drawn at the size of the model, with a judge', async () => {
  const tools = await imageTools();
  const { items, areDistinct } = await openItems(described({}), tools, { limit: 12, side });
  assert.is(items.length, 12);
  const drawn = scene({ seed: 0, index: 3 }, { split: 'eval', side });
  assert.equal(items[3]!.captions, drawn.captions);
  assert.equal(items[3]!.image.image, drawn.image);
  assert.is(items[3]!.judge!(drawn.caption).right, true);
  assert.type(areDistinct, 'function');
  await failsWith(() => openItems(described({ epoch: 4 }), tools, { limit: 1 }), 'd: epoch');
  await failsWith(() => openItems(described({}), tools, {}), 'd: scenes have no end');
});

test('texts fit the packaged tokenizer', async () => {
  const source = scenes({ seed: 1, epoch: 50 });
  for (const { captions, longCaption } of (await takeAll(source.records({ epoch: 0 }))) as DataRecord[]) {
    for (const text of [...captions, longCaption!]) assert.ok(tokenizer.encode(text).length <= 50, text);
  }
});

test.run();
