import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { random } from '../../model/random.ts';
import { pick } from '../../model/scenes/choose.ts';
import { scene } from '../../model/scenes/scene.ts';
import {
  checkCaption,
  checkRegionCaption,
  type DescribedObject,
  type DescribedScene,
} from '../../model/scenes/truth.ts';
import { sceneWords } from '../../model/scenes/words.ts';
import { failsWith } from '../files/support.ts';

const test = suite('truth of captions');

/** A small red star in the top left, a large red circle right of it at the top, a striped blue circle in the bottom left. */
const star: DescribedObject = {
  ...{ shape: 'star', colour: 'red', size: 'small', texture: 'plain' },
  ...{ x: 0.2, y: 0.2, cell: { column: 0, row: 0 } },
};
const circle: DescribedObject = {
  ...{ shape: 'circle', colour: 'red', size: 'large', texture: 'plain' },
  ...{ x: 0.5, y: 0.25, cell: { column: 1, row: 0 } },
};
const blue: DescribedObject = {
  ...{ shape: 'circle', colour: 'blue', size: 'small', texture: 'striped' },
  ...{ x: 0.2, y: 0.8, cell: { column: 0, row: 2 } },
};
const shown: DescribedScene = { objects: [star, circle, blue], ground: { name: 'light blue' } };

/** What is wrong with a text, as "kind value" each; true where nothing is, undefined where it is no text of the language. */
const verdicts: readonly (readonly [text: string, wrong: true | undefined | readonly string[]])[] = [
  ['a red star', true],
  ['A red star.', true],
  ['the small plain red star', true],
  ['a red plain small star', true],
  ['a little red star in the upper left', true],
  ['a red star at the top', true],
  ['a red star on the left', true],
  ['a red star in the middle', ['position middle']],
  ['an orange star', ['colour orange']],
  ['a large blue star', ['size large', 'colour blue']],
  ['a red star left of a red circle', true],
  ['a red star is to the left of a circle', true],
  ['a red star right of a circle', ['relation right']],
  ['a circle above a circle', true],
  ['a red circle below a blue circle', ['relation below']],
  ['a blue circle below a red circle', true],
  ['a red circle left of a red circle', ['shape circle']],
  ['a star with a blue circle below it', true],
  ['a star with a blue circle above it', ['relation above']],
  ['a star above a star', ['shape star']],
  ['a star above both a blue circle and a red circle', ['relation above']],
  ['a red circle right of both a star and a blue circle', true],
  ['a star between a red circle and a blue circle', ['relation between']],
  ['a star left of a red circle and above a blue circle', true],
  ['a star left of a red circle and below a blue circle', ['relation below']],
  ['three objects: a red star left of a red circle, and a blue circle in the bottom left', true],
  ['two objects: a red star left of a red circle', ['count 2']],
  ['a red star on a light blue background', true],
  ['a red star on a gray background', ['ground gray']],
  ['a red star in the top left and a blue circle in the bottom left, with the star above the circle', true],
  ['a red star in the top left and a blue circle in the bottom left, with the star below the circle', ['relation below']],
  ['a red star in the top left and a blue circle in the bottom left, with the star above the heart', ['shape heart', 'relation above']],
  ['a green heart, a star and a circle', undefined],
  ['a star in the top left, a heart in the middle, a moon on the left and a ring at the top', ['shape heart', 'shape moon', 'shape ring', 'position middle']],
  ['', undefined],
  [' . ', undefined],
  ['red star', undefined],
  ['a red', undefined],
  ['an red star', undefined],
  ['a red blue star', undefined],
  ['a star star', undefined],
  ['a dog on a beach', undefined],
  ['a red star left of', undefined],
  ['a red star of a red circle', undefined],
  ['a red star!', undefined],
  ['a red star on a', undefined],
  ['a rëd star', undefined],
  ['constructor', undefined],
  ['a constructor star', undefined],
]; // biome-ignore format: a table

test('a table of texts', () => {
  for (const [text, expected] of verdicts) {
    const { parsed, claims, wrong, right } = checkCaption(text, shown);
    assert.is(right, expected === true, text);
    assert.is(parsed, expected !== undefined, text);
    assert.equal(
      wrong,
      claims.filter(({ holds }) => !holds),
    );
    if (!parsed) assert.equal(claims, []);
    if (Array.isArray(expected)) assert.equal(wrong.map(({ kind, says }) => `${kind} ${says}`), expected, text); // biome-ignore format: one call
  }
});

test('a claim tells what it is about', () => {
  const { claims } = checkCaption('a big circle right of a star', shown);
  assert.equal(claims, [
    { kind: 'size', says: 'large', about: ['a big circle'], holds: true },
    { kind: 'shape', says: 'circle', about: ['a big circle'], holds: true },
    { kind: 'shape', says: 'star', about: ['a star'], holds: true },
    { kind: 'relation', says: 'right', about: ['a big circle', 'a star'], holds: true },
  ]);
});

test('a text about a region is about that object', async () => {
  const right = (text: string, object: DescribedObject): boolean => checkRegionCaption(text, object, shown).right;
  assert.ok(right('a circle', circle) && right('a circle', blue));
  assert.not(right('a red circle', blue));
  assert.ok(right('a red circle right of a star', circle));
  assert.not(right('a star left of a red circle', circle), 'the first object that is named is meant');
  assert.not(right('a heart', circle));
  assert.ok(right('the blue circle in the bottom left', blue));
  await failsWith(() => checkRegionCaption('a star', { ...star }, shown), 'the object is not of this scene');
});

test('any text has a verdict, and soon', () => {
  const source = random(1, 'garbage');
  const odd = ['', ' ', '\n', 'á', '😀', '\ud800', '__proto__', 'toString', '0', '.', ';', '<s>', 'A'];
  const drawn = Array.from({ length: 20 }, (_, index) => scene({ seed: 3, index }));
  const begin = performance.now();
  for (let i = 0; i < 20000; i++) {
    const subject = pick(source, drawn);
    const words = pick(source, [...subject.captions, subject.longCaption]).split(' ');
    const changes = Math.floor(source.uniform() * 4);
    for (let change = 0; change < changes; change++) {
      const at = Math.floor(source.uniform() * (words.length + 1));
      const word = source.uniform() < 0.8 ? pick(source, sceneWords) : pick(source, odd);
      words.splice(at, Math.floor(source.uniform() * 3), ...(source.uniform() < 0.7 ? [word] : []));
    }
    const { parsed, right, claims } = checkCaption(words.join(' '), subject);
    assert.ok(parsed || (!right && claims.length === 0));
    if (changes === 0) assert.ok(right);
    checkRegionCaption(words.join(' '), subject.objects[0]!, subject);
  }
  const long = 'a star above a ring, and the heart is left of the moon'.concat(
    ', with the heart left of the moon'.repeat(2000),
  );
  assert.not(checkCaption(long, shown).right);
  assert.not(checkCaption('a '.repeat(1e5), shown).parsed);
  assert.ok(performance.now() - begin < 60e3);
});

test.run();
