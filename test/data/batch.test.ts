import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { configFromGolden } from '../../model/config.ts';
import { assembleBatch, type RegionBatch, type Sample } from '../../model/data/batch.ts';
import type { DataRecord } from '../../model/data/record.ts';
import { chooseCaption, chooseRegion, type TextOptions, textRandom } from '../../model/data/texts.ts';
import { goldenTensor, readGolden } from '../../model/verify/golden-file.ts';
import { directoryStore } from '../../targets/node/files.ts';
import { goldenPath } from '../support/repository.ts';
import { noise } from './noise.ts';
import { config, tokenizer } from './support.ts';

const test = suite('batches as arrays');

const sample = (key: string, ids: readonly number[], box: Sample['box'] = [0, 0, 1, 1]): Sample => ({
  key,
  pixels: Float32Array.from([key.length, 2, 3]),
  ids: [1, ...ids, 9],
  box,
});
const shape = { multiple: 1, maxTextLength: 12 };
const samples = [sample('a', [5, 6, 7]), sample('bb', [8], [0.25, 0, 0.5, 1]), sample('ccc', [2, 3])];

test('pairs: texts padded with 0 to the longest, with BOS and [EMB] and without', () => {
  assert.equal(assembleBatch('pairs', samples, shape), {
    kind: 'pairs',
    sizes: { B: 3, T: 5, captionTokens: 3 },
    keys: ['a', 'bb', 'ccc'],
    images: new Float32Array([1, 2, 3, 2, 2, 3, 3, 2, 3]),
    embeddingIds: new Int32Array([1, 5, 6, 7, 9, 1, 8, 9, 0, 0, 1, 2, 3, 9, 0]),
    embeddingLengths: new Int32Array([5, 3, 4]),
    captionIds: new Int32Array([5, 6, 7, 8, 0, 0, 2, 3, 0]),
    captionLengths: new Int32Array([3, 1, 2]),
  });
});

test('regions: one box an image, with the number of its image', () => {
  const batch = assembleBatch('regions', samples, shape) as RegionBatch;
  assert.is(batch.kind, 'regions');
  assert.equal(batch.boxes, new Float32Array([0, 0, 0, 1, 1, 1, 0.25, 0, 0.5, 1, 2, 0, 0, 1, 1]));
  const { kind: _, boxes: __, ...others } = batch;
  const { kind: ___, ...pairs } = assembleBatch('pairs', samples, shape);
  assert.equal(others, pairs);
});

test('lengths are rounded up, but not beyond the longest text that there may be', () => {
  const sizes = (length: number) =>
    assembleBatch('pairs', [sample('a', Array(length).fill(5)), sample('b', [5])], { multiple: 8, maxTextLength: 12 })
      .sizes;
  assert.equal(sizes(3), { B: 2, T: 8, captionTokens: 8 });
  assert.equal(sizes(7), { B: 2, T: 14, captionTokens: 8 });
  assert.equal(sizes(12), { B: 2, T: 14, captionTokens: 12 });
  const { embeddingIds, captionIds } = assembleBatch('pairs', [sample('b', [5])], { multiple: 8, maxTextLength: 12 });
  assert.equal([...embeddingIds], [1, 5, 9, 0, 0, 0, 0, 0]);
  assert.equal([...captionIds], [5, 0, 0, 0, 0, 0, 0, 0]);
});

/** The first columns of rows. */
function columns(values: readonly number[], rows: number, count: number): number[] {
  const width = values.length / rows;
  return values.filter((_, i) => i % width < count);
}

