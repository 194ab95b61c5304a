// Whatever stands in a tokenizer.json, loading it ends in a tokenizer or in an MmgemError that names the file.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { MmgemError } from '../../model/errors.ts';
import { random } from '../../model/random.ts';
import { loadTokenizer } from '../../model/tokenizer.ts';
import { failsWith } from '../files/support.ts';

const test = suite('bad tokenizer files');

type Json = { model: Record<string, unknown> } & Record<string, unknown>;

/** A complete tokenizer of a few pieces. */
const tiny = (): Json => ({
  added_tokens: [
    { id: 0, content: '<unk>', special: true },
    { id: 1, content: '<s>', special: true },
  ],
  normalizer: {
    type: 'Sequence',
    normalizers: [
      { type: 'Prepend', prepend: '▁' },
      { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
    ],
  },
  pre_tokenizer: { type: 'Split', pattern: { Regex: '[^\\w▁]' }, behavior: 'Isolated', invert: false },
  post_processor: null,
  decoder: {
    type: 'Sequence',
    decoders: [
      { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
      { type: 'ByteFallback' },
      { type: 'Fuse' },
      { type: 'Strip', content: ' ', start: 1, stop: 0 },
    ],
  },
  model: {
    type: 'BPE',
    unk_token: '<unk>',
    byte_fallback: false,
    vocab: { '<unk>': 0, '<s>': 1, a: 2, b: 3, ab: 4, '▁': 5 },
    merges: ['a b'],
  },
});
const withModel = (changes: object): Json => ({ ...tiny(), model: { ...tiny().model, ...changes } });

test('the tiny tokenizer itself works', () => {
  const tokenizer = loadTokenizer(tiny(), 'tiny');
  assert.equal(tokenizer.encode('abb'), [5, 4, 3]);
  assert.equal(tokenizer.encode('xx'), [5, 0, 0], 'what has no piece is unknown');
});

test('what may be left out is left out', () => {
  const { model } = tiny();
  const { type: _, ...rest } = model;
  assert.equal(loadTokenizer({ model: { ...rest, merges: [['a', 'b']] } }, 'old').encode('ab'), [4]);
});

for (const [problem, source, ...patterns] of [
  ['text that is no JSON', '{"model": ', 'not valid JSON'],
  ['an empty file', '', 'not valid JSON'],
  ['another JSON', { hello: 1 }, 'has no model'],
  ['a list', [], 'has no model'],
  ['another kind', withModel({ type: 'Unigram' }), 'model.type is "Unigram"', 'BPE'],
  ['no vocabulary', withModel({ vocab: undefined }), 'model.vocab'],
  ['an empty vocabulary', withModel({ vocab: {}, merges: [] }), 'model.vocab is empty'],
  ['an id that is no number', withModel({ vocab: { a: '2' } }), 'model.vocab["a"] is "2"'],
  ['a negative id', withModel({ vocab: { a: -1 } }), 'model.vocab["a"] is -1'],
  ['an immense id', withModel({ vocab: { a: 2 ** 40 } }), 'model.vocab["a"]'],
  ['two pieces with one id', withModel({ vocab: { a: 2, b: 2, ab: 4 } }), '"a" and "b" have the same id 2'],
  ['no merges', withModel({ merges: null }), 'model.merges'],
  ['a merge of three', withModel({ merges: ['a b a'] }), 'model.merges[0]', 'no pair'],
  ['a merge of unknown pieces', withModel({ merges: ['a b', 'a c'] }), 'model.merges[1]', 'not in model.vocab'],
  ['a merge without a result', withModel({ merges: [['b', 'a']] }), 'model.merges[0]', 'not in model.vocab'],
  ['an unknown unk_token', withModel({ unk_token: '<?>' }), 'unk_token "<?>"'],
  ['added tokens that are no list', { ...tiny(), added_tokens: {} }, 'added_tokens is no list'],
  ['an added token without content', { ...tiny(), added_tokens: [{ id: 9 }] }, 'added_tokens[0] has no content'],
  ['an added token without id', { ...tiny(), added_tokens: [{ content: 'x' }] }, 'added_tokens[0].id is missing'],
  ['an unknown normaliser', { ...tiny(), normalizer: { type: 'Shout' } }, 'no usable tokenizer', 'Shout'],
  [
    'an unknown pattern',
    { ...tiny(), decoder: { type: 'Replace', pattern: { Glob: '*' } } },
    'decoder.pattern',
    'Glob',
  ],
  ['a missing pattern', { ...tiny(), pre_tokenizer: { type: 'Split' } }, 'pre_tokenizer.pattern is missing'],
  ['an unknown decoder', { ...tiny(), decoder: { type: 'Whisper' } }, 'no usable tokenizer', 'Whisper'],
] as const) {
  test(`refuses ${problem}`, () =>
    failsWith(() => loadTokenizer(source, 'tokenizer.json'), 'tokenizer.json', ...patterns));
}

/** A copy in which one to three values are replaced or removed. */
function damaged(json: unknown, integer: () => number): object {
  const odd = [null, -1, 0, 0.5, 1e308, '', 'x', '[', '\\', [], [[]], {}, true, ['a', 'b']];
  const copy = { root: JSON.parse(JSON.stringify(json)) };
  for (let edits = 1 + (integer() % 3); edits > 0; edits--) {
    let at: Record<string, unknown> = copy;
    let key = 'root';
    while (typeof at[key] === 'object' && at[key] !== null && integer() % 5 !== 0) {
      const next = at[key] as Record<string, unknown>;
      const keys = Object.keys(next);
      if (keys.length === 0) break;
      at = next;
      key = keys[integer() % keys.length]!;
    }
    if (integer() % 4 === 0 && key !== 'root') delete at[key];
    else at[key] = structuredClone(odd[integer() % odd.length]);
  }
  return copy.root as object;
}

test('damaged files end in a tokenizer that works or in an MmgemError', () => {
  const { integer } = random(13);
  const ends = { loaded: 0, refused: 0 };
  for (let i = 0; i < 3000; i++) {
    const json = damaged(tiny(), integer);
    const source = i % 2 === 0 ? JSON.stringify(json) : json;
    try {
      const tokenizer = loadTokenizer(source, 'tokenizer.json');
      const ids = tokenizer.encode('ab <s> xa');
      assert.type(tokenizer.decode(ids), 'string');
      ends.loaded++;
    } catch (error) {
      if (!(error instanceof MmgemError)) throw new Error(`${JSON.stringify(json)}: ${(error as Error).stack}`);
      ends.refused++;
    }
  }
  assert.ok(ends.loaded > 300 && ends.refused > 300, JSON.stringify(ends));
});

test.run();
