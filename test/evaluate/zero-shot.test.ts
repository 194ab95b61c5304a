// Classes from templates, top-k by hand and against sorting.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { classEmbeddings, defaultTemplates, fillTemplates, topK } from '../../model/evaluate/zero-shot.ts';
import { failsWith } from '../files/support.ts';
import { directionOf } from './fake-model.ts';

const test = suite('zero-shot classification');

test('templates take the name wherever they have a place for it', async () => {
  assert.equal(fillTemplates(['a {}', '{}: a photo of a {}'], 'cat'), ['a cat', 'cat: a photo of a cat']);
  await failsWith(() => fillTemplates(['a {}', 'a photo'], 'cat'), '"a photo" has no {}');
  await failsWith(() => fillTemplates([], 'cat'), 'no template');
  assert.ok(new Set(defaultTemplates).size === defaultTemplates.length && defaultTemplates.length >= 8);
  assert.ok(fillTemplates(defaultTemplates, 'red circle').every((text) => text.includes('red circle')));
});

test('a class is the mean direction of its sentences', () => {
  const [embedding] = classEmbeddings([[Float32Array.of(1, 0, 0), Float32Array.of(0, 1, 0), Float32Array.of(0, 0, 1)]]);
  const third = 1 / Math.sqrt(3);
  for (const value of embedding!) assert.ok(Math.abs(value - third) < 1e-7);
});

test('top-k by hand, equal classes in order', () => {
  const classes = [Float32Array.of(1, 0), Float32Array.of(0, 1), Float32Array.of(0, 1)];
  const images = [Float32Array.of(1, 0), Float32Array.of(0, 1), Float32Array.of(0, 1), Float32Array.of(0.6, 0.8)];
  const found = topK(images, classes, [0, 1, 2, 0], [1, 2, 3]);
  assert.equal(found.get(1), { value: 0.5, kind: 'share', cases: 4, chance: 1 / 3 });
  assert.is(found.get(2)!.value, 0.75);
  assert.is(found.get(3)!.value, 1);
  assert.is(found.get(3)!.chance, 1);
});

test('blind images reach chance', () => {
  const classes = Array.from({ length: 20 }, (_, i) => directionOf(`class ${i}`));
  const images = Array.from({ length: 2000 }, (_, i) => directionOf(`image ${i}`));
  const found = topK(
    images,
    classes,
    [...images.keys()].map((i) => i % 20),
    [1, 5],
  );
  assert.ok(Math.abs(found.get(1)!.value - 0.05) < 0.02, `${found.get(1)!.value}`);
  assert.ok(Math.abs(found.get(5)!.value - 0.25) < 0.04, `${found.get(5)!.value}`);
});

test.run();
