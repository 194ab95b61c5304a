// The user's view of a model, on the interpreter: batches, streams, regions, what is refused.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readHeader } from '../../model/files/safetensors-header.ts';
import { memorySource } from '../../model/files/source.ts';
import { loadOn } from '../../model/load.ts';
import type { RgbImage } from '../../model/preprocess/image.ts';
import { failsWith } from '../files/support.ts';
import { assertClose } from './golden-model.ts';
import { interpreterEngine } from './interpreter-engine.ts';
import { recorded } from './recorded.ts';
import { type Files, memoryHost, noise, smallConfig, smallModelFiles } from './small-model.ts';

const test = suite('a loaded model');

const files = await smallModelFiles();
const images = [1, 2, 3, 4, 5].map((seed) => noise(seed));
const [first] = images as [RgbImage];

async function opened(options: Parameters<typeof loadOn>[3] = {}, changed: Files = files) {
  const engine = recorded(interpreterEngine());
  const model = await loadOn('small', memoryHost({ small: changed }), engine, { maxBatch: 4, ...options });
  return { model, engine };
}

const { model, engine } = await opened();

const length = (x: Float32Array) => Math.hypot(...x);

async function collect(stream: AsyncIterable<string>): Promise<string[]> {
  const pieces: string[] = [];
  for await (const piece of stream) pieces.push(piece);
  return pieces;
}

test('a batch gives what each image gives by itself, beyond the largest batch too', async () => {
  const together = await model.embedImages(images);
  assert.is(together.length, images.length);
  for (const [i, image] of images.entries()) {
    const [alone] = await model.embedImages([image]);
    assertClose(together[i]!, alone!, 1e-6, `image ${i}`);
    assert.ok(Math.abs(length(alone!) - 1) < 1e-6);
  }
  assert.equal(await model.embedImages([]), []);
});

test('texts of any length embed together as they do alone', async () => {
  const texts = ['a dog', 'two red circles above a blue square', 'the sea', 'a', 'a man on a horse'];
  const together = await model.embedTexts(texts);
  for (const [i, text] of texts.entries()) {
    const [alone] = await model.embedTexts([text]);
    assertClose(together[i]!, alone!, 1e-6, text);
    assert.ok(Math.abs(length(alone!) - 1) < 1e-6);
  }
});

test('empty texts are refused, and long ones unless they may be cut off', async () => {
  await failsWith(() => model.embedTexts(['  ']), 'empty text');
  const long = 'a dog and a cat and a horse and a bird and a fish and a cow';
  await failsWith(() => model.embedTexts([long]), 'at most 10');
  const [cut] = await model.embedTexts([long], { truncate: true });
  const [longer] = await model.embedTexts([long], { maxLength: 30 });
  assert.ok(cut!.some((value, i) => Math.abs(value - longer![i]!) > 1e-4));
  await failsWith(() => model.embedTexts(['a'], { maxLength: 39 }), '1 to 38');
});

test('regions: boxes and masks, more than one batch of them', async () => {
  const boxes = Array.from({ length: 5 }, (_, i) => [0.1, 0.1, 0.4 + i / 10, 0.8] as const);
  const together = await model.embedRegions(first, boxes);
  const [alone] = await model.embedRegions(first, [boxes[4]!]);
  assertClose(together[4]!, alone!, 1e-6, 'the last box');
  const { width, height } = first;
  const pixels = boxes.map(([x1, y1, x2, y2]) => ({
    box: [x1 * width, y1 * height, x2 * width, y2 * height] as const,
    unit: 'pixels' as const,
  }));
  assertClose((await model.embedRegions(first, pixels))[2]!, together[2]!, 1e-4, 'in pixels');
  const data = new Uint8Array(width * height).fill(1);
  const halves = [data, data.map((_, i) => (i < data.length / 2 ? 255 : 0))].map((mask) => ({
    mask: { width, height, data: mask },
  }));
  const [whole, upper] = await model.embedRegions(first, halves);
  assert.ok(Math.abs(length(whole!) - 1) < 1e-6);
  assert.ok(whole!.some((value, i) => Math.abs(value - upper![i]!) > 1e-5));
});

