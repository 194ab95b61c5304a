// Items from scenes: what they say is true by their own judges, and suites that know it reach 100 %.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { NamedImage } from '../../model/data/prepare.ts';
import { evaluate } from '../../model/evaluate/evaluate.ts';
import { itemsOfScenes } from '../../model/evaluate/from-scenes.ts';
import type { EvaluationItem } from '../../model/evaluate/item.ts';
import type { RgbImage } from '../../model/preprocess/image.ts';
import { scene } from '../../model/scenes/scene.ts';
import { blindModel } from './fake-model.ts';

const test = suite('items of scenes');

const count = 60;
const { items, areDistinct } = itemsOfScenes(count, 5, { side: 16 });

test('everything that a scene says is right by its judge, and what another says is mostly not', () => {
  let others = 0;
  for (const [i, { captions, longCaption, regions, judge, judgeRegion }] of items.entries()) {
    for (const text of [...captions, longCaption!]) {
      const { right, claims, wrong } = judge!(text);
      assert.ok(right && claims >= 2, `${text}: ${wrong}`);
      assert.equal(wrong, []);
    }
    for (const region of regions!) assert.ok(judgeRegion!(region.text, region).right, region.text);
    if (judge!(items[(i + 1) % count]!.longCaption!).right) others++;
  }
  assert.is(others, 0);
  const [first] = items as [EvaluationItem<NamedImage>];
  assert.equal(first.judge!('to be or not to be'), { right: false, claims: 0, wrong: [] });
});

test('a region is judged by its own object', () => {
  const several = items.find(({ regions }) => regions!.length >= 3)!;
  const [one, other] = several.regions!;
  const { right, wrong } = several.judgeRegion!(other!.text, one!);
  assert.not.ok(right);
  assert.ok(wrong.length > 0 && wrong.every((claim) => / of .+/.test(claim)), wrong.join('; '));
});

test('scenes are those of the evaluation split, drawn when looked at; one object is a label', () => {
  const own = scene({ seed: 5, index: 7 }, { split: 'eval', side: 16 });
  const item = items[7]!;
  assert.is(item.key, 'scene 5/7');
  assert.equal(item.captions, own.captions);
  assert.equal((item.image.image as RgbImage).data, own.image.data);
  const labels = items.map(({ label, regions }) => [label !== undefined, regions!.length === 1]);
  assert.ok(labels.every(([isLabelled, isOne]) => isLabelled === isOne));
  assert.ok(items.some(({ label }) => label?.split(' ').length === 2));
});

test('what a caption says of two scenes does not tell them apart', () => {
  for (const one of items) {
    for (const other of items) {
      if (one === other || areDistinct(one, other)) continue;
      assert.ok(one.judge!(other.captions[0]!).right || other.judge!(one.captions[0]!).right);
    }
  }
  assert.not.ok(areDistinct(items[0]!, items[0]!));
});

test('groups are those that meaning tells apart', async () => {
  const keyed = items.map(({ image, ...item }) => ({ ...item, image: item.key }));
  const report = await evaluate(blindModel(keyed), keyed, ['retrieval'], { groupSize: 10, areDistinct });
  assert.match(report.retrieval!.notes[0]!, /^[56] groups of 10 with distinct captions/);
  const never = { groupSize: 10, areDistinct: () => false };
  const none = await evaluate(blindModel(keyed), keyed, ['retrieval'], never);
  assert.is(none.retrieval!.notes[0], 'no groups of 10 with distinct captions: 60 images do not fill one');
});

test.run();
