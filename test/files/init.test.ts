import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { configFromGolden, type MmgemConfig } from '../../model/config.ts';
import { namedConfigs } from '../../model/configs.ts';
import { initModel } from '../../model/files/init.ts';
import { openModelDirectory } from '../../model/files/model-directory.ts';
import { initParameter, initParameters } from '../../model/initial-parameters.ts';
import { parameterShapes } from '../../model/parameters.ts';
import { random, xoshiro128 } from '../../model/random.ts';
import { failsWith, memoryOutput, memoryStore } from './support.ts';

const test = suite('initial parameters');

const golden = {
  image: 16,
  patch: 8,
  v_width: 32,
  v_layers: 2,
  v_heads: 4,
  v_mlp: 4,
  vocab: 66,
  d: 48,
  l_layers: 2,
  l_heads: 4,
};
const rest = {
  l_kv_heads: 2,
  ffn: 96,
  rope_theta: 1e4,
  rms_eps: 1e-5,
  e: 40,
  n_soft: 6,
  roi_grid: 2,
  roi_grid_retrieval: 3,
};
const fields = { ...golden, ...rest, bos: 1, eos: 2, quick_gelu: false };
const tiny: MmgemConfig = configFromGolden(new Map([['config', JSON.stringify(fields)]]));
const tokenizer = (entries: number) =>
  memoryStore('tok', {
    'tokenizer.json': JSON.stringify({
      model: { vocab: Object.fromEntries(Array.from({ length: entries }, (_, i) => [`t${i}`, i])) },
    }),
  });

/** The generator written again, in integers that cannot overflow, after https://prng.di.unimi.it/xoshiro128starstar.c. */
function reference(state: [bigint, bigint, bigint, bigint]): () => number {
  const low = (x: bigint) => x & 0xffffffffn;
  const rotate = (x: bigint, by: bigint) => low(x << by) | (x >> (32n - by));
  const s = state;
  return () => {
    const result = low(rotate(low(s[1] * 5n), 7n) * 9n);
    const t = low(s[1] << 9n);
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 11n);
    return Number(result);
  };
}

test('xoshiro128** gives its numbers', () => {
  const [due, got] = [reference([1n, 2n, 3n, 4n]), xoshiro128([1, 2, 3, 4])];
  assert.is(xoshiro128([1, 2, 3, 4])(), 11520);
  for (let i = 0; i < 1000; i++) assert.is(got(), due());
});

test('a seed keeps its sequence from version to version', () => {
  const { integer } = random(0);
  assert.equal([integer(), integer(), integer(), integer()], [3071564718, 1181627970, 3144483097, 3248804541]);
  assert.is.not(random(1).integer(), random(0).integer());
  assert.is.not(random(0, 'a').integer(), random(0, 'b').integer());
});

test('normal values have mean 0, variance 1 and a normal tail', () => {
  const { normal } = random(7);
  const n = 200_000;
  const values = Float64Array.from({ length: n }, normal);
  const mean = values.reduce((a, b) => a + b, 0) / n;
  const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / n;
  const beyond2 = values.filter((v) => Math.abs(v) > 2).length / n;
  assert.ok(Math.abs(mean) < 0.01 && Math.abs(variance - 1) < 0.02, `${mean} ${variance}`);
  assert.ok(Math.abs(beyond2 - 0.0455) < 0.003, `${beyond2}`);
});

test('every parameter starts as its rule says', () => {
  const made = new Map([...initParameters(tiny, 5)].map((p) => [p.name, p]));
  assert.equal(
    [...made].map(([name, { shape }]) => [name, shape]),
    [...parameterShapes(tiny)],
  );
  const values = (name: string) => initParameter(name, parameterShapes(tiny).get(name)!, tiny, 5);
  const deviation = (name: string) => Math.sqrt(values(name).reduce((a, b) => a + b * b, 0) / values(name).length);
  assert.equal(values('logit_scale'), Float32Array.of(Math.log(1 / 0.07)));
  assert.equal(
    values('h4.weight'),
    Float32Array.from({ length: 1600 }, (_, i) => (i % 41 === 0 ? 1 : 0)),
  );
  for (const name of made.keys()) {
    const start = values(name);
    if (name.endsWith('bias'))
      assert.ok(
        start.every((v) => v === 0),
        name,
      );
    else if (/norm|ln_/.test(name))
      assert.ok(
        start.every((v) => v === 1),
        name,
      );
    else if (start.length > 1) assert.ok(start.some((v) => v !== start[0]) && start.every(Number.isFinite), name);
  }
  const truncated = 0.8796; // standard deviation of a normal value that is cut at 2
  const near = (name: string, due: number) => assert.ok(Math.abs(deviation(name) / (due * truncated) - 1) < 0.1, name);
  near('model.embed_tokens.weight', 0.02);
  near('visual.conv1.weight', 1 / Math.sqrt(3 * 64));
  near('model.layers.1.self_attn.q_proj.weight', 1 / Math.sqrt(48));
  near('model.layers.1.mlp.down_proj.weight', 1 / Math.sqrt(96 * 4));
  near('visual.transformer.resblocks.0.attn.out_proj.weight', 1 / Math.sqrt(32 * 4));
  near('visual.transformer.resblocks.0.attn.in_proj_weight', 1 / Math.sqrt(32));
});

test('a directory is made again by the same seed, and by no other', async () => {
  const make = async (seed: number) => {
    const out = memoryOutput();
    await initModel({ config: tiny, seed, out, tokenizer: tokenizer(64) });
    return out.files;
  };
  const first = await make(3);
  assert.equal(Object.keys(first).sort(), [
    'config.json',
    'model.safetensors',
    'preprocessor_config.json',
    'tokenizer.json',
  ]);
  assert.equal(await make(3), first);
  assert.not.equal((await make(4))['model.safetensors'], first['model.safetensors']);
  const { config, checkpoint } = await openModelDirectory(memoryStore('m', first));
  assert.equal(config, tiny);
  assert.equal(await checkpoint.read('h1.weight'), initParameter('h1.weight', [40, 32], tiny, 3));
});

test('nano, in BF16', async () => {
  const out = memoryOutput();
  const progress: number[] = [];
  await initModel({
    config: 'nano',
    seed: 0,
    out,
    dtype: 'BF16',
    onProgress: (done, total) => progress.push(done / total),
  });
  const { config, checkpoint } = await openModelDirectory(memoryStore('m', out.files));
  assert.equal(config, namedConfigs.nano);
  assert.is(checkpoint.dtype('h1.weight'), 'BF16');
  assert.is(checkpoint.dtype('logit_scale'), 'F32');
  assert.is(progress.at(-1), 1);
  assert.ok(progress.every((p, i) => i === 0 || p > (progress[i - 1] as number)));
});

test('what does not fit is refused', async () => {
  const out = memoryOutput();
  await failsWith(
    () => initModel({ config: tiny, seed: 0, out, tokenizer: tokenizer(65) }),
    'tok/tokenizer.json',
    '64 entries',
  );
  await failsWith(() => initModel({ config: tiny, seed: 0, out, tokenizer: memoryStore('tok', {}) }), 'tokenizer.json');
  await failsWith(() => initModel({ config: tiny, seed: 0.5, out }), 'seed 0.5');
  await failsWith(() => initModel({ config: 'huge', seed: 0, out }), 'huge', 'nano');
  assert.equal(out.files, {});
});

test.run();
