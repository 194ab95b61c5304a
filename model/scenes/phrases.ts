// Phrases that fill the gaps of clauses: written from what they mean, and read back.
import type { Random } from '../random.ts';
import { pick } from './choose.ts';
import { type AttributeKind, type Attributes, attributeKinds, attributeWords, type Phrases } from './vocabulary.ts';

/** What was read, and the number of the word behind it. */
export interface Read<Value> {
  readonly value: Value;
  readonly next: number;
}
export type Reader<Value> = (words: readonly string[], at: number) => Read<Value> | undefined;

/** Chooses one of several ways to say the same; the first is the usual one. */
export type Choose = (phrases: readonly string[]) => string;

export const usual: Choose = ([first]) => first!;

/** Now and then another one than the usual. */
export function varied(source: Random): Choose {
  const unusual = 0.2;
  return (phrases) => (phrases.length > 1 && source.uniform() < unusual ? pick(source, phrases) : phrases[0]!);
}

/** Reads the longest phrase of a table that stands at a place. */
export function phraseReader<Meaning extends string>(table: Phrases<Meaning>): Reader<Meaning> {
  const entries = (Object.entries(table) as [Meaning, readonly string[]][])
    .flatMap(([value, phrases]) => phrases.map((phrase) => ({ value, words: phrase.split(' ') })))
    .sort((a, b) => b.words.length - a.words.length);
  return (words, at) => {
    const found = entries.find((entry) => entry.words.every((word, i) => word === words[at + i]));
    return found && { value: found.value, next: at + found.words.length };
  };
}

/** An object as a text calls it. */
export interface Mention {
  /** "a large red circle" */
  readonly text: string;
  /** What is said of it; the shape always. */
  readonly attributes: Partial<Attributes>;
}

export interface ObjectPhrase {
  readonly attributes: Attributes;
  /** Those that are said. */
  readonly kinds: readonly AttributeKind[];
  readonly definite: boolean;
  readonly choose: Choose;
}

/** "a large striped red star", "the star" */
export function writeObject({ attributes, kinds, definite, choose }: ObjectPhrase): string {
  const words = attributeKinds
    .filter((kind) => kinds.includes(kind))
    .map((kind) => choose((attributeWords[kind] as Phrases<string>)[attributes[kind]]!));
  return [definite ? 'the' : article(words[0]!), ...words].join(' ');
}

/** Adjectives may stand in any order, each kind once; the shape ends the phrase. */
export const readObject: Reader<Mention> = (words, at) => {
  const first = words[at + 1];
  if (first === undefined || !(words[at] === 'the' || words[at] === article(first))) return undefined;
  const attributes: Partial<Record<AttributeKind, string>> = {};
  for (let next = at + 1; next < words.length; next++) {
    const meaning = meanings.get(words[next]!);
    if (meaning === undefined || meaning.kind in attributes) return undefined;
    attributes[meaning.kind] = meaning.value;
    if (meaning.kind !== 'shape') continue;
    const text = words.slice(at, next + 1).join(' ');
    return { value: { text, attributes: attributes as Partial<Attributes> }, next: next + 1 };
  }
  return undefined;
};

const meanings: ReadonlyMap<string, { readonly kind: AttributeKind; readonly value: string }> = new Map(
  attributeKinds.flatMap((kind) =>
    Object.entries<readonly string[]>(attributeWords[kind]).flatMap(([value, words]) =>
      words.map((word) => [word, { kind, value }] as const),
    ),
  ),
);

const startsWithVowel = /^[aeiou]/;
/** What stands before a word: "an orange star". */
const article = (word: string): 'a' | 'an' => (startsWithVowel.test(word) ? 'an' : 'a');
