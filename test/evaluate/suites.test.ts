// Suites on models that know everything or nothing: what they measure, what they leave out, what they say of it.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type EvaluationReport, evaluate, suitesFor } from '../../model/evaluate/evaluate.ts';
import type { Verdict } from '../../model/evaluate/item.ts';
import { type SuiteName, suiteNames } from '../../model/evaluate/suites/suites.ts';
import { failsWith } from '../files/support.ts';
import { blindModel, boxAt, type Item, knowingModel } from './fake-model.ts';

const test = suite('suites of evaluation');

const colours = ['red', 'green', 'blue', 'black', 'pink', 'white', 'brown', 'grey'];

const rightIf = (right: boolean): Verdict => ({ right, claims: 2, wrong: right ? [] : ['its shape', 'its colour'] });

/** Everything that there is to know of so many images. */
function itemsOf(count: number): Item[] {
  return Array.from({ length: count }, (_, i) => {
    const key = `image ${i}`;
    const captions = [`caption ${i}`, `another caption of ${i}`];
    const regions = [0, 1, 2, 3].map((n) => ({
      box: boxAt((i + n) % 10, (3 * n + i) % 10),
      text: `part ${n} of ${i}`,
    }));
    return {
      key,
      image: key,
      captions,
      longCaption: `a long and winding caption of ${i}`,
      regions,
      label: colours[i % colours.length]!,
      judge: (text) => rightIf(captions.includes(text)),
      judgeRegion: (text, region) => rightIf(text === region.text),
    };
  });
}

const shares = (report: EvaluationReport) =>
  Object.entries(report).flatMap(([name, { measures }]) =>
    Object.entries(measures)
      .filter(([, { kind }]) => kind === 'share')
      .map(([measure, found]) => ({ name: `${name}: ${measure}`, ...found })),
  );

test('a model that knows everything reaches 100 % in every suite', async () => {
  const items = itemsOf(25);
  const report = await evaluate(knowingModel(items), items, undefined, { groupSize: 10 });
  assert.equal(Object.keys(report), suiteNames);
  for (const { name, value } of shares(report)) assert.is(value, 1, name);
  const named = Object.fromEntries(suiteNames.map((name) => [name, Object.keys(report[name]!.measures)]));
  assert.equal(named, {
    retrieval: [
      ...['image to text', 'text to image'].flatMap((way) => [1, 5, 10].map((k) => `${way} R@${k}`)),
      'image to text R@1 among 10',
      'text to image R@1 among 10',
    ],
    long: ['long', 'short'].flatMap((kind) => [
      ...['image to text', 'text to image'].flatMap((way) => [1, 5, 10].map((k) => `${way} R@${k}, ${kind}`)),
      `image to text R@1 among 10, ${kind}`,
      `text to image R@1 among 10, ${kind}`,
    ]),
    'zero-shot': ['top-1', 'top-5'],
    captions: ['right in every claim', 'claims that are true', 'claims in a caption', 'CIDEr-D'],
    regions: ['text to region', 'region to text'],
    pointing: ['pointing accuracy'],
    'region-captions': ['right in every claim', 'claims that are true', 'claims in a caption', 'CIDEr-D'],
  });
  assert.is(report.captions!.measures['claims in a caption']!.value, 2);
  assert.ok(report['region-captions']!.measures['CIDEr-D']!.value > 9.99);
  assert.equal(report.retrieval!.used, { images: 25, texts: 50 });
  assert.equal(report.retrieval!.notes, ['2 groups of 10 with distinct captions; 5 images are left over']);
  assert.equal(report.regions!.used, { images: 25, regions: 100, texts: 100 });
  for (const name of suiteNames) assert.equal(report[name]!.skipped, [], name);
  assert.equal(report['region-captions']!.examples[1], {
    key: 'image 0 at 0.1, 0.3, 0.2, 0.4',
    item: 'image 0',
    box: [0.1, 0.3, 0.2, 0.4],
    text: 'part 1 of 0',
    right: ['part 1 of 0'],
    verdict: rightIf(true),
  });
  assert.is(report.captions!.examples.length, 5);
});

test('a model that knows nothing reaches what blind guessing reaches', async () => {
  const items = itemsOf(400);
  const report = await evaluate(blindModel(items), items, undefined);
  for (const { name, value, chance, cases } of shares(report)) {
    if (chance === undefined) assert.is(value, 0, name);
    else {
      // Cases of one image depend on each other, so that the spread is taken twice as large as for independent ones.
      const spread = 2 * Math.sqrt((chance * (1 - chance)) / cases);
      assert.ok(Math.abs(value - chance) <= 4 * spread, `${name}: ${value}, by chance ${chance}`);
    }
  }
  assert.is(report.captions!.measures['CIDEr-D']!.value, 0);
});

