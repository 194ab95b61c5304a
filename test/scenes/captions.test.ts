import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { random } from '../../model/random.ts';
import { pick } from '../../model/scenes/choose.ts';
import { distinctAmong, distinctScenes } from '../../model/scenes/distinct.ts';
import { wordsOf } from '../../model/scenes/grammar.ts';
import { parse } from '../../model/scenes/parse.ts';
import { type Scene, scene } from '../../model/scenes/scene.ts';
import { checkCaption, checkRegionCaption } from '../../model/scenes/truth.ts';
import { type AttributeKind, attributeKinds, attributeWords, positionPhrases } from '../../model/scenes/vocabulary.ts';
import { sceneWords } from '../../model/scenes/words.ts';
import { loadTokenizer } from '../../model/tokenizer.ts';
import { failsWith } from '../files/support.ts';
import { repositoryRoot } from '../support/repository.ts';

const test = suite('captions of scenes');

/** Of every number of objects. */
const counts = [0.2, 0.35, 0.3, 0.15] as const;
const scenes = Array.from({ length: 2000 }, (_, index) => scene({ seed: 11, index }, { counts }));
const captionsOf = ({ captions, longCaption }: Scene): readonly string[] => [...captions, longCaption];
const source = random(1, 'changes');

test('every text is true of its scene, and says what it must', () => {
  for (const drawn of scenes) {
    const { objects, captions, longCaption, regions } = drawn;
    for (const text of captionsOf(drawn)) {
      const { right, claims } = checkCaption(text, drawn);
      assert.ok(right, text);
      assert.is(
        claims.filter(({ kind }) => kind === 'shape').length,
        objects.length,
        `${text} names every object once`,
      );
      assert.is(claims.filter(({ kind }) => kind === 'colour').length, objects.length, text);
      assert.ok(objects.length === 1 || claims.some(({ kind }) => kind === 'relation' || kind === 'position'), text);
    }
    assert.is(new Set(captions).size, captions.length);
    assert.is(drawn.caption, captions[0]);
    const { claims } = checkCaption(longCaption, drawn);
    for (const kind of [...attributeKinds, 'position'])
      assert.is(claims.filter((claim) => claim.kind === kind).length, objects.length, `${kind} in ${longCaption}`);
    assert.is(claims.filter(({ kind }) => kind === 'ground').length, objects.length < 4 ? 1 : 0, longCaption);
    regions.forEach(({ text, box }, i) => {
      assert.equal(box, objects[i]!.box);
      const fitting = objects.filter((object) => checkRegionCaption(text, object, drawn).right);
      assert.equal(fitting, [objects[i]], `${text} is one object`);
    });
  }
});

test('texts are small letters without a full stop, of the words that are listed', () => {
  const known = new Set(sceneWords);
  const used = new Set<string>();
  for (const drawn of scenes) {
    for (const text of [...captionsOf(drawn), ...drawn.regions.map(({ text }) => text)]) {
      assert.match(text, /^[a-z]+(?:[,:]? [a-z]+)*$/);
      for (const word of wordsOf(text)!) used.add(word);
    }
  }
  for (const word of used) assert.ok(known.has(word), word);
  for (const word of sceneWords) assert.ok(used.has(word), `${word} is used`);
});

test('texts are short for the tokenizer english-4k', () => {
  const file = join(repositoryRoot, 'model', 'tokenizers', 'english-4k.json');
  const tokenizer = loadTokenizer(readFileSync(file, 'utf8'), 'english-4k.json');
  const longest = { short: 0, long: 0, region: 0 };
  for (const { captions, longCaption, regions } of scenes.slice(0, 1000)) {
    for (const text of captions) longest.short = Math.max(longest.short, tokenizer.encode(text).length);
    longest.long = Math.max(longest.long, tokenizer.encode(longCaption).length);
    for (const { text } of regions) longest.region = Math.max(longest.region, tokenizer.encode(text).length);
  }
  assert.ok(longest.short <= 40 && longest.long <= 48 && longest.region <= 12, JSON.stringify(longest));
});

