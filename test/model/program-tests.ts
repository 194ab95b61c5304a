// Tests of the programs with their states and cache against the golden files, for any engine.
import type { Test } from 'uvu';
import * as assert from 'uvu/assert';
import { sampleRow } from '../../dsl/ops/select.ts';
import { oneByOne } from '../../model/generate/one-by-one.ts';
import { type GenerationOptions, generationSettings } from '../../model/generate/options.ts';
import { type Beginning, Steps } from '../../model/generate/steps.ts';
import type { GraphEngine, Programs } from '../../model/session/programs.ts';
import { inputsOf, wholeImages } from '../../model/session/regions.ts';
import { registerBeamTests } from './beam-tests.ts';
import { assertClose, type GoldenModel, type GoldenName, goldenModel, normalized } from './golden-model.ts';
import { goldenPrograms } from './golden-programs.ts';
import { type RecordedEngine, recorded } from './recorded.ts';

/** One golden model on one engine. */
interface Case {
  readonly test: Test;
  readonly name: GoldenName;
  readonly golden: GoldenModel;
  readonly programs: Programs;
  readonly engine: RecordedEngine;
  readonly rows: number;
  readonly tolerance: number;
}

/** @param tolerance of values that went through the whole model */
export async function registerProgramTests(
  test: Test,
  engine: GraphEngine,
  tolerance: number,
  names: readonly GoldenName[],
): Promise<void> {
  for (const name of names) {
    const golden = await goldenModel(name);
    const watched = recorded(engine);
    const rows = golden.batch.emb_lengths!.length;
    const programs = goldenPrograms(golden, watched, { maxBatch: rows });
    const given = { test, name, golden, programs, engine: watched, rows, tolerance };
    registerEmbeddings(given);
    registerHeatMap(given);
    registerGreedy(given);
    registerSampling(given);
    registerOnce(given);
    test(`${name}: closes`, () => programs.close());
  }
  await registerBeamTests(test, engine);
}

function registerEmbeddings({ test, name, golden: { batch, forward }, programs, rows, tolerance }: Case): void {
  test(`${name}: embeddings of images, texts, regions`, async () => {
    const image = await programs.run({ name: 'imageFeatures' }, { images: batch.images! }, { B: rows });
    assertClose(image.embedding!, normalized(forward.image_embedding!, rows), tolerance, 'image');
    const texts = { ids: batch.emb_ids!, lengths: batch.emb_lengths! };
    const text = await programs.run({ name: 'textEmbedding' }, texts, { B: rows, T: batch.emb_ids!.length / rows });
    assertClose(text.embedding!, normalized(forward.text_embedding!, rows), tolerance, 'text');
    const region = await programs.run({ name: 'regionEmbedding' }, { boxes: batch.boxes! }, { B: rows, R: rows });
    assertClose(region.embedding!, normalized(forward.region_embedding!, rows), tolerance, 'region');
  });
}

function registerHeatMap({ test, name, golden: { batch, forward }, programs, rows, tolerance }: Case): void {
  test(`${name}: the heat map is the cosine of each patch's box as a region, also at the border`, async () => {
    const texts = normalized(forward.text_embedding!, rows);
    const inputs = { ...inputsOf(wholeImages(rows)), texts };
    const { heat } = await programs.run({ name: 'heatMap' }, inputs, { B: rows, Q: rows });
    const patches = batch.masks!.length / rows;
    const grid = Math.sqrt(patches);
    const [row, column] = [1, grid - 1];
    const patch = row * grid + column;
    const corners = [column, row, column + 1, row + 1].map((at) => at / grid);
    const boxes = Float32Array.from(Array.from({ length: rows }, (_, image) => [image, ...corners]).flat());
    const { embedding } = await programs.run({ name: 'regionEmbedding' }, { boxes }, { B: rows, R: rows });
    const width = embedding!.length / rows;
    const cosines = Array.from({ length: rows * rows }, (_, i) => {
      const [image, text] = [Math.floor(i / rows), i % rows];
      const products = Array.from(
        { length: width },
        (_, e) => embedding![image * width + e]! * texts[text * width + e]!,
      );
      return products.reduce((a, b) => a + b);
    });
    const found = cosines.map((_, i) => heat![(Math.floor(i / rows) * patches + patch) * rows + (i % rows)]!);
    assertClose(found, cosines, 10 * tolerance, 'heat');
  });
}

