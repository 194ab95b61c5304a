// CIDEr-D against golden scores, by hand, and what follows from its definition.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ciderD } from '../../model/evaluate/cider.ts';
import { wordsOf } from '../../model/evaluate/words.ts';
import { failsWith } from '../files/support.ts';
import { repositoryRoot } from '../support/repository.ts';

const test = suite('CIDEr-D');

interface GoldenCase {
  readonly captions: readonly string[];
  readonly references: readonly (readonly string[])[];
  readonly scores: readonly number[];
}

const file = join(repositoryRoot, 'test', 'golden', 'cider.json');
const golden = JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, GoldenCase>>;

function assertNear(actual: number, expected: number, what: string): void {
  assert.ok(Math.abs(actual - expected) < 1e-12 * Math.max(1, expected), `${what}: ${actual} is not ${expected}`);
}

for (const [name, { captions, references, scores }] of Object.entries(golden)) {
  test(`golden scores: ${name}`, () => {
    const { score, perImage } = ciderD(captions, references);
    assert.is(perImage.length, scores.length);
    for (const [i, expected] of scores.entries()) assertNear(perImage[i]!, expected, `image ${i}`);
    assertNear(score, scores.reduce((sum, value) => sum + value) / scores.length, 'score');
  });
}

test('by hand: one word, two images', () => {
  // Every weight is ln 2. “cat” is one of the two words of “cat sat”: cosine 1/√2 for n = 1, nothing for n > 1; one word
  // is missing.
  const { perImage } = ciderD(['cat', 'dog'], [['cat sat'], ['dog']]);
  assertNear(perImage[0]!, (10 / 4) * Math.SQRT1_2 * Math.exp(-1 / 72), 'cat');
  assertNear(perImage[1]!, 10 / 4, 'dog');
});

test('by hand: repetition is clipped, and common words weigh nothing', () => {
  // h = 3 ln 2 for “cat”, r = ln 2: min(h, r) · r / (h · r) = 1/3, two words longer.
  const { perImage } = ciderD(['cat cat cat', 'the'], [['cat'], ['the dog']]);
  assertNear(perImage[0]!, (10 / 4 / 3) * Math.exp(-4 / 72), 'cat cat cat');
  assert.is(ciderD(['the', 'the'], [['the cat'], ['the dog']]).score, 0);
});

test('a caption that is the only reference reaches 10, one of an alien text 0', () => {
  const texts = ['a red circle above a star', 'two dogs run on the grass', 'the sea at night is dark'];
  assertNear(
    ciderD(
      texts,
      texts.map((text) => [text]),
    ).score,
    10,
    'the same',
  );
  const shifted = [...texts.slice(1), texts[0]!];
  assert.ok(
    ciderD(
      texts,
      shifted.map((text) => [text]),
    ).score < 0.5,
  );
});

test('case, punctuation and spaces do not count', () => {
  const references = [['a man on a horse'], ['the sea']];
  const plain = ciderD(['a man on a big horse', 'sea'], references);
  assert.equal(ciderD(['A man, on\n a BIG  horse!', ' “Sea”… '], references), plain);
  assert.equal(wordsOf("A man's T-shirt; 3 €!"), ['a', 'mans', 'tshirt', '3']);
  assert.equal(wordsOf(' … '), []);
});

test('what does not pair up is refused', async () => {
  await failsWith(() => ciderD(['a'], []), '1 captions and 0 reference sets');
  await failsWith(() => ciderD([], []), '0 captions');
  await failsWith(() => ciderD(['a', 'b'], [['a'], []]), 'image 1 has no reference');
});

test.run();
