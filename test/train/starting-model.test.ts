import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { namedConfig } from '../../model/configs.ts';
import { initModel } from '../../model/files/init.ts';
import { openModelDirectory } from '../../model/files/model-directory.ts';
import { initParameter } from '../../model/initial-parameters.ts';
import { parameterShapes } from '../../model/parameters.ts';
import { modelOfConfig, modelOfDirectory } from '../../model/train/starting-model.ts';
import { languageStore, openclip, ours, renamed, run, timmConfig, visionStore } from '../files/import-support.ts';
import { failsWith, memoryOutput, memoryStore } from '../files/support.ts';
import { microConfig } from './micro-model.ts';

const test = suite('the model that a run begins with');

test('public weights in their place, and random ones beside them: as mmgem import assembles them', async () => {
  for (const [vision, imageSize] of [
    [await visionStore(openclip()), 24],
    [await visionStore(renamed(ours(timmConfig), 'timm', '')), 32],
  ] as const) {
    const language = await languageStore();
    const { config, checkpoint } = await run({ vision, language, imageSize, seed: 3 });
    const { weights, tokenizer, notes } = await modelOfConfig({
      config,
      seed: 3,
      vision: { store: vision },
      language: { store: language },
    });
    for (const name of parameterShapes(config).keys()) {
      assert.equal(await weights.read(name), await checkpoint.read(name), name);
    }
    assert.is(tokenizer?.name, 'llama/tokenizer.json');
    assert.match(notes.join('\n'), 'vision: ');
  }
});

test('images are normalised as the weights want it, and seen as a whole', async () => {
  const timm = await visionStore(renamed(ours(timmConfig), 'timm', ''));
  const { config } = await run({ vision: timm });
  const { settings, preprocessor } = await modelOfConfig({ config, seed: 0, vision: { store: timm } });
  assert.equal([settings.mean, settings.crop.height, settings.resize], [[0.5, 0.5, 0.5], 24, 24]);
  assert.is(preprocessor.size.shortest_edge, preprocessor.crop_size.height);
});

test('random weights are those of mmgem init', async () => {
  const out = memoryOutput();
  await initModel({ config: microConfig, seed: 5, out });
  const { checkpoint } = await openModelDirectory(memoryStore('out', out.files));
  const fresh = await modelOfConfig({ config: microConfig, seed: 5 });
  const opened = await modelOfDirectory(memoryStore('out', out.files));
  for (const name of parameterShapes(microConfig).keys()) {
    const due = await checkpoint.read(name);
    assert.equal(await fresh.weights.read(name), due, name);
    assert.equal(await opened.weights.read(name), due, name);
  }
  assert.equal(opened.preprocessor, fresh.preprocessor);
  assert.equal((await fresh.weights.read('rope.frequencies')).length, 1);
  assert.is((await modelOfConfig({ config: 'nano', seed: 0 })).config, namedConfig('nano'));
  assert.equal(
    await fresh.weights.read('h1.weight'),
    initParameter('h1.weight', [microConfig.embedding_size, microConfig.vision.width], microConfig, 5),
  );
});

test('weights of another configuration are refused, naming the field', async () => {
  const [vision, language] = [await visionStore(openclip()), await languageStore()];
  const { config } = await run({ vision, language });
  const of = (changes: object) => () =>
    modelOfConfig({
      config: { ...config, ...changes },
      seed: 0,
      vision: { store: vision },
      language: { store: language },
    });
  await failsWith(
    of({ vision: { ...config.vision, layers: 3 } }),
    'model.config.vision.layers is 3, but 2 in these weights',
    'model.initFrom',
  );
  await failsWith(of({ language: { ...config.language, rope_theta: 1 } }), 'language.rope_theta is 1, but 500');
  await failsWith(of({ tokens: { ...config.tokens, bos: 3 } }), 'tokens.bos is 3, but 1');
  const empty = memoryStore('empty', {});
  await failsWith(() => modelOfConfig({ config, seed: 0, vision: { store: empty } }), 'empty');
  await failsWith(() => modelOfDirectory(empty), 'empty: is no model directory, as it has no config.json');
});

test.run();
