// Whether a tokenizer.json fits a model, as far as its entries tell.
import { MmgemError } from '../errors.ts';
import { fieldAt } from './fields.ts';
import { parseJson } from './source.ts';

/**
 * @param entries rows of the embedding table without [EMB] and [CAP]
 * @throws MmgemError when the text is no tokenizer.json or has ids beyond the table
 */
export function checkTokenizer(text: string, fileName: string, entries: number): void {
  const json = parseJson(text, fileName);
  const ids = [...vocabularyIds(json, fileName), ...addedIds(json, fileName)];
  const largest = ids.reduce((most, id) => Math.max(most, id), -1);
  if (largest < 0) throw new MmgemError(`${fileName}: has no entries in model.vocab. Give a complete tokenizer.json.`);
  if (largest >= entries) {
    throw new MmgemError(
      `${fileName}: has token ids up to ${largest}, but the language model has ${entries} entries. ` +
        'Give the tokenizer that belongs to the model.',
    );
  }
}

function vocabularyIds(json: unknown, fileName: string): number[] {
  const vocab = fieldAt(json, 'model.vocab');
  if (Array.isArray(vocab)) return vocab.map((_, id) => id); // the form of unigram models: a list of pieces
  if (typeof vocab === 'object' && vocab !== null)
    return Object.values(vocab).map((id) => tokenId(id, 'model.vocab', fileName));
  throw new MmgemError(`${fileName}: model.vocab is missing. Give a tokenizer.json of Hugging Face's tokenizers.`);
}

function addedIds(json: unknown, fileName: string): number[] {
  const added = fieldAt(json, 'added_tokens') ?? [];
  if (!Array.isArray(added)) throw new MmgemError(`${fileName}: added_tokens is not a list. Correct it.`);
  return added.map((token) => tokenId(fieldAt(token, 'id'), 'added_tokens', fileName));
}

function tokenId(value: unknown, field: string, fileName: string): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw new MmgemError(
    `${fileName}: ${field} has the id ${JSON.stringify(value)}, not an integer of at least 0. Correct it.`,
  );
}