for (const name of ['tiny', 'odd']) {
  test(`the golden batch of ${name}, put together from its captions`, async () => {
    const store = directoryStore(goldenPath());
    const golden = await readGolden(store, `${name}_batch.safetensors`);
    const { tokens } = configFromGolden((await readGolden(store, `${name}_stage1.safetensors`)).metadata);
    const data = (tensor: string) => [...(goldenTensor(golden, tensor).data as Int32Array)];
    const lengths = data('cap_lengths');
    const rowOf = (values: readonly number[], i: number) =>
      values.slice((i * values.length) / lengths.length, ((i + 1) * values.length) / lengths.length);
    const rows = lengths.map((length, i): Sample => {
      const text = rowOf(data('cap_ids'), i).slice(0, length);
      const [, x1, y1, x2, y2] = rowOf(data('boxes'), i) as [number, number, number, number, number];
      const pixels = Float32Array.from(rowOf(data('images'), i));
      return { key: `${i}`, pixels, ids: [tokens.bos, ...text, tokens.emb], box: [x1, y1, x2, y2] };
    });
    const batch = assembleBatch('regions', rows, shape) as RegionBatch;
    const { B, T, captionTokens } = batch.sizes;
    assert.is(B, lengths.length);
    assert.equal([...batch.embeddingLengths], data('emb_lengths'));
    assert.equal([...batch.captionLengths], lengths);
    assert.equal([...batch.boxes], data('boxes'));
    assert.equal([...batch.images], data('images'));
    // Golden rows are longer than their longest text.
    assert.equal([...batch.embeddingIds], columns(data('emb_ids'), B, T));
    assert.equal([...batch.captionIds], columns(data('cap_ids'), B, captionTokens));
  });
}

const options: TextOptions = { tokenizer, config };
const record = (fields: Partial<DataRecord>): DataRecord => ({
  key: 'k',
  origin: 'a.tar/k',
  image: noise(1),
  captions: [],
  ...fields,
});
const textOf = (ids: readonly number[] | undefined) => tokenizer.decode((ids ?? []).slice(1, -1));
const long = 'a very long caption '.repeat(10).trim();
/** Which texts are chosen how often, over many records. */
function counted(choose: (index: number) => string, rounds = 1000): Record<string, number> {
  const counts: Record<string, number> = {};
  for (let index = 0; index < rounds; index++) {
    const text = choose(index);
    counts[text] = (counts[text] ?? 0) + 1;
  }
  return counts;
}
const caption =
  (fields: Partial<DataRecord>, changes: Partial<TextOptions> = {}) =>
  (index: number) => {
    const { chosen, broken } = chooseCaption(record(fields), { ...options, ...changes }, textRandom(1, 0, index));
    return chosen === undefined ? `broken: ${broken.map(({ reason }) => reason)}` : textOf(chosen.ids);
  };
const near = (count: number | undefined, expected: number) =>
  assert.ok(count !== undefined && Math.abs(count - expected) < 80, `${count} is not about ${expected}`);

test('a caption: BOS, text, [EMB], and all of the image', () => {
  const { chosen, broken } = chooseCaption(record({ captions: ['a dog'] }), options, textRandom(1, 0, 0));
  const { bos, emb } = config.tokens;
  assert.equal(chosen, { ids: [bos, ...tokenizer.encode('a dog'), emb], box: [0, 0, 1, 1] });
  assert.equal(broken, []);
});

test('captions are chosen evenly, the long one as often as was asked for', () => {
  const fields = { captions: ['one', 'two'], longCaption: 'long one' };
  const plain = counted(caption(fields));
  assert.equal(Object.keys(plain).sort(), ['one', 'two']);
  near(plain.one, 500);
  near(counted(caption(fields, { longCaption: 0.3 }))['long one'], 300);
  assert.equal(counted(caption(fields, { longCaption: 1 })), { 'long one': 1000 });
  near(counted(caption({ captions: ['one', 'two'] }, { longCaption: 1 })).one, 500);
});

