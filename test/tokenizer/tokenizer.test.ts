import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { checkVocabulary, loadTokenizer, type Tokenizer } from '../../model/tokenizer.ts';
import { failsWith } from '../files/support.ts';
import { repositoryRoot } from '../support/repository.ts';
import { testWithShared } from '../support/skip.ts';
import { english4k } from './english-4k.table.ts';

const test = suite('tokenizer');

const fileName = join(repositoryRoot, 'model', 'tokenizers', 'english-4k.json');
const file = readFileSync(fileName, 'utf8');
const appended = { '[EMB]': 4094, '[CAP]': 4095 };
const tokenizer = loadTokenizer(file, 'english-4k.json', appended);
const spelledOut = '<s> </s> <unk> [EMB] [CAP] <0x41>';

test('english-4k: the ids of the table, and the texts back', () => {
  for (const [text, ids] of english4k) {
    assert.equal(tokenizer.encode(text), ids, JSON.stringify(text));
    const isMarked = text.startsWith(' ') || text.includes('\u2581'); // the first space and the space mark are ambiguous
    if (!isMarked) assert.is(tokenizer.decode(ids), text);
  }
});

test('takes the JSON parsed, and leaves it as it is', () => {
  const json: object = JSON.parse(file);
  assert.equal(loadTokenizer(json, 'json').encode('a photo of a cat'), tokenizer.encode('a photo of a cat'));
  assert.equal(json, JSON.parse(file));
});

test('knows its size and its special tokens', () => {
  assert.is(tokenizer.size, 4094);
  assert.equal(
    [...tokenizer.specialIds],
    [['<unk>', 0], ['<s>', 1], ['</s>', 2], ['[EMB]', 4094], ['[CAP]', 4095]], // biome-ignore format: a table
  );
});

/** Text that looks like a special token, alone and beside others, must be spelled out. */
function keepsTextText(subject: Tokenizer): void {
  const special = new Set(subject.specialIds.values());
  for (const text of [spelledOut, '<s>', '</s>', '<unk>', 'a<s>b', ' <s>', '<0x41>', '<0x0A>', '[EMB]', '<s><s></s>']) {
    const ids = subject.encode(text);
    assert.not(
      ids.some((id) => special.has(id)),
      `${text} became ${ids}`,
    );
    assert.ok(ids.length >= text.replaceAll(' ', '').length / 3, `${text} became ${ids}`);
    assert.is(subject.decode(ids), text.trimStart() === text ? text : subject.decode(ids));
  }
}

test('text never becomes a special token', () => keepsTextText(tokenizer));

test('text never becomes a special token where whole words are looked up in the vocabulary', () => {
  const json = JSON.parse(file);
  json.model.ignore_merges = true;
  json.pre_tokenizer = null;
  const subject = loadTokenizer(json, 'json');
  for (const text of ['<s>', '</s>'])
    assert.not(
      subject.encode(text).some((id) => id < 3),
      text,
    );
});

test('added tokens that are not special are found in texts', () => {
  const json = JSON.parse(file);
  json.added_tokens.push({ id: 4094, content: 'surfboard', special: false });
  const subject = loadTokenizer(json, 'json');
  assert.is(subject.size, 4095);
  assert.ok(subject.encode('a surfboard').includes(4094));
  assert.is(subject.decode([339, 4094]), 'asurfboard');
});

test('special tokens leave nothing when decoded; no ids are no text', () => {
  const ids = tokenizer.encode('a cat');
  assert.is(tokenizer.decode([1, ...ids.slice(0, 1), 4095, ...ids.slice(1), 4094, 2, 0]), 'a cat');
  assert.is(tokenizer.decode([]), '');
  assert.is(tokenizer.decode([1, 2]), '');
});

test('decodes punctuation as it was written', () => {
  for (const text of ["a dog 's ball , and a cat .", "I do n't know ?", 'dots . . .']) {
    assert.is(tokenizer.decode(tokenizer.encode(text)), text);
  }
});

test('an id without a token is an error', async () => {
  for (const id of [4096, -1, 0.5, Number.NaN]) {
    await failsWith(() => tokenizer.decode([339, id]), 'english-4k.json', `id ${id}`, '0 to 4093');
    await failsWith(() => tokenizer.decodeStream().push(id), 'english-4k.json', `id ${id}`);
  }
});

test('malformed texts are errors', async () => {
  await failsWith(() => tokenizer.encode('half \ud83d of it'), 'surrogate', 'toWellFormed');
  await failsWith(() => tokenizer.encode(undefined as never), 'undefined', 'Give a string');
});

test('embedding ids: <s>, text, [EMB]', () => {
  const options = { bos: 1, emb: 4094, maxLength: 5 };
  assert.equal(tokenizer.embeddingIds('a photo of a cat', options), {
    ids: [1, 339, 911, 368, 339, 579, 4094],
    truncated: false,
  });
});

test('a text beyond the maximum length is an error, unless truncation is asked for', async () => {
  const options = { bos: 1, emb: 4094, maxLength: 4 };
  await failsWith(() => tokenizer.embeddingIds('a photo of a cat', options), 'a photo of', '5 tokens', 'at most 4');
  assert.equal(tokenizer.embeddingIds('a photo of a cat', { ...options, truncate: true }), {
    ids: [1, 339, 911, 368, 339, 4094],
    truncated: true,
  });
  assert.is(tokenizer.embeddingIds('a cat', { ...options, truncate: true }).truncated, false);
});

test('an empty text is an error', async () => {
  for (const text of ['', '  \n']) {
    await failsWith(() => tokenizer.embeddingIds(text, { bos: 1, emb: 4094, maxLength: 50 }), 'empty text', 'one word');
  }
});

test('the vocabulary must be the model’s', async () => {
  checkVocabulary(tokenizer, 4096);
  checkVocabulary(tokenizer, 4096 + 64); // padded to a round number of rows
  await failsWith(() => checkVocabulary(tokenizer, 4095), '4094 tokens', 'has 4093', 'vocab_size 4095');
  await failsWith(() => checkVocabulary(tokenizer, 32002), 'english-4k.json', 'has 32000', 'belongs to the model');
  await failsWith(() => loadTokenizer(file, 't.json', { '[EMB]': 4093 }), 't.json', '[EMB]', '4093', 'config.json');
});

testWithShared(test, 'llama: the ids of SentencePiece', 'tokenizers/llama', (folder) => {
  const llama = loadTokenizer(readFileSync(join(folder, 'tokenizer.json'), 'utf8'), 'llama');
  const cases: { text: string; ids: number[] }[] = JSON.parse(readFileSync(join(folder, 'tokens.json'), 'utf8'));
  assert.ok(cases.length > 20);
  for (const { text, ids } of cases) {
    if (text !== spelledOut) assert.equal(llama.encode(text), ids, JSON.stringify(text));
  }
  keepsTextText(llama);
  checkVocabulary(llama, 32002);
});

test.run();
