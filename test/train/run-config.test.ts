import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { namedConfigs } from '../../model/configs.ts';
import { parseRunConfig } from '../../model/train/run-config.ts';
import { checkUnchanged } from '../../model/train/run-config-change.ts';
import { failsWith } from '../files/support.ts';
import { repositoryRoot } from '../support/repository.ts';

const test = suite('configuration of a run');

const least = {
  model: { config: 'nano' },
  data: { source: { format: 'webdataset', folder: 'data' } },
  batchSize: 64,
  steps: 1000,
  out: 'runs/a',
};
const dev = { format: 'webdataset', folder: 'dev' };
const parse = (changes: object) => parseRunConfig({ ...least, ...changes }, 'run.json');

test('what is left out is as in the paper and the notes on it', () => {
  assert.equal(parse({}), {
    ...least,
    model: { config: 'nano', seed: 0 },
    stage: 'stage1',
    objective: 'joint',
    data: {
      ...least.data,
      seed: 0,
      augmentation: { scale: [0.9, 1], ratio: [3 / 4, 4 / 3] },
      shuffleBuffer: 1000,
      maxBroken: 0.01,
      lengthMultiple: 1,
      longCaption: 0,
      wholeImage: 0,
      truncate: false,
    },
    optimizer: {
      name: 'lamb',
      rate: 5e-5,
      projectionRate: 5e-4,
      weightDecay: 0.05,
      betas: [0.9, 0.98],
      epsilon: 1e-6,
      clipNorm: 1,
    },
    schedule: { kind: 'cosine', warmupSteps: 100, minimum: 0 },
    temperature: 'learnable',
    lossWeights: { emb: 1, gen: 1 },
    guard: { factor: 3, steps: 10, window: 64 },
    checkpoint: { every: { minutes: 10 }, keep: 3 },
    seed: 0,
  });
});

test('a complete configuration comes through as it is', () => {
  const complete = parse({
    model: { config: namedConfigs.nano, seed: 3, initFrom: { vision: '../vit' }, tokenizer: '../tokenizer' },
    data: {
      source: { format: 'coco', captions: 'a.json', images: 'photos' },
      seed: 2,
      workers: 2,
      augmentation: { scale: [0.5, 1], flip: true },
      maxBroken: 0,
    },
    chunk: 16,
    temperature: { from: 0.07, to: 0.02 },
    checkpoint: { every: { steps: 100, minutes: 5 }, keep: 1 },
    evaluation: { source: dev, every: { steps: 50 }, items: 10 },
    seed: 9,
  });
  assert.equal(parseRunConfig(JSON.parse(JSON.stringify(complete)), 'again.json'), complete);
  assert.is(parse({ seed: 9 }).data.seed, 9, 'one seed for all');
  assert.equal(parse({ checkpoint: { every: { steps: 5 } } }).checkpoint.every, { steps: 5 }, 'and no minutes besides');
  const { augmentation, shuffleBuffer } = parse({ data: { source: { format: 'scenes' } } }).data;
  assert.equal([augmentation, shuffleBuffer], ['none', 0], 'scenes come by chance, and say left and right');
  const { data } = parse({ stage: 'stage2-caption' });
  assert.equal([data.augmentation, data.wholeImage], ['none', 0.2]);
  assert.not('objective' in parse({ stage: 'stage2-caption' }));
  assert.equal(parse({ evaluation: { source: dev } }).evaluation, { source: dev, every: { steps: 500 }, items: 200 });
  parse({ model: { directory: 'runs/stage1' }, stage: 'stage2-retrieval', steps: undefined, minutes: 10 });
});

