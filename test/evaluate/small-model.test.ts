// Suites on a loaded model, run by the interpreter: they measure what its own answers say.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ciderD } from '../../model/evaluate/cider.ts';
import { evaluate } from '../../model/evaluate/evaluate.ts';
import type { EvaluationItem } from '../../model/evaluate/item.ts';
import { hottest } from '../../model/heat-map.ts';
import { loadOn } from '../../model/load.ts';
import type { RgbImage } from '../../model/preprocess/image.ts';
import { interpreterEngine } from '../model/interpreter-engine.ts';
import { memoryHost, noise, smallModelFiles } from '../model/small-model.ts';

const test = suite('evaluation of a loaded model');

const host = memoryHost({ small: await smallModelFiles() });
const model = await loadOn('small', host, interpreterEngine(), { maxBatch: 4, onWarning: () => {} });

const phrases = ['a dog', 'two red circles', 'the sea at night', 'a man on a horse', 'a blue square'];
const regions = [
  { box: [0.1, 0.1, 0.5, 0.6], text: 'a small dog' },
  { box: [0.4, 0.3, 0.9, 0.9], text: 'the sea' },
  { box: [0.2, 0.5, 0.6, 0.95], text: 'a red star' },
] as const;

const items = phrases.map(
  (text, i): EvaluationItem<RgbImage> => ({
    key: `image ${i}`,
    image: noise(i + 1),
    captions: [text, `here is ${text}`],
    longCaption: `${text}, and beside it another one that is like it, and something quite different behind both of them`,
    regions,
    label: text,
    judge: (caption) => ({
      right: caption.length % 2 === 0,
      claims: 1,
      wrong: caption.length % 2 === 0 ? [] : ['odd'],
    }),
  }),
);

const report = await evaluate(model, items, undefined, {
  groupSize: 5,
  maxCaptionLength: 4,
  templates: ['{}', 'a {}'],
});

const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
const shareOf = (holds: readonly boolean[]) => holds.filter(Boolean).length / holds.length;
/** The number of the most similar candidate. */
const nearest = (query: Float32Array, candidates: readonly Float32Array[]) => {
  const similarities = candidates.map((candidate) => dot(query, candidate));
  return similarities.indexOf(Math.max(...similarities));
};

test('every suite runs, and leaves nothing out', () => {
  assert.is(Object.keys(report).length, 7);
  for (const [name, { skipped }] of Object.entries(report)) assert.equal(skipped, [], name);
});

test('retrieval is that of the embeddings', async () => {
  const images = await model.embedImages(items.map(({ image }) => image));
  const texts = await model.embedTexts(items.flatMap(({ captions }) => captions));
  const { measures } = report.retrieval!;
  const right = texts.map((text, i) => nearest(text, images) === Math.floor(i / 2));
  assert.is(measures['text to image R@1']!.value, shareOf(right));
  const found = images.map((image, i) => Math.floor(nearest(image, texts) / 2) === i);
  assert.is(measures['image to text R@1']!.value, shareOf(found));
  const first = texts.filter((_, i) => i % 2 === 0);
  assert.is(measures['text to image R@1 among 5']!.value, shareOf(first.map((text, i) => nearest(text, images) === i)));
});

test('long captions are embedded whole, beyond the length of training', async () => {
  const images = await model.embedImages(items.map(({ image }) => image));
  const texts = await model.embedTexts(
    items.map(({ longCaption }) => longCaption!),
    { maxLength: 38 },
  );
  const { measures, notes } = report.long!;
  assert.is(measures['text to image R@1, long']!.value, shareOf(texts.map((text, i) => nearest(text, images) === i)));
  assert.not.ok(notes.some((note) => note.includes('cut off')));
});

test('captions are those of the model', async () => {
  const captions = await model.captions(
    items.map(({ image }) => image),
    { maxLength: 4 },
  );
  const { measures, examples } = report.captions!;
  assert.equal(
    examples.map(({ text }) => text),
    captions,
  );
  assert.is(
    measures['CIDEr-D']!.value,
    ciderD(
      captions,
      items.map((item) => item.captions),
    ).score,
  );
  assert.is(measures['right in every claim']!.value, shareOf(captions.map(({ length }) => length % 2 === 0)));
});

test('regions are told apart, pointed at and captioned as the model does', async () => {
  const texts = await model.embedTexts(regions.map(({ text }) => text));
  const [retrieved, pointed, captions]: [boolean[], boolean[], string[]] = [[], [], []];
  for (const { image } of items) {
    const embedded = await model.embedRegions(
      image,
      regions.map(({ box }) => box),
    );
    retrieved.push(...texts.map((text, i) => nearest(text, embedded) === i));
    for (const { box, text } of regions) {
      const { x, y } = hottest(await model.locate(image, text));
      pointed.push(x >= box[0] && x <= box[2] && y >= box[1] && y <= box[3]);
      captions.push(await model.caption(image, { box, maxLength: 4 }).text());
    }
  }
  assert.is(report.regions!.measures['text to region']!.value, shareOf(retrieved));
  assert.is(report.pointing!.measures['pointing accuracy']!.value, shareOf(pointed));
  assert.equal(
    report['region-captions']!.examples.map(({ text }) => text),
    captions.slice(0, 5),
  );
});

test.run();
