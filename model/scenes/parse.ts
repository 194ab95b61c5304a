// What a text claims, before anyone looks at a picture.
import { allAdditions, allOpenings, type Clause, type Part, wordsOf } from './grammar.ts';
import { type Mention, phraseReader, type Reader, readObject } from './phrases.ts';
import {
  betweenPhrases,
  countPhrases,
  directionPhrases,
  type GroundName,
  groundPhrases,
  type Position,
  positionPhrases,
  type Relation,
} from './vocabulary.ts';

export interface Statement {
  readonly mentions: readonly Mention[];
  /** Of mentions, by their number. */
  readonly relations: readonly RelationBetween[];
  readonly positions: readonly PositionOf[];
  /** How many objects the picture has. */
  readonly counts: readonly number[];
  readonly grounds: readonly GroundName[];
}

export interface RelationBetween {
  readonly relation: Relation;
  readonly subject: number;
  readonly objects: readonly number[];
}

export interface PositionOf {
  readonly position: Position;
  readonly of: number;
}

/** More objects than any text of the language speaks of; it bounds the work of whoever looks for them in a picture. */
const mostMentions = 8;

const nothing: Statement = { mentions: [], relations: [], positions: [], counts: [], grounds: [] };

/**
 * Reads a text of the scenes' language: small and capital letters are the same, and a full stop may end it.
 * @returns undefined for any other text
 */
export function parse(text: string): Statement | undefined {
  const words = wordsOf(text.trim().toLowerCase().replace(/\.$/, ''));
  if (words === undefined) return undefined;
  for (const opening of allOpenings) {
    let read = readClause(opening, words, { value: nothing, next: 0 });
    while (read !== undefined && read.next < words.length) read = readAddition(words, read);
    if (read !== undefined && read.value.mentions.length <= mostMentions) return read.value;
  }
  return undefined;
}

/** What has been read so far, and the number of the word behind it. */
interface ReadSoFar {
  readonly value: Statement;
  readonly next: number;
}

function readAddition(words: readonly string[], before: ReadSoFar): ReadSoFar | undefined {
  for (const addition of allAdditions) {
    const read = readClause(addition, words, before);
    if (read !== undefined) return read;
  }
  return undefined;
}

function readClause(clause: Clause, words: readonly string[], before: ReadSoFar): ReadSoFar | undefined {
  const reading = new ClauseReading(words, before);
  return clause.every((part) => reading.take(part)) ? reading.result() : undefined;
}

const readDirection = phraseReader(directionPhrases);
const readBetween = phraseReader(betweenPhrases);
const readPosition = phraseReader(positionPhrases);
const readGround = phraseReader(groundPhrases);
const readCount = phraseReader(countPhrases);

/** A clause while it is read, part by part. */
class ClauseReading {
  readonly #words: readonly string[];
  readonly #before: Statement;
  #next: number;
  readonly #mentions: Mention[];
  /** The mention for each label of the clause. */
  readonly #labelled = new Map<number, number>();
  /** Of labels, as the clause may name an object only after it said how it lies. */
  readonly #relations: RelationBetween[] = [];
  readonly #positions: PositionOf[] = [];
  readonly #counts: number[] = [];
  readonly #grounds: GroundName[] = [];

  constructor(words: readonly string[], { value, next }: ReadSoFar) {
    this.#words = words;
    this.#before = value;
    this.#next = next;
    this.#mentions = [...value.mentions];
  }

  /** Whether the words go on with this part; if so they are read. */
  take(part: Part): boolean {
    switch (part.kind) {
      case 'word':
        return this.#words[this.#next++] === part.word;
      case 'object':
        if (part.definite && this.#words[this.#next] !== 'the') return false;
        return this.#read(readObject, (mention) => this.#mention(part.label, mention, part.definite));
      case 'direction':
      case 'between': {
        const { subject, objects } = part;
        const reader: Reader<Relation> = part.kind === 'between' ? readBetween : readDirection;
        return this.#read(reader, (relation) => this.#relations.push({ relation, subject, objects }));
      }
      case 'position':
        return this.#read(readPosition, (position) => this.#positions.push({ position, of: part.of }));
      case 'ground':
        return this.#read(readGround, (ground) => this.#grounds.push(ground));
      case 'count':
        return this.#read(readCount, (count) => this.#counts.push(Number(count)));
    }
  }

  result(): ReadSoFar {
    const mentionOf = (label: number): number => this.#labelled.get(label)!;
    const relations = this.#relations.map(({ relation, subject, objects }) => ({
      relation,
      subject: mentionOf(subject),
      objects: objects.map(mentionOf),
    }));
    const positions = this.#positions.map(({ position, of }) => ({ position, of: mentionOf(of) }));
    const before = this.#before;
    const value = {
      mentions: this.#mentions,
      relations: [...before.relations, ...relations],
      positions: [...before.positions, ...positions],
      counts: [...before.counts, ...this.#counts],
      grounds: [...before.grounds, ...this.#grounds],
    };
    return { value, next: this.#next };
  }

  #read<Value>(reader: Reader<Value>, use: (value: Value) => void): boolean {
    const read = reader(this.#words, this.#next);
    if (read === undefined) return false;
    this.#next = read.next;
    use(read.value);
    return true;
  }

  /** "the star" is a star that an earlier clause named, if there is one. */
  #mention(label: number, mention: Mention, definite: boolean): void {
    const known = definite ? this.#before.mentions.findIndex((other) => mayBe(mention, other)) : -1;
    this.#labelled.set(label, known >= 0 ? known : this.#mentions.push(mention) - 1);
  }
}

/** Whether "the star" may be what was called "a small red star" before. */
function mayBe(again: Mention, before: Mention): boolean {
  const known: Readonly<Record<string, string>> = before.attributes;
  return Object.entries(again.attributes).every(([kind, value]) => known[kind] === value);
}
