// What a tokenizer.json of Hugging Face's tokenizers must hold, checked before a library builds on it.
import { MmgemError } from '../errors.ts';
import { fieldAt } from '../files/fields.ts';
import { parseJson } from '../files/source.ts';

export interface TokenizerFile {
  /** The whole file, parsed. */
  readonly json: Readonly<Record<string, unknown>>;
  readonly model: Readonly<Record<string, unknown>>;
  /** Every piece with its id, added tokens included. */
  readonly ids: ReadonlyMap<string, number>;
  readonly addedTokens: readonly AddedToken[];
}

export interface AddedToken {
  readonly content: string;
  readonly id: number;
  /** Marks structure, as <s> does, and is no text. */
  readonly special: boolean;
  /** The entry as the file has it. */
  readonly entry: unknown;
}

/** What the library looks for by name; each may be null. */
const stages = ['normalizer', 'pre_tokenizer', 'post_processor', 'decoder'] as const;

/**
 * @param source text of the file, or its JSON already parsed
 * @throws MmgemError naming file, field and remedy when it is no complete tokenizer of the BPE kind
 */
export function readTokenizerFile(source: string | object, fileName: string): TokenizerFile {
  const json = typeof source === 'string' ? parseJson(source, fileName) : source;
  const model = fieldAt(json, 'model');
  if (!isRecord(json) || !isRecord(model)) {
    throw new MmgemError(`${fileName}: has no model. Give a tokenizer.json of Hugging Face's tokenizers.`);
  }
  if ((model.type ?? 'BPE') !== 'BPE') {
    throw new MmgemError(
      `${fileName}: model.type is ${JSON.stringify(model.type)}; the language models here use BPE. ` +
        'Give the tokenizer that belongs to the model.',
    );
  }
  const vocabulary = readVocabulary(model.vocab, fileName);
  checkMerges(model.merges, vocabulary, fileName);
  const addedTokens = readAddedTokens(json.added_tokens ?? [], fileName);
  const ids = new Map([...vocabulary, ...addedTokens.map(({ content, id }) => [content, id] as const)]);
  checkDistinct(ids, fileName);
  const unknown = model.unk_token ?? null;
  if (unknown !== null && !(typeof unknown === 'string' && ids.has(unknown))) {
    throw incomplete(fileName, `model.unk_token ${JSON.stringify(unknown)} is not in model.vocab`);
  }
  for (const stage of stages) checkPatterns(json[stage], stage, fileName);
  const complete = { ...Object.fromEntries(stages.map((stage) => [stage, null])), ...json };
  return { json: complete, model: { ...model, type: 'BPE' }, ids, addedTokens };
}

function readVocabulary(vocabulary: unknown, fileName: string): Map<string, number> {
  if (!isRecord(vocabulary)) throw incomplete(fileName, 'model.vocab is no object of pieces and ids');
  const entries = Object.entries(vocabulary);
  if (entries.length === 0) throw incomplete(fileName, 'model.vocab is empty');
  return new Map(entries.map(([piece, id]) => [piece, tokenId(id, `model.vocab[${JSON.stringify(piece)}]`, fileName)]));
}

/** A merge joins two pieces of the vocabulary into a third: ["a", "b"], or "a b" in older files. */
function checkMerges(merges: unknown, vocabulary: ReadonlyMap<string, number>, fileName: string): void {
  if (!Array.isArray(merges)) throw incomplete(fileName, 'model.merges is no list');
  for (const [index, merge] of merges.entries()) {
    const pair: unknown = typeof merge === 'string' ? merge.split(' ') : merge;
    const isPair = Array.isArray(pair) && pair.length === 2 && pair.every((piece) => typeof piece === 'string');
    if (isPair && [...pair, pair.join('')].every((piece) => vocabulary.has(piece))) continue;
    const problem = isPair ? 'joins pieces that are not in model.vocab' : 'is no pair of pieces';
    throw incomplete(fileName, `model.merges[${index}] (${JSON.stringify(merge)}) ${problem}`);
  }
}

function readAddedTokens(tokens: unknown, fileName: string): AddedToken[] {
  if (!Array.isArray(tokens)) throw incomplete(fileName, 'added_tokens is no list');
  return Array.from(tokens, (token: unknown, index) => {
    const content = fieldAt(token, 'content');
    if (typeof content !== 'string' || content === '') {
      throw incomplete(fileName, `added_tokens[${index}] has no content`);
    }
    const id = tokenId(fieldAt(token, 'id'), `added_tokens[${index}].id`, fileName);
    return { content, id, special: fieldAt(token, 'special') === true, entry: token };
  });
}

/** The library ignores a pattern that is missing or unknown, with no more than a warning. */
function checkPatterns(step: unknown, field: string, fileName: string): void {
  if (typeof step !== 'object' || step === null) return;
  const type = fieldAt(step, 'type');
  const pattern = fieldAt(step, 'pattern');
  const isPattern = typeof (fieldAt(pattern, 'String') ?? fieldAt(pattern, 'Regex')) === 'string';
  if (!isPattern && (pattern !== undefined || type === 'Replace' || type === 'Split')) {
    const found = JSON.stringify(pattern) ?? 'missing';
    throw incomplete(fileName, `${field}.pattern is ${found}, neither a String nor a Regex`);
  }
  for (const [key, part] of Object.entries(step)) checkPatterns(part, `${field}.${key}`, fileName);
}

function checkDistinct(ids: ReadonlyMap<string, number>, fileName: string): void {
  const pieces = new Map<number, string>();
  for (const [piece, id] of ids) {
    const other = pieces.get(id);
    if (other !== undefined) {
      throw incomplete(fileName, `${JSON.stringify(other)} and ${JSON.stringify(piece)} have the same id ${id}`);
    }
    pieces.set(id, piece);
  }
}

/** Ids beyond are no rows of any embedding table. */
const maxId = 2 ** 24;

function tokenId(value: unknown, field: string, fileName: string): number {
  if (Number.isInteger(value) && (value as number) >= 0 && (value as number) < maxId) return value as number;
  throw incomplete(fileName, `${field} is ${JSON.stringify(value) ?? 'missing'}, no id from 0 to ${maxId - 1}`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function incomplete(fileName: string, problem: string): MmgemError {
  return new MmgemError(`${fileName}: ${problem}. The file is damaged or of another kind; get it again.`);
}
