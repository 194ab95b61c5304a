// Captions of a layout: a clause by chance, of those that are true, and its gaps filled.
import { MmgemError } from '../errors.ts';
import type { Random } from '../random.ts';
import { pick, pickWeighted, shuffled } from './choose.ts';
import {
  type Clause,
  groundAdditions,
  joinWords,
  longOpenings,
  type ObjectCount,
  relationAdditions,
  shortOpenings,
} from './grammar.ts';
import type { Layout, PlacedObject } from './layout.ts';
import { type Choose, usual, varied, writeObject } from './phrases.ts';
import { plainDirections, positionOf, relates } from './relations.ts';
import {
  type AttributeKind,
  attributeKinds,
  betweenPhrases,
  countPhrases,
  directionPhrases,
  groundPhrases,
  positionPhrases,
} from './vocabulary.ts';

/** What is said of objects. Colour and shape together belong to one object of a scene alone. */
const styles = {
  brief: ['colour', 'shape'],
  sized: ['size', 'colour', 'shape'],
  textured: ['texture', 'colour', 'shape'],
  full: attributeKinds,
} as const satisfies Readonly<Record<string, readonly AttributeKind[]>>;
type Style = keyof typeof styles;

/** The more objects, the less is said of each. */
const shortStyles: Readonly<Record<ObjectCount, Readonly<Record<Style, number>>>> = {
  1: { brief: 1, sized: 1, textured: 2, full: 3 },
  2: { brief: 3, sized: 2, textured: 3, full: 2 },
  3: { brief: 4, sized: 2, textured: 3, full: 1 },
  4: { brief: 5, sized: 2, textured: 2, full: 1 },
};
const regionStyles: Readonly<Record<Style, number>> = { brief: 2, sized: 2, textured: 2, full: 4 };
const definiteRegions = 0.2;
/** How often a short caption names the background. */
const groundShare: Readonly<Record<ObjectCount, number>> = { 1: 0.3, 2: 0.1, 3: 0, 4: 0 };

/** A sentence that names every object, and where there are more than one, how they lie. */
export function writeCaption(layout: Layout, source: Random): string {
  const count = countOf(layout);
  const writer = new Writer(layout, varied(source), source, styles[pickWeighted(source, shortStyles[count])]);
  const withGround = source.uniform() < groundShare[count];
  return joinWords([...writer.any(shortOpenings[count]), ...(withGround ? writer.any(groundAdditions) : [])]);
}

/** Different captions; fewer where chance does not find more. */
export function writeCaptions(layout: Layout, source: Random, count: number): string[] {
  const captions = new Set<string>();
  for (let i = 0; i < 4 * count && captions.size < count; i++) captions.add(writeCaption(layout, source));
  return [...captions];
}

/**
 * Everything that there is to say of each object, and where it is. The background and a relation follow where they leave
 * the text within 48 tokens: not for four objects, and no relation for three that need more than their shape to be told
 * apart.
 */
export function writeLongCaption(layout: Layout, source: Random): string {
  const count = countOf(layout);
  const writer = new Writer(layout, usual, source, styles.full);
  const opening = writer.any(longOpenings[count]);
  if (count === 4) return joinWords(opening);
  const ground = writer.any(groundAdditions);
  const shapes = new Set(layout.objects.map(({ shape }) => shape));
  const hasRelation = count === 2 || (count === 3 && shapes.size === count);
  return joinWords([...opening, ...ground, ...(hasRelation ? writer.any(relationAdditions[count]) : [])]);
}

/** A phrase that is true of one object of the scene alone. */
export function writeRegion(object: PlacedObject, source: Random): string {
  const kinds = styles[pickWeighted(source, regionStyles)];
  const definite = source.uniform() < definiteRegions;
  return writeObject({ attributes: object, kinds, definite, choose: varied(source) });
}

const countOf = ({ objects }: Layout): ObjectCount => objects.length as ObjectCount;

/** Writes the clauses of one text. */
class Writer {
  readonly #layout: Layout;
  readonly #choose: Choose;
  readonly #source: Random;
  readonly #kinds: readonly AttributeKind[];
  readonly #named = new Set<PlacedObject>();

  constructor(layout: Layout, choose: Choose, source: Random, kinds: readonly AttributeKind[]) {
    this.#layout = layout;
    this.#choose = choose;
    this.#source = source;
    this.#kinds = kinds;
  }

  /** One of the clauses, with objects for which it is plainly true. Every table has one that fits all layouts. */
  any(clauses: readonly Clause[]): string[] {
    for (const clause of shuffled(this.#source, clauses)) {
      const orders = permutations(shuffled(this.#source, this.#layout.objects));
      const fitting = orders.find((objects) => isTrue(clause, objects));
      if (fitting !== undefined) return this.#fill(clause, fitting);
    }
    throw new MmgemError(`scenes: no clause fits ${this.#layout.objects.length} objects. Add one to grammar.ts.`);
  }

  #fill(clause: Clause, objects: readonly PlacedObject[]): string[] {
    return clause.map((part) => {
      switch (part.kind) {
        case 'word':
          return part.word;
        case 'object':
          return this.#object(objects[part.label]!, part.definite);
        case 'position':
          return this.#choose(positionPhrases[positionOf(objects[part.of]!.cell)]);
        case 'between':
          return this.#choose(betweenPhrases.between);
        case 'direction':
          return this.#choose(directionPhrases[pick(this.#source, directionsOf(part, objects))]);
        case 'ground':
          return this.#choose(groundPhrases[this.#layout.ground.name]);
        case 'count':
          return this.#choose(countPhrases[countOf(this.#layout)]);
      }
    });
  }

  /** What has been named before is called by as little as it takes. */
  #object(object: PlacedObject, definite: boolean): string {
    const { objects } = this.#layout;
    const isOnly = objects.every((other) => other === object || other.shape !== object.shape);
    const again: readonly AttributeKind[] = isOnly ? ['shape'] : styles.brief;
    const kinds = this.#named.has(object) ? again : this.#kinds;
    this.#named.add(object);
    return writeObject({ attributes: object, kinds, definite, choose: this.#choose });
  }
}

type Relating = Extract<Clause[number], { kind: 'direction' | 'between' }>;

const directionsOf = ({ subject, objects: others }: Relating, objects: readonly PlacedObject[]) =>
  plainDirections(objects[subject]!, others.map((other) => objects[other]!)); // biome-ignore format: one call

/** Whether what a clause says of how objects lie is plain to see. */
function isTrue(clause: Clause, objects: readonly PlacedObject[]): boolean {
  return clause.every((part) => {
    if (part.kind === 'direction') return directionsOf(part, objects).length > 0;
    if (part.kind !== 'between') return true;
    const others = part.objects.map((other) => objects[other]!);
    return relates('between', objects[part.subject]!, others, 'plain');
  });
}

function permutations<T>(list: readonly T[]): T[][] {
  if (list.length <= 1) return [[...list]];
  return list.flatMap((first, i) => permutations(list.toSpliced(i, 1)).map((rest) => [first, ...rest]));
}
