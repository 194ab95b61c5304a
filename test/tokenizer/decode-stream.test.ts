import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { random } from '../../model/random.ts';
import { loadTokenizer, type Tokenizer } from '../../model/tokenizer.ts';
import { repositoryRoot } from '../support/repository.ts';
import { testWithShared } from '../support/skip.ts';
import { english4k } from './english-4k.table.ts';

const test = suite('decode stream');

const path = join(repositoryRoot, 'model', 'tokenizers', 'english-4k.json');
const tokenizer = loadTokenizer(readFileSync(path, 'utf8'), 'english-4k.json');

function streamed(subject: Tokenizer, ids: readonly number[]): string[] {
  const stream = subject.decodeStream();
  return [...ids.map((id) => stream.push(id)), stream.end()];
}

test('words come out one by one, with their spaces', () => {
  assert.equal(streamed(tokenizer, [339, 911, 368, 339, 579]), ['a', ' photo', ' of', ' a', ' cat', '']);
});

test('a character of several bytes comes out whole', () => {
  const pieces = streamed(tokenizer, tokenizer.encode('🐱 é'));
  assert.equal(
    pieces.filter((piece) => piece !== ''),
    ['🐱', ' ', 'é'],
  );
});

test('special tokens leave nothing and keep the spaces', () => {
  assert.equal(streamed(tokenizer, [1, 339, 2, 911]), ['', 'a', '', ' photo', '']);
});

test('an unfinished character becomes U+FFFD at the end', () => {
  const [space, first] = tokenizer.encode('🐱');
  assert.equal(streamed(tokenizer, [339, space!, first!]), ['a', ' ', '', '\ufffd']);
});

test('a stream can be used again after its end', () => {
  const stream = tokenizer.decodeStream();
  stream.push(339);
  stream.end();
  assert.is(stream.push(911), 'photo');
});

test('a U+FFFD that stands in the text comes out once', () => {
  assert.is(streamed(tokenizer, tokenizer.encode('a \ufffd b \ufffd')).join(''), 'a \ufffd b \ufffd');
});

function equalsDecoding(subject: Tokenizer): void {
  for (const [text] of english4k) {
    const ids = subject.encode(text);
    const pieces = streamed(subject, ids);
    assert.is(pieces.join(''), subject.decode(ids));
    assert.not(pieces.some((piece) => piece.includes('\ufffd')));
  }
  const { integer } = random(7);
  for (let i = 0; i < 3000; i++) {
    // half of them bytes (ids 3 … 258), so that broken characters abound
    const id = () => (integer() & 1 ? 3 + (integer() % 256) : integer() % subject.size);
    const ids = Array.from({ length: 1 + (integer() % 14) }, id);
    assert.is(streamed(subject, ids).join(''), subject.decode(ids), ids.join());
  }
}

test('what streams is what decodes at once, for texts and for any ids', () => equalsDecoding(tokenizer));

testWithShared(test, 'llama: what streams is what decodes at once', 'tokenizers/llama/tokenizer.json', (file) =>
  equalsDecoding(loadTokenizer(readFileSync(file, 'utf8'), 'llama')),
);

test.run();