test('regions that cannot be are refused', async () => {
  const { width, height } = first;
  await failsWith(() => model.embedRegions(first, [[0.5, 0.5, 0.5, 0.9]]), 'is empty');
  await failsWith(() => model.embedRegions(first, [[0.5, 0.5, 1.5, 0.9]]), 'outside of the image');
  const data = new Float32Array(width * height);
  await failsWith(() => model.embedRegions(first, [{ mask: { width, height, data } }]), 'marks nothing');
  await failsWith(() => model.embedRegions(first, [{ mask: { width: 3, height, data } }]), 'the image is 30×26');
  data[5] = Number.NaN;
  await failsWith(() => model.embedRegions(first, [{ mask: { width, height, data } }]), 'value 5 is NaN');
  await failsWith(() => model.caption(first, { box: [0, 0, 0, 0] }).text(), 'is empty');
});

test('the user is told when the crop cuts off a part of a box', async () => {
  const warnings: string[] = [];
  const { model: told } = await opened({ onWarning: (message) => warnings.push(message) });
  await told.embedRegions(noise(1, 60, 30), [[0, 0, 0.5, 1]]);
  assert.is(warnings.length, 1);
  assert.match(warnings[0]!, /the model sees \d+ % of it/);
  await told.close();
});

test('a caption comes in pieces that join to the whole text', async () => {
  const pieces = await collect(model.caption(first, { minLength: 6 }));
  assert.ok(pieces.length > 1);
  const stream = model.caption(first, { minLength: 6 });
  assert.is(await stream.text(), pieces.join(''));
  assert.ok((await stream.ids()).length >= 6);
  assert.equal(await collect(stream), pieces);
});

test('captions of a batch are those of each image, greedy and by beam search', async () => {
  for (const options of [{ strategy: 'greedy' }, { strategy: 'beam', beams: 2 }] as const) {
    const together = await model.captions(images.slice(0, 3), { ...options, maxLength: 4 });
    const alone = [];
    for (const image of images.slice(0, 3)) alone.push(await model.caption(image, { ...options, maxLength: 4 }).text());
    assert.equal(together, alone, options.strategy);
  }
});

test('a region has a caption of its own', async () => {
  const { width, height } = first;
  const data = new Uint8Array(width * height).fill(1, 0, 200);
  const ids = await Promise.all([
    model.caption(first, { maxLength: 6 }).ids(),
    model.caption(first, { box: [0.1, 0.2, 0.6, 0.7], maxLength: 6 }).ids(),
    model.caption(first, { mask: { width, height, data }, maxLength: 6 }).ids(),
  ]);
  assert.is(new Set(ids.map((row) => row.join())).size, 3);
});

test('captions of regions together are those of each, boxes and masks, beyond the largest batch too', async () => {
  const boxes = Array.from({ length: 6 }, (_, i) => [0.1 + i / 12, 0.1, 0.4 + i / 12, 0.8 - i / 20] as const);
  const together = await model.captionRegions(first, boxes, { maxLength: 5 });
  const alone = [];
  for (const box of boxes) alone.push(await model.caption(first, { box, maxLength: 5 }).text());
  assert.equal(together, alone);
  assert.ok(new Set(together).size > 1);
  const { width, height } = first;
  const mask = { width, height, data: new Uint8Array(width * height).fill(1, 0, 200) };
  assert.equal(await model.captionRegions(first, [{ mask }], { maxLength: 5 }), [
    await model.caption(first, { mask, maxLength: 5 }).text(),
  ]);
  assert.equal(await model.captionRegions(first, []), []);
});

test('heat maps of several texts are those of each, beyond the largest batch too', async () => {
  const texts = ['a dog', 'the sea', 'two red circles', 'a man on a horse', 'a'];
  const together = await model.locateAll(first, texts);
  assert.is(together.length, texts.length);
  for (const [i, text] of texts.entries()) {
    const { values, ...rest } = await model.locate(first, text);
    assertClose(together[i]!.values, values, 1e-6, text);
    assert.equal({ ...together[i]!, values: undefined }, { ...rest, values: undefined });
  }
  assert.equal(await model.locateAll(first, []), []);
});