/** Another word in place of one that says what an object is. */
function otherWord(text: string): string {
  const words = text.split(' ').map((word) => ({ word, kind: kindOf(word) }));
  const changed = pick(source, words.filter(({ kind }) => kind !== undefined)); // biome-ignore format: one call
  const others = Object.values<readonly string[]>(attributeWords[changed.kind!]).filter(
    (synonyms) => !synonyms.includes(changed.word),
  );
  return words
    .map((one) => (one === changed ? pick(source, others)[0]! : one.word))
    .join(' ')
    .replace(/\ban? (?=([a-z]))/g, (_, letter: string) => ('aeiou'.includes(letter) ? 'an ' : 'a '));
}

const kindOf = (word: string): AttributeKind | undefined =>
  attributeKinds.find((kind) => Object.values<readonly string[]>(attributeWords[kind]).flat().includes(word));

test('a text with one attribute changed is wrong, and not all of it', () => {
  for (const drawn of scenes) {
    for (const text of captionsOf(drawn)) {
      const named = parse(text)!.mentions;
      const { text: called } = pick(source, named);
      const changed = text.replace(called, otherWord(called));
      const { parsed, right, wrong } = checkCaption(changed, drawn);
      assert.ok(parsed && !right, `${text} → ${changed}`);
      // A relation may speak of the object again, by what it no longer is called.
      assert.ok(wrong.length <= 5, `${text} → ${changed}: ${JSON.stringify(wrong)}`);
    }
    drawn.regions.forEach(({ text }, i) => {
      const changed = otherWord(text);
      const { parsed, wrong } = checkRegionCaption(changed, drawn.objects[i]!, drawn);
      assert.ok(parsed && wrong.length === 1, `${text} → ${changed}`);
    });
  }
});

test('a text with one relation or position changed is wrong', () => {
  const opposites = { left: 'right', right: 'left', above: 'below', below: 'above', over: 'under', under: 'over' };
  const places = Object.values(positionPhrases).flat();
  let changes = 0;
  for (const drawn of scenes) {
    for (const text of captionsOf(drawn)) {
      const relation = /\b(left|right)(?= of)|\b(above|below|over|under)\b/;
      const turned = text.replace(relation, (word) => opposites[word as keyof typeof opposites]);
      const place = places.find((phrase) => text.includes(phrase));
      const moved = place ? text.replace(place, place.includes('right') ? 'on the left' : 'on the right') : text;
      for (const changed of [turned, moved].filter((other) => other !== text)) {
        changes++;
        // Where an object of the middle column is said to be on the right, another may be right of it, but it is not.
        assert.ok(!checkCaption(changed, drawn).right, `${text} → ${changed}`);
      }
    }
  }
  assert.ok(changes > 5000, `${changes}`);
});

test('texts are many', () => {
  const captions = new Set(scenes.map(({ caption }) => caption));
  assert.ok(captions.size > 0.95 * scenes.length, `${captions.size} of ${scenes.length} are different`);
});

test('distinct scenes: each caption is true of one of those with as many objects', async () => {
  const found = distinctScenes(100, 5, { split: 'eval', side: 8 });
  assert.is(found.length, 100);
  for (const { caption, objects } of found) {
    const fitting = found.filter(
      (other) => other.objects.length === objects.length && checkCaption(caption, other).right,
    );
    assert.is(fitting.length, 1, caption);
  }
  assert.is(new Set(found.map(({ caption }) => caption)).size, 100);
  assert.equal(distinctScenes(3, 5, { split: 'eval' }).map(({ caption }) => caption), found.slice(0, 3).map(({ caption }) => caption)); // biome-ignore format: one call
  await failsWith(() => distinctAmong([...found, ...found], 101), 'found 100 of 101', 'Ask for fewer');
});

test.run();