test('the same twice, whatever the batch', async () => {
  const items = itemsOf(30);
  const report = await evaluate(blindModel(items), items, undefined, { groupSize: 5 });
  assert.equal(await evaluate(blindModel(items), items, undefined, { groupSize: 5 }), report);
  assert.equal(await evaluate(blindModel(items), items, undefined, { groupSize: 5, batch: 7 }), report);
});

test('only what is asked for is run, in the order of the table', async () => {
  const items = itemsOf(3);
  const report = await evaluate(knowingModel(items), items, ['pointing', 'retrieval']);
  assert.equal(Object.keys(report), ['retrieval', 'pointing']);
  assert.equal(report.retrieval!.notes, ['no groups of 100 with distinct captions: 3 images do not fill one']);
  assert.not.ok(Object.keys(report.retrieval!.measures).some((name) => name.includes('among')));
});

test('without names, the suites that the data is of use for', async () => {
  const bare = (fields: Partial<Item>): Item => ({ key: 'a', image: 'a', captions: [], ...fields });
  const box = boxAt(1, 1);
  assert.equal(suitesFor([bare({ captions: ['x'] })], undefined), ['retrieval', 'captions']);
  assert.equal(suitesFor([bare({ label: 'x' })], undefined), ['zero-shot']);
  assert.equal(suitesFor([bare({ captions: ['x'], longCaption: 'x y' })], ['long']), ['long']);
  assert.equal(suitesFor([bare({ regions: [{ box, text: 'x' }] })], undefined), ['pointing', 'region-captions']);
  assert.equal(suitesFor([bare({ judge: () => rightIf(true) })], undefined), ['captions']);
  await failsWith(() => suitesFor([bare({})], undefined), 'nothing to evaluate', '1 items');
  await failsWith(() => suitesFor([bare({ label: 'x' })], ['regions']), 'suite regions', 'has no two regions');
  await failsWith(() => suitesFor([], ['dreams' as SuiteName]), '"dreams" is not known', 'retrieval, long');
});

test('what cannot be used is left out and told, and changes no other result', async () => {
  const items = itemsOf(12);
  const whole = await evaluate(blindModel(items), items, undefined, { groupSize: 4 });
  const broken = { ...items[0]!, key: 'broken', image: 'broken' };
  const bare: Item = { key: 'bare', image: 'bare', captions: [] };
  const more = [...items.slice(0, 5), broken, bare, ...items.slice(5)];
  const report = await evaluate(blindModel(more), more, undefined, { groupSize: 4, batch: 5 });
  const reason = 'broken: is truncated or damaged; get the file again.';
  for (const name of suiteNames) {
    assert.equal(report[name]!.measures, whole[name]!.measures, name);
    const { skipped } = report[name]!;
    assert.is(skipped[0]!.key, 'bare');
    assert.match(skipped[0]!.reason, /^has no /);
    const others = skipped.slice(1);
    assert.ok(others.length >= 1, name);
    assert.ok(
      others.every(({ key }) => key.startsWith('broken')),
      name,
    );
    assert.is(others[0]!.reason, reason, name);
  }
});

test('a suite of which nothing can be used says why', async () => {
  const items: Item[] = [{ key: 'one', image: 'broken one', captions: ['a'], regions: itemsOf(1)[0]!.regions! }];
  for (const name of ['retrieval', 'captions', 'regions', 'pointing', 'region-captions'] as const) {
    await failsWith(() => evaluate(blindModel(items), items, [name]), 'broken one: is truncated', 'no ');
  }
});

test('a text that cannot be embedded takes its item out', async () => {
  const items = itemsOf(4);
  const wrong = { ...items[2]!, captions: ['caption 2', ''] };
  const { retrieval } = await evaluate(blindModel(items), items.with(2, wrong), ['retrieval']);
  assert.equal(retrieval!.used, { images: 3, texts: 6 });
  assert.equal(retrieval!.skipped, [
    { key: 'image 2', reason: 'empty text: "" holds nothing to embed. Give at least one word.' },
  ]);
});

test('defects of the model are not taken for bad data', async () => {
  const items = itemsOf(3);
  const defect = { ...blindModel(items), embedImages: () => Promise.reject(new TypeError('x is undefined')) };
  const failure = await evaluate(defect, items, ['retrieval']).catch((error: unknown) => error);
  assert.instance(failure, TypeError);
});

