import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { configFromGolden, gridSize, type MmgemConfig, parseConfig } from '../../model/config.ts';
import { namedConfig, namedConfigs } from '../../model/configs.ts';
import { openCheckpoint } from '../../model/files/checkpoint.ts';
import { parameterCount, parameterShapes, validateParameters } from '../../model/parameters.ts';
import { directoryStore } from '../../targets/node/files.ts';
import { failsWith } from './support.ts';

const test = suite('config');
const golden = directoryStore(new URL('../../../test/golden', import.meta.url).pathname);
const copy = (config: MmgemConfig) => JSON.parse(JSON.stringify(config));

test('named configurations are valid and of the published sizes', async () => {
  for (const [name, config] of Object.entries(namedConfigs)) assert.equal(parseConfig(copy(config), name), config);
  const millions = (name: string) => Math.round(parameterCount(namedConfig(name)) / 1e5) / 10;
  assert.ok(millions('nano') <= 10, `nano has ${millions('nano')} M`);
  const vision = (name: keyof typeof namedConfigs) => {
    let count = 0;
    for (const [key, shape] of parameterShapes(namedConfigs[name])) {
      if (key.startsWith('visual.')) count += shape.reduce((a, b) => a * b, 1);
    }
    return count;
  };
  // The published counts include visual.proj, [768, 512] and [1024, 768], which MM-GEM does not use.
  assert.is(Math.round((vision('vit-b-16+tinyllama') + 768 * 512) / 1e5), 862);
  assert.is(Math.round((vision('vit-l-14+tinyllama') + 1024 * 768) / 1e5), 3040);
  assert.is(Math.round((vision('vit-l-14-336+tinyllama') + 1024 * 768) / 1e5), 3043);
  assert.is(gridSize(namedConfigs['vit-l-14-336+tinyllama'].vision), 24);
  await failsWith(() => namedConfig('nanno'), 'nanno', 'nano, mini, vit-b-16');
  await failsWith(() => namedConfig('toString'), 'toString');
});

for (const name of ['tiny', 'odd']) {
  test(`the golden model ${name} has the parameters of its configuration`, async () => {
    const checkpoint = await openCheckpoint(golden, { base: `${name}_params.safetensors` });
    const config = configFromGolden(checkpoint.metadata, name);
    validateParameters(checkpoint, config);
    assert.equal([...parameterShapes(config).keys()].sort(), checkpoint.names().sort());
    assert.is(config.vision.activation, name === 'odd' ? 'quick_gelu' : 'gelu');
    assert.equal(config.tokens.cap, config.language.vocab_size - 1);
    await checkpoint.close();
  });
}

const nano = namedConfigs.nano;
const faults: readonly (readonly [path: string, value: unknown, ...says: string[]])[] = [
  ['model_type', 'clip', '"mmgem"'],
  ['vision', undefined, 'vision is missing', 'object'],
  ['vision', [], 'vision is []'],
  ['vision.layers', undefined, 'vision.layers is missing', 'integer of at least 1'],
  ['vision.layers', 0, 'vision.layers is 0'],
  ['vision.layers', 1.5, 'vision.layers is 1.5'],
  ['vision.layers', '12', 'vision.layers is "12"'],
  ['vision.layers', 1e300, 'vision.layers'],
  ['vision.image_size', 100, 'multiple of vision.patch_size 12'],
  ['vision.heads', 5, 'multiple of vision.heads 5'],
  ['vision.mlp_ratio', 0.001, 'integer'],
  ['vision.mlp_ratio', -4, 'greater than 0'],
  ['vision.activation', 'relu', '"gelu" or "quick_gelu"'],
  ['vision.form', 'hf', '"openclip" or "timm"'],
  ['vision.layer_norm_eps', 0, 'greater than 0'],
  ['vision.pre_norm', 1, 'true or false'],
  ['vision.depth', 12, 'vision.depth', 'no field'],
  ['language.kv_heads', 3, 'does not divide'],
  ['language.hidden_size', 260, 'language.hidden_size', 'even width'],
  ['language.rms_norm_eps', null, 'language.rms_norm_eps is null'],
  ['language.max_position_embeddings', 51, 'max_text_length is 50', '51'],
  ['tokens.bos', 4096, 'tokens.bos', 'vocab_size 4096'],
  ['tokens.emb', -1, 'tokens.emb', 'token id'],
  ['tokens.cap', 4094, 'ids of their own'],
  ['extra', 1, 'extra is no field'],
  ['cap_first', 'no', 'cap_first', 'true or false'],
  ['embedding_size', Number.NaN, 'embedding_size'],
];

for (const [path, value, ...says] of faults) {
  test(`faulty: ${path} = ${JSON.stringify(value)}`, async () => {
    const config = copy(nano);
    const [first = '', second] = path.split('.');
    if (second === undefined) config[first] = value;
    else config[first][second] = value;
    await failsWith(() => parseConfig(config, 'dir/config.json'), 'dir/config.json', ...says);
  });
}

test('a configuration that is no object', async () => {
  for (const json of [null, 3, 'x', []]) await failsWith(() => parseConfig(json, 'c.json'), 'c.json', 'not an object');
});

test('tensors that do not fit are listed at once, of many the first', async () => {
  const checkpoint = await openCheckpoint(golden, { base: 'tiny_params.safetensors' });
  const config = configFromGolden(checkpoint.metadata);
  const tied = { ...config, language: { ...config.language, tie_word_embeddings: true } };
  await failsWith(
    () => validateParameters(checkpoint, tied),
    'a tensor does not fit',
    'lm_head.weight belongs to no part',
  );
  const other = { ...config, embedding_size: 41, vision: { ...config.vision, patch_bias: true } };
  await failsWith(
    () => validateParameters(checkpoint, other),
    'tiny_params.safetensors',
    'visual.conv1.bias [32] is missing',
    'h1.weight is [40,32] where [41,32] is due',
    'h4.bias is [40]',
    'Correct config.json',
  );
  const integers = { ...checkpoint, dtype: () => 'I32' as const };
  await failsWith(() => validateParameters(integers, config), ' is I32 where F32', /and \d\d more/);
  await checkpoint.close();
});

test.run();
