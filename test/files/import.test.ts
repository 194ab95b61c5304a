import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { MmgemConfig, VisionConfig } from '../../model/config.ts';
import { resizePositions } from '../../model/files/positions.ts';
import type { VisionFormatName } from '../../model/files/vision-formats.ts';
import { languageShapes } from '../../model/parameters.ts';
import {
  extra,
  json,
  language,
  languageStore,
  llamaConfig,
  openclip,
  ours,
  renamed,
  run,
  timmConfig,
  tokenizer,
  vision,
  visionStore,
  write,
} from './import-support.ts';
import { type Files, failsWith, fileOf, memoryStore, type NamedTensor, randomTensors, toWrite } from './support.ts';

const test = suite('import');

interface Source {
  readonly what: string;
  readonly format: VisionFormatName;
  readonly prefix: string;
  readonly config: VisionConfig;
  readonly also?: NamedTensor[];
  readonly files?: Files;
  readonly embedding?: number;
}

const hfConfig = (hidden_act: string) =>
  JSON.stringify({ model_type: 'clip', vision_config: { hidden_act, num_attention_heads: 4 } });
const clipConfig = (quick_gelu: boolean) =>
  JSON.stringify({
    model_cfg: { quick_gelu, vision_cfg: { head_width: 32 } },
    preprocess_cfg: { mean: [0.1, 0.2, 0.3], std: [1, 2, 3] },
  });

const sources: readonly Source[] = [
  {
    what: 'OpenCLIP with its text tower',
    format: 'openclip',
    prefix: 'visual.',
    config: vision,
    also: [
      ...extra('visual.proj', [128, 48]),
      ...extra('transformer.resblocks.0.ln_1.weight', [8]),
      ...extra('logit_scale', []),
    ],
    embedding: 48,
  },
  {
    what: 'OpenCLIP without prefix',
    format: 'openclip',
    prefix: '',
    config: vision,
    also: extra('proj', [128, 40]),
    embedding: 40,
  },
  { what: 'OpenCLIP from data-parallel training', format: 'openclip', prefix: 'module.visual.', config: vision },
  {
    what: 'OpenCLIP with its description',
    format: 'openclip',
    prefix: 'visual.',
    config: { ...vision, heads: 4, activation: 'quick_gelu' },
    files: { 'open_clip_config.json': clipConfig(true) },
  },
  {
    what: 'Hugging Face CLIP',
    format: 'huggingface',
    prefix: 'vision_model.',
    config: { ...vision, heads: 4, activation: 'quick_gelu' },
    also: [...extra('visual_projection.weight', [56, 128]), ...extra('vision_model.embeddings.position_ids', [1, 10])],
    files: { 'config.json': hfConfig('quick_gelu') },
    embedding: 56,
  },
  {
    what: 'Hugging Face CLIP with exact GELU',
    format: 'huggingface',
    prefix: 'vision_model.',
    config: { ...vision, heads: 4 },
    files: { 'config.json': hfConfig('gelu') },
  },
  {
    what: 'timm',
    format: 'timm',
    prefix: '',
    config: timmConfig,
    also: [...extra('head.weight', [5, 128]), ...extra('head.bias', [5])],
  },
  { what: 'timm inside OpenCLIP', format: 'timm', prefix: 'visual.trunk.', config: timmConfig },
  { what: "timm's CLIP", format: 'timm', prefix: '', config: { ...vision, form: 'timm' } },
];

for (const { what, format, prefix, config, also = [], files = {}, embedding = 128 } of sources) {
  test(`${what}: equal tensors under our names`, async () => {
    const given = await visionStore([...renamed(ours(config), format, prefix), ...also], files);
    const { config: got, checkpoint, leftOut } = await run({ vision: given });
    assert.equal(got.vision, config);
    assert.is(got.embedding_size, embedding);
    assert.equal([...leftOut].sort(), also.map(({ name }) => name).sort());
    for (const [name, { values }] of ours(config)) assert.equal(await checkpoint.read(name), values, name);
  });
}

test('the Llama, its two new rows, the fresh parts and the settings', async () => {
  const { config, checkpoint, files, notes } = await run({ settings: { max_text_length: 20 }, seed: 9 });
  const due: MmgemConfig = {
    model_type: 'mmgem',
    vision,
    language: { ...language, vocab_size: 22 },
    embedding_size: 128,
    soft_prompts: 64,
    roi_grid: 7,
    roi_grid_retrieval: 7,
    cap_first: false,
    tokens: { bos: 1, eos: 2, emb: 20, cap: 21 },
    max_text_length: 20,
  };
  assert.equal(config, due);
  for (const [name, { values }] of randomTensors(languageShapes(language))) {
    const got = await checkpoint.read(name);
    assert.equal(got.subarray(0, values.length), values, name);
    const added = got.subarray(values.length);
    assert.is(added.length, /embed_tokens|lm_head/.test(name) ? 32 : 0, name);
    assert.ok(added.every((v) => v !== 0 && Math.abs(v) <= 0.04));
  }
  const h4 = await checkpoint.read('h4.weight');
  assert.ok(h4.every((v, i) => v === (i % 129 === 0 ? 1 : 0)));
  assert.equal(await checkpoint.read('logit_scale'), Float32Array.of(Math.log(1 / 0.07)));
  assert.is(Buffer.from(files['tokenizer.json'] as Uint8Array).toString(), tokenizer);
  assert.ok(notes.some((note) => note.includes('has to be trained')));
});

