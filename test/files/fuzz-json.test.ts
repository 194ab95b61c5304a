// Whatever stands in the JSON files around weights, reading them ends in a result or in an MmgemError.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseConfig } from '../../model/config.ts';
import { namedConfigs } from '../../model/configs.ts';
import { MmgemError } from '../../model/errors.ts';
import { openCheckpoint } from '../../model/files/checkpoint.ts';
import { openLanguageWeights } from '../../model/files/language-weights.ts';
import { checkTokenizer } from '../../model/files/tokenizer-file.ts';
import { openVisionWeights } from '../../model/files/vision-weights.ts';
import { type Random, random } from '../../model/random.ts';
import { languageStore, llamaConfig, openclip, tokenizer, visionStore } from './import-support.ts';
import { type Files, fileOf, memoryStore } from './support.ts';

const test = suite('fuzzed JSON');

const oddValues: readonly unknown[] = [
  null,
  -1,
  0,
  0.5,
  1e308,
  2 ** 53,
  '',
  'x',
  '__proto__',
  [],
  [[]],
  {},
  true,
  [1, 2, 3],
];

/** A copy in which one to three values are replaced, removed or joined by unknown ones. */
function damaged(json: unknown, source: Random): unknown {
  const copy = { root: JSON.parse(JSON.stringify(json)) };
  const below = (n: number) => source.integer() % n;
  for (let edits = 1 + below(3); edits > 0; edits--) {
    let at: Record<string, unknown> = copy;
    let key = 'root';
    for (let child = at[key]; typeof child === 'object' && child !== null && below(4) > 0; child = at[key]) {
      const keys = Object.keys(child);
      if (keys.length === 0) break;
      at = child as Record<string, unknown>;
      key = keys[below(keys.length)] as string;
    }
    const kind = below(8);
    if (kind === 0) delete at[key];
    else if (kind === 1) at[`${key}x`] = 1;
    else at[key] = structuredClone(oddValues[below(oddValues.length)]);
  }
  return copy.root;
}

interface Target {
  readonly what: string;
  readonly json: unknown;
  readonly rounds: number;
  readonly read: (json: unknown) => unknown;
}

const map = { a: '0.safetensors', b: '1.safetensors' };
const shard = (name: string) => fileOf([{ name, dtype: 'F32', shape: [2], data: () => new Float32Array(2) }]);
const shards: Files = { '0.safetensors': await shard('a'), '1.safetensors': await shard('b') };
const llama = await openCheckpoint(await languageStore());
const clip = await visionStore(openclip());
const clipCheckpoint = await openCheckpoint(clip);
const beside = (file: string) => (json: unknown) =>
  openVisionWeights(clipCheckpoint, memoryStore('vision', { [file]: JSON.stringify(json) ?? '' }));

const targets: readonly Target[] = [
  { what: 'config.json', json: namedConfigs.nano, rounds: 5000, read: (json) => parseConfig(json, 'config.json') },
  {
    what: 'model.safetensors.index.json',
    json: { metadata: { total_size: 16 }, weight_map: map },
    rounds: 1000,
    read: (json) =>
      openCheckpoint(memoryStore('dir', { ...shards, 'model.safetensors.index.json': JSON.stringify(json) ?? '' })),
  },
  {
    what: 'tokenizer.json',
    json: JSON.parse(tokenizer),
    rounds: 2000,
    read: (json) => checkTokenizer(JSON.stringify(json) ?? '', 'tokenizer.json', 20),
  },
  {
    what: "a Llama's config.json",
    json: { ...llamaConfig, tie_word_embeddings: false, rope_scaling: null, hidden_act: 'silu' },
    rounds: 2000,
    read: (json) => openLanguageWeights(llama, json, 'config.json'),
  },
  {
    what: 'open_clip_config.json',
    json: {
      model_cfg: { quick_gelu: true, vision_cfg: { head_width: 32 } },
      preprocess_cfg: { mean: [0, 0, 0], std: [1, 1, 1] },
    },
    rounds: 1000,
    read: beside('open_clip_config.json'),
  },
];

for (const { what, json, rounds, read } of targets) {
  test(what, async () => {
    await read(json);
    const source = random(1, what);
    let refused = 0;
    for (let round = 0; round < rounds; round++) {
      const given = damaged(json, source);
      try {
        await read(given);
      } catch (error) {
        assert.instance(error, MmgemError, `${error} for ${JSON.stringify(given)}`);
        refused++;
      }
    }
    assert.ok(refused > rounds / 20, `${refused} of ${rounds} were refused`);
  });
}

test.run();
