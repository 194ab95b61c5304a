import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { extra, languageStore, llamaConfig, openclip, run, visionStore } from './import-support.ts';
import { failsWith, memoryOutput, type NamedTensor } from './support.ts';

const test = suite('import of faulty files');

const without = (tensors: NamedTensor[], part: string) => tensors.filter(({ name }) => !name.includes(part));
const changed = (tensors: NamedTensor[], part: string, shape: number[]) =>
  tensors.map((tensor) => (tensor.name.includes(part) ? extra(tensor.name, shape)[0]! : tensor));

const faultyVision: readonly (readonly [what: string, tensors: () => NamedTensor[], ...says: string[]])[] = [
  [
    'no vision transformer',
    () => extra('encoder.weight', [2]),
    'vision/model.safetensors',
    'encoder.weight',
    'OpenCLIP',
  ],
  ['a missing tensor', () => without(openclip(), '1.ln_2.bias'), 'lacks 1', 'visual.transformer.resblocks.1.ln_2.bias'],
  ['no blocks', () => without(openclip(), 'resblocks'), 'no blocks'],
  [
    'an unknown tensor',
    () => [...openclip(), ...extra('visual.attn_pool.query', [4])],
    'visual.attn_pool.query',
    'not supported',
  ],
  [
    'a misshapen tensor',
    () => changed(openclip(), '0.mlp.c_proj.weight', [128, 9]),
    'c_proj.weight is [128,9]',
    '[128,256]',
  ],
  ['grey images', () => changed(openclip(), 'conv1', [128, 1, 8, 8]), 'conv1.weight', 'RGB'],
  ['positions of no square', () => changed(openclip(), 'positional', [9, 128]), '9 positions', 'square'],
  ['half a norm', () => without(openclip(), 'ln_pre.bias'), 'visual.ln_pre.bias'],
];

for (const [what, tensors, ...says] of faultyVision) {
  test(`faulty vision weights: ${what}`, async () => {
    const out = memoryOutput();
    const store = await visionStore(tensors());
    await failsWith(() => run({ vision: store, out }), ...says);
    assert.equal(out.files, {});
  });
}

const faultyLanguage: readonly (readonly [what: string, change: object, ...says: string[]])[] = [
  ['another architecture', { model_type: 'mistral' }, 'llama/config.json', 'model_type', '"llama"'],
  ['stretched positions', { rope_scaling: { type: 'linear', factor: 2 } }, 'rope_scaling'],
  ['another activation', { hidden_act: 'gelu' }, 'hidden_act'],
  ['heads of their own width', { head_dim: 8 }, 'head_dim 8'],
  ['a missing size', { hidden_size: undefined }, 'hidden_size is missing'],
  ['a size as text', { num_hidden_layers: '2' }, 'num_hidden_layers is "2"'],
  ['too many layers', { num_hidden_layers: 3 }, 'model.layers.2.mlp.up_proj.weight [24,16] is missing'],
  ['too few layers', { num_hidden_layers: 1 }, 'model.layers.1.input_layernorm.weight belongs to no part'],
  ['another vocabulary', { vocab_size: 30 }, 'model.embed_tokens.weight is [20,16] where [30,16] is due'],
  ['too few positions', { max_position_embeddings: 60 }, 'max_text_length'],
];

for (const [what, change, ...says] of faultyLanguage) {
  test(`faulty Llama: ${what}`, async () => {
    const store = await languageStore({ ...llamaConfig, ...change });
    await failsWith(() => run({ language: store }), ...says);
  });
}

test('a tokenizer of another model', async () => {
  const bad = JSON.stringify({ model: { vocab: { a: 20 } } });
  const store = await languageStore(llamaConfig, { 'tokenizer.json': bad });
  await failsWith(() => run({ language: store }), 'llama/tokenizer.json', 'up to 20', '20 entries');
  for (const [text, says] of [
    ['{', 'JSON'],
    ['{}', 'model.vocab'],
    ['{"model":{"vocab":{}}}', 'no entries'],
    ['{"model":{"vocab":{"a":-1}}}', '-1'],
  ] as const) {
    const faulty = await languageStore(llamaConfig, { 'tokenizer.json': text });
    await failsWith(() => run({ language: faulty }), 'llama/tokenizer.json', says);
  }
});

test('NaN weights are named, and nothing is written', async () => {
  const tensors = openclip();
  const faulty = tensors.find(({ name }) => name.includes('1.mlp.c_fc.bias'))!;
  faulty.values[17] = Number.NaN;
  const out = memoryOutput();
  const store = await visionStore(tensors);
  await failsWith(() => run({ vision: store, out }), faulty.name, 'element 17', 'NaN');
  assert.equal(out.files, {});
});

test.run();
