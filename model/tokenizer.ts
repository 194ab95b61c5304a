// Text to token ids and back. The library runs tokenizer.json; this file keeps special tokens out of texts.
import { Tokenizer as LibraryTokenizer } from '@huggingface/tokenizers';
import { MmgemError } from './errors.ts';
import { DecodeStream } from './tokenizers/decode-stream.ts';
import { readTokenizerFile, type TokenizerFile } from './tokenizers/tokenizer-json.ts';

export { DecodeStream } from './tokenizers/decode-stream.ts';

export interface EmbeddingOptions {
  /** Id of <s>. */
  readonly bos: number;
  /** Id of [EMB]. */
  readonly emb: number;
  /** Most tokens of the text, without <s> and [EMB]. */
  readonly maxLength: number;
  /** Cut a longer text off instead of refusing it. */
  readonly truncate?: boolean;
}

export interface EmbeddingIds {
  /** <s>, text, [EMB]. */
  readonly ids: readonly number[];
  /** The text had more than `maxLength` tokens, and the rest was cut off. */
  readonly truncated: boolean;
}

/** The part of the library that is used here; the types that it ships do not resolve under NodeNext. */
interface Library {
  encode(text: string, options: { add_special_tokens: boolean }): { ids: number[] };
  decode(ids: readonly number[], options: { clean_up_tokenization_spaces: boolean }): string;
  readonly decoder: LibraryDecoder | null;
}

/** Ids that the model appended to the vocabulary, by name: { '[EMB]': 4094, '[CAP]': 4095 }. */
export type AppendedIds = Readonly<Record<string, number>>;

/**
 * A tokenizer.json at work. Text stays text: "<s>" or "[EMB]" in it are spelled out like any other characters, and
 * never become special tokens.
 */
export class Tokenizer {
  /** What errors call it. */
  readonly fileName: string;
  /** Ids that the file defines: 0 … size − 1. */
  readonly size: number;
  /** Special tokens (<s>, </s>, <unk>, and what the model appended) with their ids. */
  readonly specialIds: ReadonlyMap<string, number>;
  readonly #library: Library;
  readonly #known: ReadonlySet<number>;
  readonly #special: ReadonlySet<number>;

  constructor(file: TokenizerFile, fileName: string, appended: AppendedIds = {}) {
    this.fileName = fileName;
    this.#library = buildLibrary(file, fileName);
    this.#known = new Set([...file.ids.values(), ...Object.values(appended)]);
    this.size = [...file.ids.values()].reduce((size, id) => Math.max(size, id + 1), 0);
    const added = file.addedTokens.flatMap(({ content, id, special }) => (special ? [[content, id] as const] : []));
    this.specialIds = new Map([...added, ...Object.entries(appended)]);
    this.#special = new Set(this.specialIds.values());
  }

  /**
   * Ids of a text, without <s> and </s>. The empty text has none.
   * @throws MmgemError when the text is no string or holds half of a surrogate pair
   */
  encode(text: string): number[] {
    if (typeof text !== 'string') throw new MmgemError(`A text is ${typeof text}. Give a string.`);
    if (!text.isWellFormed()) {
      throw new MmgemError(
        `text ${quote(text.toWellFormed())}: holds half of a surrogate pair, which no encoding can express. ` +
          'Give text.toWellFormed(), or read it again as UTF-8.',
      );
    }
    return this.#attempt((library) => library.encode(text, { add_special_tokens: false }).ids);
  }