async function continued(
  { programs, golden }: Case,
  beginning: Beginning,
  options: GenerationOptions,
): Promise<readonly (readonly number[])[]> {
  const settings = generationSettings(options, 12);
  const steps = new Steps(programs, { strategy: 'greedy', capacity: beginning.tokens + settings.maxLength });
  const rows: number[][] = Array.from({ length: beginning.rows }, () => []);
  for await (const ids of oneByOne(steps, beginning, settings, golden.config.tokens.eos)) {
    ids.forEach((id, row) => {
      if (id >= 0) rows[row]!.push(id);
    });
  }
  return rows;
}

function registerGreedy(given: Case): void {
  const { test, name, golden, programs, rows } = given;
  const { batch, forward, config } = golden;
  const { eos } = config.tokens;
  /** The reference keeps EOS. */
  const expected = (key: string) => Array.from(forward[key]!).filter((id) => id !== eos);

  test(`${name}: greedy captions of images and regions, from the cache`, async () => {
    await programs.run({ name: 'imageFeatures' }, { images: batch.images! }, { B: rows });
    await programs.run({ name: 'regionCaptionPrefix' }, { boxes: batch.boxes! }, { B: rows, R: rows });
    const tokens = config.roi_grid ** 2 + config.soft_prompts;
    const regions = await continued(given, { rows, tokens }, {});
    await programs.run({ name: 'captionPrefix' }, {}, { B: rows });
    const captions = await continued(given, { rows, tokens: 2 }, {});
    for (const row of [0, 1]) {
      assert.equal(captions[row], expected(`greedy_${row}`), `image ${row}`);
      assert.equal(regions[row], expected(`greedy_region_${row}`), `region ${row}`);
    }
  });

  test(`${name}: EOS is withheld until the shortest length is reached`, async () => {
    const longer = await continued(given, { rows, tokens: 2 }, { minLength: 12 });
    for (const ids of longer) assert.ok(ids.length === 12 && !ids.includes(eos));
    const free = await continued(given, { rows, tokens: 2 }, {});
    free.forEach((ids, row) => {
      assert.equal(longer[row]!.slice(0, ids.length), ids, `row ${row} until its end`);
    });
  });
}

function registerSampling({ test, name, golden, programs, rows }: Case): void {
  test(`${name}: draws are what float64 draws of the reference's probabilities`, async () => {
    const { V, first } = firstLogits(golden, rows);
    await programs.run({ name: 'captionPrefix' }, {}, { B: rows });
    for (const [temperature, topK, topP] of [
      [1, 0, 1],
      [0.7, 20, 0.9],
      [3, 5, 1],
      [0, 0, 1],
    ] as const) {
      for (const step of [0, 1, 2]) {
        const uniform = Float32Array.from({ length: rows }, (_, row) => ((row * 3 + step) * 0.0547 + 0.011) % 1);
        const inputs = {
          withheld: Int32Array.of(-1),
          temperature: Float32Array.of(temperature),
          topK: Int32Array.of(topK),
          topP: Float32Array.of(topP),
          uniform,
        };
        const { ids } = await programs.run({ name: 'prefill.sample' }, inputs, { B: rows, T: 2, P: 0, capacity: 14 });
        const due = Array.from({ length: rows }, (_, row) =>
          sampleRow(first.subarray(row * V, (row + 1) * V), temperature, topK, topP, uniform[row]!),
        );
        assert.equal(Array.from(ids!), due, `temperature ${temperature}, topK ${topK}, topP ${topP}`);
      }
    }
  });
}

/** The reference's scores of each caption's first token. */
function firstLogits({ config, forward }: GoldenModel, rows: number): { V: number; first: Float64Array } {
  const V = config.language.vocab_size;
  const each = forward.caption_logits!.length / rows;
  const first = new Float64Array(rows * V);
  for (let row = 0; row < rows; row++) first.set(forward.caption_logits!.subarray(row * each, row * each + V), row * V);
  return { V, first };
}

function registerOnce({ test, name, engine, rows }: Case): void {
  test(`${name}: a decoding step is compiled once and gives back ids alone`, () => {
    assert.is(engine.compiled.filter((program) => program === 'decode.greedy').length, 1);
    const decoding = engine.runs.filter(({ program }) => program === 'decode.greedy');
    assert.ok(new Set(decoding.map(({ sizes }) => sizes.P)).size > 12);
    for (const { outputs } of decoding) {
      assert.equal(Object.keys(outputs), ['ids']);
      assert.is(outputs.ids!.length, rows);
    }
  });
}