/** Changes that make a configuration wrong, and what has to be said of them. */
const wrong: readonly (readonly [change: object, ...says: (string | RegExp)[]])[] = [
  [{ batchSize: undefined }, 'batchSize is missing', 'an integer of at least 1'],
  [{ batchSize: 0.5 }, 'batchSize is 0.5'],
  [{ batchsize: 64 }, 'batchsize is no field', 'batchSize'],
  [{ model: undefined }, 'model.config is missing', 'the name of a configuration'],
  [{ model: 'nano' }, 'model is "nano", not an object with config'],
  [{ data: {} }, 'data.source is missing', 'with the "format" of the data'],
  [{ model: { config: 'giga' } }, 'model.config', 'giga', 'nano'],
  [{ model: { config: { ...namedConfigs.nano, soft_prompts: 0 } } }, 'model.config: soft_prompts is 0'],
  [{ model: { directory: 'a', seed: 1 } }, 'model.seed is no field'],
  [{ model: { directory: 'a', roiGrid: 0 } }, 'model.roiGrid is 0', 'an integer of at least 1'],
  [{ model: { config: 'nano', initFrom: { voice: 'x' } } }, 'model.initFrom.voice', 'vision, language'],
  [{ stage: 'stage3' }, 'stage is "stage3"', '"stage1" or "stage1-regions" or "stage2-caption" or "stage2-retrieval"'],
  [{ stage: 'stage2-caption', objective: 'joint' }, 'objective is "joint"', 'Remove it'],
  [{ objective: 'both' }, 'objective is "both"'],
  [{ data: { source: { folder: 'a' } } }, 'data.source is {"folder":"a"}', '"format"'],
  [{ data: { source: 'scenes' } }, 'data.source is "scenes"'],
  [{ data: { ...least.data, paths: ['a'] } }, 'data.paths is no field'],
  [{ data: { ...least.data, maxBroken: 1.5 } }, 'data.maxBroken is 1.5', 'or a share below 1'],
  [{ data: { ...least.data, longCaption: 2 } }, 'data.longCaption is 2', 'from 0 to 1'],
  [{ data: { ...least.data, augmentation: { flip: 1 } } }, 'data.augmentation.flip is 1', 'true or false'],
  [{ data: { ...least.data, augmentation: null } }, 'data.augmentation is null'],
  [{ data: { ...least.data, augmentation: 'some' } }, 'data.augmentation is "some"', '"none" or an object with scale'],
  [
    { data: { ...least.data, augmentation: { scale: [1, 0.9], ratio: [1, 1] } } },
    'augmentation.scale is [1,0.9]',
    'Swap',
  ],
  [{ chunk: 65 }, 'chunk is 65', 'batchSize 64'],
  [{ steps: undefined }, 'steps and minutes are missing'],
  [{ minutes: 3 }, 'steps and minutes both say'],
  [{ optimizer: { rate: -1 } }, 'optimizer.rate is -1', 'greater than 0'],
  [{ optimizer: { betas: [0.9, 1] } }, 'optimizer.betas is [0.9,1]', 'a list of 2', 'below 1'],
  [{ optimizer: 'adamw' }, 'optimizer is "adamw"', 'an object with name'],
  [{ schedule: { warmupSteps: 1000 } }, 'schedule.warmupSteps is 1000', 'steps 1000'],
  [{ temperature: 0.07 }, 'temperature is 0.07', '"learnable" or an object with from, to'],
  [{ temperature: { from: 0.07, to: 0.001 } }, 'temperature.to is 0.001', 'from 0.01 to 1'],
  [{ guard: { factor: 1 } }, 'guard.factor is 1', 'above 1'],
  [{ checkpoint: { keep: 0 } }, 'checkpoint.keep is 0'],
  [{ checkpoint: { every: {} } }, 'checkpoint.every is empty'],
  [{ checkpoint: { every: 10 } }, 'checkpoint.every is 10', 'an object with steps, minutes'],
  [{ evaluation: { items: 5 } }, 'evaluation.source is missing', 'with the "format"'],
  [{ evaluation: null }, 'evaluation is null'],
  [{ seed: 1.5 }, 'seed is 1.5'],
  [{ out: '' }, 'out is ""'],
];

for (const [change, ...says] of wrong) {
  test(`refused: ${JSON.stringify(change).slice(0, 70)}`, async () => {
    await failsWith(() => parse(change), 'run.json: ', ...says);
  });
}

test('configurations that are committed, and the one that the README shows', async () => {
  const folder = join(repositoryRoot, 'model', 'train', 'configs');
  const names = await readdir(folder);
  assert.ok(names.length > 0);
  for (const name of names) parseRunConfig(JSON.parse(await readFile(join(folder, name), 'utf8')), name);
  const readme = await readFile(join(repositoryRoot, 'model', 'README.md'), 'utf8');
  parseRunConfig(JSON.parse(/^```json\n([\s\S]*?)^```/m.exec(readme)![1]!), 'README.md');
});

test('what is no object is refused', async () => {
  for (const json of [null, [], 3, 'nano'])
    await failsWith(() => parseRunConfig(json, 'run.json'), 'run.json: the configuration is');
});

test('a resumed run may change what decides neither parameters nor place, and nothing else', async () => {
  const before = parse({});
  const free = [
    { steps: 2000 },
    { steps: undefined, minutes: 5 },
    { out: 'elsewhere' },
    { checkpoint: { keep: 9 } },
    { evaluation: { items: 5, source: dev } },
    { guard: { factor: 10 } },
    { data: { ...least.data, workers: 1, maxBroken: 3 } },
  ];
  for (const change of free) checkUnchanged(before, parse(change), 'c');
  const bound: readonly (readonly [object, ...string[]])[] = [
    [{ batchSize: 32 }, 'batchSize is 32, and was 64 in the run that made c'],
    [{ optimizer: { betas: [0.9, 0.999] } }, 'optimizer.betas is [0.9,0.999]'],
    [{ chunk: 8 }, 'chunk is 8, and was missing'],
    [{ data: { source: { format: 'webdataset', folder: 'other' } } }, 'data.source.folder is "other"'],
    [{ data: { ...least.data, lengthMultiple: 8 } }, 'data.lengthMultiple is 8, and was 1'],
    [{ temperature: { from: 0.07, to: 0.02 } }, 'temperature is {"from":0.07', 'was "learnable"'],
    [{ model: { directory: 'm' } }, 'model.config is missing, and was "nano"'],
  ];
  for (const [change, ...says] of bound) await failsWith(() => checkUnchanged(before, parse(change), 'c'), ...says);
});

test.run();