  /**
   * Text of ids. Special tokens are no text and leave nothing; bytes that are no UTF-8 become U+FFFD.
   * @throws MmgemError when the vocabulary has no such id
   */
  decode(ids: readonly number[]): string {
    const text = ids.filter((id) => this.#isText(id));
    if (text.length === 0) return ''; // the library refuses an empty list
    return this.#attempt((library) => library.decode(text, { clean_up_tokenization_spaces: false }));
  }

  /** Decodes ids one by one, as they are generated. */
  decodeStream(): DecodeStream {
    return new DecodeStream(
      (ids) => this.decode(ids),
      (id) => this.#isText(id),
    );
  }

  /**
   * The input of the embedding mode: <s>, text, [EMB].
   * @throws MmgemError when the text is empty, or too long and `truncate` was not asked for
   */
  embeddingIds(text: string, { bos, emb, maxLength, truncate = false }: EmbeddingOptions): EmbeddingIds {
    const ids = this.encode(text);
    if (text.trim() === '') {
      throw new MmgemError(`empty text: ${quote(text)} holds nothing to embed. Give at least one word.`);
    }
    const truncated = ids.length > maxLength;
    if (truncated && !truncate) {
      throw new MmgemError(
        `text ${quote(text)}: has ${ids.length} tokens, but at most ${maxLength} are allowed. ` +
          'Shorten it, have it cut (truncate, --truncate), or raise the maximum length.',
      );
    }
    return { ids: [bos, ...ids.slice(0, maxLength), emb], truncated };
  }

  #attempt<T>(action: (library: Library) => T): T {
    try {
      return action(this.#library);
    } catch (error) {
      throw unusable(this.fileName, error);
    }
  }

  #isText(id: number): boolean {
    if (this.#known.has(id)) return !this.#special.has(id);
    throw new MmgemError(
      `${this.fileName}: has no token with the id ${id}; its ids are 0 to ${this.size - 1}. ` +
        'Use the tokenizer that belongs to the model.',
    );
  }
}

/**
 * @param source text of a tokenizer.json, or its JSON already parsed
 * @param appended ids that the model added to the vocabulary; they are special
 * @throws MmgemError naming the file, what is wrong with it and the remedy
 */
export function loadTokenizer(source: string | object, fileName: string, appended: AppendedIds = {}): Tokenizer {
  const tokenizer = new Tokenizer(readTokenizerFile(source, fileName), fileName, appended);
  const taken = Object.entries(appended).find(([, id]) => id < tokenizer.size);
  if (taken !== undefined) {
    throw new MmgemError(
      `${fileName}: has ${tokenizer.size} tokens, so ${taken[0]} cannot have the id ${taken[1]}. ` +
        'Use the tokenizer that belongs to the model, or correct tokens in config.json.',
    );
  }
  tokenizer.decode(tokenizer.encode('a b')); // so that a damaged file is refused here, as far as this shows it
  return tokenizer;
}

/** Rows of an embedding table that may stand behind the vocabulary, where a model padded it to a round number. */
const maxPadding = 512;

/**
 * Checks that a tokenizer and a model's embedding table belong together.
 * @param vocabSize rows of the table, with the two of [EMB] and [CAP]
 * @throws MmgemError when the tokenizer has ids beyond the table, or so few that it must be another model's
 */
export function checkVocabulary(tokenizer: Tokenizer, vocabSize: number): void {
  const rows = vocabSize - 2;
  if (tokenizer.size <= rows && tokenizer.size >= rows - maxPadding) return;
  throw new MmgemError(
    `${tokenizer.fileName}: has ${tokenizer.size} tokens, but the model's vocabulary has ${rows} (vocab_size ${vocabSize} ` +
      'less [EMB] and [CAP]). Use the tokenizer.json that belongs to the model.',
  );
}

/**
 * The library's tokenizer without the special tokens: it looks for added tokens in every text, and for whole words
 * among the pieces where `ignore_merges` is set.
 */
function buildLibrary({ json, model, ids, addedTokens }: TokenizerFile, fileName: string): Library {
  const special = new Set(addedTokens.flatMap(({ content, special }) => (special ? [content] : [])));
  const unknown = model.unk_token; // what stands for characters without a piece must stay
  const vocab = Object.fromEntries([...ids].filter(([piece]) => !special.has(piece) || piece === unknown));
  const text = {
    ...json,
    model: { ...model, vocab },
    added_tokens: addedTokens.flatMap((token) => (token.special ? [] : [token.entry])),
    post_processor: null, // it adds <s>
  };
  try {
    const library: Library = new LibraryTokenizer(text, {});
    if (library.decoder !== null) keepByteOrderMarks(library.decoder);
    return library;
  } catch (error) {
    throw unusable(fileName, error);
  }
}

/** The library checks little of the file: what is wrong with it may show in the middle of its work. */
function unusable(fileName: string, error: unknown): MmgemError {
  const detail = error instanceof Error ? error.message : String(error);
  return new MmgemError(`${fileName}: is no usable tokenizer (${detail}). Get it again, or use another one.`);
}

/** A decoder of the library: the steps of a sequence, or one that turns bytes into text. */
interface LibraryDecoder {
  readonly decoders?: readonly LibraryDecoder[];
  text_decoder?: TextDecoder;
}

/** The library decodes byte tokens with a TextDecoder that swallows U+FEFF, which may be part of a text. */
function keepByteOrderMarks(decoder: LibraryDecoder): void {
  decoder.decoders?.forEach(keepByteOrderMarks);
  if (decoder.text_decoder !== undefined) decoder.text_decoder = new TextDecoder('utf-8', { ignoreBOM: true });
}

/** The beginning of a text, for a message. */
function quote(text: string): string {
  const shown = [...text.slice(0, 100)].slice(0, 40).join('');
  return JSON.stringify(shown.length < text.length ? `${shown}…` : shown);
}