test('a model whose embeddings are no numbers is not rated', async () => {
  const items = itemsOf(3);
  const model = blindModel(items);
  const images = items.map(() => new Float32Array(64).fill(Number.NaN));
  await failsWith(
    () => evaluate({ ...model, embedImages: async () => images }, items, ['retrieval']),
    'not made of finite',
  );
  const map = { width: 1, height: 1, values: Float32Array.of(Number.NaN), region: [0, 0, 1, 1] } as const;
  const locateAll = async (_: string, texts: readonly string[]) => texts.map(() => map);
  await failsWith(() => evaluate({ ...model, locateAll }, items, ['pointing']), 'heat map is not made of finite');
});

test('texts beyond the limit are cut, and that is told', async () => {
  const items = itemsOf(3);
  const limits: unknown[] = [];
  const model = blindModel(items);
  const embedTexts: typeof model.embedTexts = (texts, options) => {
    limits.push(options);
    return model.embedTexts(texts, options);
  };
  const { long } = await evaluate({ ...model, embedTexts }, items, ['long'], { maxTextLength: 3 });
  assert.equal(limits, [{ truncate: true, maxLength: 3 }]);
  assert.equal(long!.notes.slice(1), [
    'long captions: 7.0 tokens on average, at most 7',
    'short captions: 2.0 tokens on average, at most 2',
    '3 of 6 texts have more than 3 tokens and were cut off there',
  ]);
  limits.length = 0;
  await evaluate({ ...model, embedTexts }, items, ['long']);
  assert.equal(limits, [{ truncate: true, maxLength: 200 }]);
});

test('an image of which the crop cuts off a region is told the rest', async () => {
  const [item] = itemsOf(1) as [Item];
  const model = knowingModel([item]);
  const right = [0.5, 0, 1, 1] as const;
  const locateAll: typeof model.locateAll = async (image, texts) => {
    return (await model.locateAll(image, texts)).map((map) => ({ ...map, region: right }));
  };
  const regions = [
    { box: [0, 0, 0.4, 1], text: 'part 0 of 0' },
    { box: [0.96, 0, 0.97, 1], text: 'part 1 of 0' },
    { box: [0.5, 0, 1, 1], text: 'part 2 of 0' },
  ] as const;
  const found = await evaluate({ ...model, locateAll }, [{ ...item, regions }], ['pointing']);
  assert.equal(found.pointing!.skipped, [{ key: 'image 0, "part 0 of 0"', reason: 'lies outside of the centre crop' }]);
  assert.is(found.pointing!.measures['pointing accuracy']!.cases, 2);
  assert.equal(found.pointing!.notes, ['1 texts are of boxes that hold the middle of no patch: they count as missed']);
});

test('classes and templates of one’s own', async () => {
  const items = itemsOf(8);
  const given = { classes: ['red', 'green', 'blue'], templates: ['something {}'] };
  const { 'zero-shot': found } = await evaluate(knowingModel(items), items, ['zero-shot'], given);
  assert.equal(found!.used, { images: 3, classes: 3, templates: 1 });
  assert.equal(Object.keys(found!.measures), ['top-1']);
  assert.equal(found!.skipped[0], { key: 'image 3', reason: 'its label "black" is no class' });
  const bad = { ...given, templates: ['nothing'] };
  await failsWith(() => evaluate(knowingModel(items), items, ['zero-shot'], bad), '"nothing" has no {}');
});

test('captions without a judge have a CIDEr-D, one alone has neither', async () => {
  const items = itemsOf(3).map(({ judge, judgeRegion, ...item }) => item);
  const { captions } = await evaluate(knowingModel(items), items, ['captions']);
  assert.equal(Object.keys(captions!.measures), ['CIDEr-D']);
  const alone = await evaluate(knowingModel(items), items.slice(0, 1), ['captions']);
  assert.equal(alone.captions!.measures, {});
  assert.equal(alone.captions!.notes, ['no CIDEr-D: of one image alone it is always 0']);
});

test('progress is told, settings out of range are refused', async () => {
  const items = itemsOf(5);
  const told: [string, number, number][] = [];
  await evaluate(knowingModel(items), items, ['retrieval', 'regions'], {
    batch: 2,
    onProgress: (...progress) => told.push(progress),
  });
  assert.equal(
    told.slice(0, 3).map(([, done]) => done),
    [0, 2, 4],
  );
  assert.equal([...new Set(told.map(([part]) => part))], ['embedding images', 'embedding texts', 'embedding regions']);
  assert.ok(told.every(([, done, total]) => done < total));
  for (const [options, message] of [
    [{ batch: 0 }, 'batch is 0'],
    [{ groupSize: 1 }, 'groupSize is 1'],
    [{ maxTextLength: 1.5 }, 'maxTextLength is 1.5'],
  ] as const) {
    await failsWith(() => evaluate(knowingModel(items), items, undefined, options), message);
  }
});

test.run();