test('tokens of a text are counted as they are limited', async () => {
  const text = 'two red circles above a blue square';
  const count = model.countTokens(text);
  assert.is((await model.embedTexts([text], { maxLength: count })).length, 1);
  await failsWith(() => model.embedTexts([text], { maxLength: count - 1 }), `has ${count} tokens`);
});

test('captions asked for at once do not disturb each other', async () => {
  const alone = await Promise.all(images.slice(0, 3).map((image) => model.caption(image, { maxLength: 5 }).text()));
  const streams = images.slice(0, 3).map((image) => model.caption(image, { maxLength: 5 })[Symbol.asyncIterator]());
  const texts = ['', '', ''];
  const done = [false, false, false];
  while (done.includes(false)) {
    for (const [i, stream] of streams.entries()) {
      const { value, done: over } = await stream.next();
      if (over) done[i] = true;
      else texts[i] += value;
    }
  }
  assert.equal(texts, alone);
});

test('an abort signal stops a caption with its reason', async () => {
  const controller = new AbortController();
  const stream = model.caption(first, { minLength: 10, signal: controller.signal });
  const reason = new Error('enough');
  let error: unknown;
  try {
    for await (const _ of stream) controller.abort(reason);
  } catch (caught) {
    error = caught;
  }
  assert.is(error, reason);
  const runs = engine.runs.length;
  assert.ok((await model.embedImages([first])).length === 1, 'the model goes on');
  assert.is(engine.runs.length, runs + 1);
});

test('a reader who breaks off stops the generation', async () => {
  for await (const _ of model.caption(first, { minLength: 10 })) break;
  await model.embedImages([first]);
  const after = engine.runs.slice(engine.runs.findLastIndex(({ program }) => program === 'prefill.greedy'));
  assert.ok(after.filter(({ program }) => program === 'decode.greedy').length < 9);
});

test('samples are the same for a seed, and differ between seeds and rows', async () => {
  const options = { strategy: 'sample', maxLength: 6, minLength: 6, seed: 3 } as const;
  const ids = await model.caption(first, options).ids();
  assert.equal(await model.caption(first, options).ids(), ids);
  assert.not.equal(await model.caption(first, { ...options, seed: 4 }).ids(), ids);
  const rows = await model.captions([first, first, first, first, first], options);
  assert.ok(new Set(rows).size > 1);
  const greedy = await model.caption(first, { maxLength: 6, minLength: 6 }).ids();
  assert.equal(await model.caption(first, { ...options, temperature: 0 }).ids(), greedy);
  assert.equal(await model.caption(first, { ...options, topK: 1 }).ids(), greedy);
});

test('[EMB], [CAP] and rows that pad the vocabulary are never generated', async () => {
  const ids = await model.caption(first, { strategy: 'sample', temperature: 50, minLength: 10 }).ids();
  assert.is(ids.length, 10);
  assert.ok(ids.every((id) => id < smallConfig.tokens.emb));
});

test('settings that cannot be are refused at once', async () => {
  const refused = (options: object, ...words: string[]) => failsWith(() => model.caption(first, options), ...words);
  await refused({ strategy: 'best' }, '"best" is not known', 'greedy, beam, sample');
  await refused({ temperature: 2 }, "strategy 'sample'");
  await refused({ strategy: 'beam', beams: 0 }, 'beams is 0');
  await refused({ strategy: 'beam', beams: 5 }, 'larger maxBatch');
  await refused({ strategy: 'sample', topP: 0 }, 'topP is 0');
  await refused({ maxLength: 1.5 }, 'maxLength is 1.5');
  await refused({ maxLength: 2, minLength: 3 }, 'minLength 3');
  await refused({ unit: 'pixels' }, 'without the box');
  await failsWith(() => model.caption(first, { maxLength: 39 }).text(), '41 positions', 'has 40');
});