test('a text that is too long is broken, and another is taken; or it is cut off where that is asked for', () => {
  const fields = { captions: [long, 'short'] };
  assert.equal(counted(caption(fields), 100), { short: 100 });
  const choices = Array.from({ length: 100 }, (_, i) => chooseCaption(record(fields), options, textRandom(1, 0, i)));
  const broken = choices.flatMap((choice) => choice.broken);
  assert.ok(broken.length > 30 && broken.length < 70, `${broken.length}`);
  assert.match(broken[0]!.reason, /^a\.tar\/k: text "a very.* has \d+ tokens, but at most 12 are allowed/);
  const { chosen } = chooseCaption(record({ captions: [long] }), { ...options, truncate: true }, textRandom(1, 0, 0));
  assert.is(chosen!.ids.length, 14);
  assert.is(chosen!.ids.at(-1), config.tokens.emb);
});

test('a record without a usable caption is broken', () => {
  assert.match(caption({})(0), 'broken: a.tar/k: has no caption. Add one.');
  assert.match(caption({ captions: ['  '] })(0), 'broken: a.tar/k: empty text');
  assert.is(caption({ longCaption: 'all there is' })(0), 'all there is');
});

const regions = [
  { box: [0, 0, 1, 1], text: 'first' },
  { key: 'k region 1', reason: 'a.tar/k.json: regions.1.box is bad' },
  { box: [0, 0, 1, 1], text: 'third' },
  { box: [0, 0, 1, 1], text: long },
  { box: [0, 0, 1, 1], text: 'outside' },
  { box: [0, 0, 1, 1], text: 'unseen' },
] as const;
const seen = [[0, 0, 0.5, 1], [0, 0, 1, 0.5], [0, 0, 1, 1], 'box 9, 9: outside', undefined] as const;

test('regions that are seen are chosen evenly, with their boxes; unusable ones are named', () => {
  const choices = Array.from({ length: 600 }, (_, i) =>
    chooseRegion(record({ regions }), seen, options, textRandom(1, 0, i)),
  );
  const texts = choices.map(({ chosen }) => textOf(chosen?.ids));
  const counts = counted((i) => texts[i]!, 600);
  assert.equal(Object.keys(counts).sort(), ['first', 'third']);
  near(counts.first, 300);
  for (const { chosen } of choices) {
    assert.equal(chosen!.box, textOf(chosen!.ids) === 'first' ? [0, 0, 0.5, 1] : [0, 0, 1, 0.5]);
  }
  const names = choices.map(({ broken }) => broken.map(({ key, reason }) => `${key}: ${reason.slice(0, 30)}`));
  for (const named of names) {
    assert.equal(named.slice(0, 2), [
      'k region 1: a.tar/k.json: regions.1.box is',
      'k region 4: a.tar/k, region 4: box 9, 9: o',
    ]);
  }
  assert.ok(names.some((named) => named[2]?.startsWith('k region 3: a.tar/k: text "a very')));
});

test('a record without regions, or with none that is seen, is broken', () => {
  const reason = (fields: Partial<DataRecord>, boxes: readonly undefined[]) =>
    chooseRegion(record(fields), boxes, options, textRandom(1, 0, 0)).broken.map((one) => one.reason);
  assert.equal(reason({}, []), ['a.tar/k: has no region. Add one.']);
  const unseen = { regions: [{ box: [0, 0, 1, 1], text: 'a' }] } as const;
  assert.equal(reason(unseen, [undefined]), ['a.tar/k: has no region of which half is seen. Add one.']);
});

test('whole images with captions are regions too, as often as was asked for', () => {
  const choose = (fields: Partial<DataRecord>, wholeImage: number) => (index: number) => {
    const given = record(fields);
    const boxes = (given.regions ?? []).map(() => [0, 0, 0.5, 0.5] as const);
    const { chosen } = chooseRegion(given, boxes, { ...options, wholeImage }, textRandom(1, 0, index));
    return chosen === undefined ? 'none' : `${textOf(chosen.ids)} ${chosen.box[2]}`;
  };
  const both = { captions: ['all'], regions: [{ box: [0, 0, 1, 1], text: 'part' }] } as const;
  near(counted(choose(both, 0.25))['all 1'], 250);
  assert.equal(counted(choose(both, 0), 100), { 'part 0.5': 100 });
  assert.equal(counted(choose({ captions: ['all'] }, 0.01), 100), { 'all 1': 100 });
  assert.equal(counted(choose({ captions: ['all'] }, 0), 100), { none: 100 });
});

test.run();