test('another image size resizes the positions, the rest stays', async () => {
  const { config, checkpoint, notes } = await run({ imageSize: 40 });
  assert.is(config.vision.image_size, 40);
  const { values } = ours().get('visual.positional_embedding')!;
  assert.equal(await checkpoint.read('visual.positional_embedding'), resizePositions(values, 3, 5, 128));
  assert.ok(notes.some((note) => note.includes('24 to 40 pixels')));
  await failsWith(() => run({ imageSize: 41 }), '41', 'multiple of the patch size 8');
});

test('the image preprocessing of each family', async () => {
  const clip = json((await run({})).files, 'preprocessor_config.json');
  assert.equal([clip.size, clip.crop_size, clip.resample], [{ shortest_edge: 24 }, { height: 24, width: 24 }, 3]);
  assert.equal(clip.image_mean, [0.48145466, 0.4578275, 0.40821073]);
  assert.equal(clip.image_std, [0.26862954, 0.26130258, 0.27577711]);
  const timm = await visionStore(renamed(ours(timmConfig), 'timm', ''));
  const half = json((await run({ vision: timm, imageSize: 224 })).files, 'preprocessor_config.json');
  assert.equal([half.size, half.crop_size.width, half.image_mean], [{ shortest_edge: 248 }, 224, [0.5, 0.5, 0.5]]);
  const described = await visionStore(openclip(), { 'open_clip_config.json': clipConfig(false) });
  assert.equal(json((await run({ vision: described })).files, 'preprocessor_config.json').image_std, [1, 2, 3]);
});

test('types are kept, or the one asked for', async () => {
  const half = await fileOf(openclip().map((tensor) => toWrite(tensor, 'F16')));
  const store = memoryStore('vision', { 'model.safetensors': half });
  const kept = (await run({ vision: store })).checkpoint;
  assert.equal(['visual.conv1.weight', 'model.norm.weight', 'h1.weight'].map(kept.dtype), ['F16', 'F32', 'F32']);
  const brain = (await run({ vision: store, dtype: 'BF16' })).checkpoint;
  assert.equal(['visual.conv1.weight', 'model.norm.weight', 'logit_scale'].map(brain.dtype), ['BF16', 'BF16', 'F32']);
});

test('options win over what the files say', async () => {
  const given = await visionStore(openclip(), { 'open_clip_config.json': clipConfig(false) });
  const { config } = await run({ vision: given, activation: 'quick_gelu', visionHeads: 8, embeddingSize: 30 });
  assert.equal([config.vision.activation, config.vision.heads, config.embedding_size], ['quick_gelu', 8, 30]);
});

test('sharded, tied, with buffers that follow from the configuration', async () => {
  const { 'lm_head.weight': _, ...shapes } = Object.fromEntries(languageShapes(language));
  const tensors = [...randomTensors(Object.entries(shapes)).values()];
  const buffer = extra('model.layers.0.self_attn.rotary_emb.inv_freq', [2]);
  const shards = [tensors.slice(0, 7), [...tensors.slice(7), ...buffer]];
  const weight_map = Object.fromEntries(
    shards.flatMap((shard, i) => shard.map(({ name }) => [name, `${i}.safetensors`])),
  );
  const store = memoryStore('llama', {
    '0.safetensors': await write(shards[0]!),
    '1.safetensors': await write(shards[1]!),
    'model.safetensors.index.json': JSON.stringify({ weight_map }),
    'config.json': JSON.stringify({
      ...llamaConfig,
      tie_word_embeddings: true,
      eos_token_id: [2, 3],
      bos_token_id: undefined,
    }),
  });
  const { config, checkpoint, leftOut, notes } = await run({ language: store });
  assert.ok(config.language.tie_word_embeddings && !checkpoint.has('lm_head.weight'));
  assert.equal(leftOut, ['model.layers.0.self_attn.rotary_emb.inv_freq']);
  assert.equal(checkpoint.shape('model.embed_tokens.weight'), [22, 16]);
  for (const part of ['no tokenizer.json', 'eos_token_id is [2,3]', 'bos_token_id is not given']) {
    assert.ok(
      notes.some((note) => note.includes(part)),
      part,
    );
  }
});

test('a head that is said to be tied: equal it is dropped, different it is kept', async () => {
  const tensors = randomTensors(languageShapes(language));
  const said = { ...llamaConfig, tie_word_embeddings: true };
  const different = await languageStore(said);
  assert.not((await run({ language: different })).config.language.tie_word_embeddings);
  tensors.set('lm_head.weight', { ...tensors.get('model.embed_tokens.weight')!, name: 'lm_head.weight' });
  const equal = await languageStore(said, { 'model.safetensors': await write(tensors.values()) });
  assert.ok((await run({ language: equal })).config.language.tie_word_embeddings);
});

test.run();