test('the language model continues ids and texts', async () => {
  const ids = await model.continueText([1, 5, 7], { steps: 5, minLength: 5 }).ids();
  assert.is(ids.length, 5);
  assert.equal(await model.continueText([1, 5, 7, ids[0]!], { steps: 4, minLength: 4 }).ids(), ids.slice(1));
  assert.type(await model.continueText('a dog', { steps: 3 }).text(), 'string');
  await failsWith(() => model.continueText([]), 'no tokens');
  await failsWith(() => model.continueText([4096]), 'id 4096', '0 to 4095');
});

test('a heat map has a value for every patch', async () => {
  const { width, height, values, region } = await model.locate(first, 'a dog');
  assert.is(width * height, 9);
  assert.is(values.length, 9);
  assert.ok(values.every((value) => Math.abs(value) <= 1 + 1e-6));
  assert.ok(new Set(values).size > 1);
  assert.ok(region[0] > 0 && region[2] < 1, 'the image is wider than high');
});

test('each program is compiled once', () => {
  assert.ok(engine.compiled.length > 10);
  assert.is(new Set(engine.compiled).size, engine.compiled.length);
});

test('what is asked for is prepared while loading, with progress', async () => {
  const stages: string[] = [];
  const { model: prepared, engine: own } = await opened({
    prepare: ['embed', 'caption'],
    onProgress: ({ stage }) => stages.push(stage),
  });
  const expected = ['imageFeatures', 'textEmbedding', 'captionPrefix', 'prefill.greedy', 'decode.greedy'];
  assert.equal(own.compiled, expected);
  assert.ok(stages.includes('compiling textEmbedding') && stages.includes('loading weights'));
  await prepared.embedTexts(['a']);
  assert.is(own.compiled.length, expected.length);
  const { store, programs } = await prepared.memory();
  assert.ok(store > 0);
  assert.equal(
    programs.map(({ program }) => program),
    ['textEmbedding'],
  );
  await prepared.close();
  await failsWith(() => opened({ prepare: ['everything' as 'embed'] }), '"everything"', 'embed, regions');
});

test('weights that are no numbers name their tensor', async () => {
  const bytes = (files['model.safetensors'] as Uint8Array).slice();
  const { tensors } = await readHeader(memorySource('model.safetensors', bytes));
  new DataView(bytes.buffer).setFloat32(tensors.get('h1.weight')!.begin + 20, Number.NaN, true);
  const { model: damaged } = await opened({}, { ...files, 'model.safetensors': bytes });
  await failsWith(() => damaged.embedImages([first]), 'tensor h1.weight of small/model.safetensors: element 5 is NaN');
  await damaged.close();
  await failsWith(() => opened({ prepare: ['embed'] }, { ...files, 'model.safetensors': bytes }), 'h1.weight');
});

test('a directory whose parts do not fit is refused', async () => {
  const json = JSON.parse(new TextDecoder().decode(files['preprocessor_config.json'] as Uint8Array));
  const other = JSON.stringify({ ...json, crop_size: { height: 16, width: 16 } });
  await failsWith(() => opened({}, { ...files, 'preprocessor_config.json': other }), 'crop_size is 16×16', '24×24');
  const { 'preprocessor_config.json': _, ...without } = files;
  await failsWith(() => opened({}, without), 'preprocessor_config.json');
  await failsWith(() => opened({ maxBatch: 0 }), 'maxBatch is 0');
});

test('without a tokenizer there are ids alone', async () => {
  const { 'tokenizer.json': _, ...without } = files;
  const { model: silent } = await opened({}, without);
  assert.is((await silent.continueText([1], { steps: 3, minLength: 3 }).ids()).length, 3);
  await failsWith(() => silent.embedTexts(['a']), 'no tokenizer.json');
  await failsWith(() => silent.caption(first).text(), 'no tokenizer.json');
  await silent.close();
});

test('a closed model refuses work', async () => {
  const { model: closed } = await opened();
  const caption = closed.caption(first, { maxLength: 3 }).text();
  await closed.close();
  await caption.catch(() => {});
  await failsWith(() => closed.embedImages([first]), 'small was closed');
  await failsWith(() => closed.caption(first), 'small was closed');
  await closed.close();
});

test.run();
