// Whether what a text says of a scene is true.
import { MmgemError } from '../errors.ts';
import { type PositionOf, parse, type RelationBetween, type Statement } from './parse.ts';
import { isAt, type Place, relates } from './relations.ts';
import type { AttributeKind, Attributes, Cell, GroundName } from './vocabulary.ts';

/** What texts speak of. */
export interface DescribedScene {
  readonly objects: readonly DescribedObject[];
  readonly ground: { readonly name: GroundName };
}
export type DescribedObject = Attributes & Place & { readonly cell: Cell };

export interface Claim {
  readonly kind: AttributeKind | 'relation' | 'position' | 'count' | 'ground';
  /** The value that is claimed: "red", "left", "top left", "3". */
  readonly says: string;
  /** What it is said of, as the text calls it: "a red circle"; several of them for a relation. */
  readonly about: readonly string[];
  readonly holds: boolean;
}

export interface Verdict {
  /** Whether the text belongs to the scenes' language. If not, it claims nothing and counts as wrong. */
  readonly parsed: boolean;
  readonly claims: readonly Claim[];
  /** The claims that do not hold. */
  readonly wrong: readonly Claim[];
  /** Whether the text was understood, and everything that it says is true. */
  readonly right: boolean;
}

/**
 * Checks all that a text says of a scene. Objects that it names are taken to be those objects of the scene, one each,
 * for which most of the text is true; what then is not true of them is wrong.
 */
export function checkCaption(text: string, scene: DescribedScene): Verdict {
  return judge(text, scene);
}

/**
 * Checks a text about one object of a scene, which the first object that the text names is taken to be.
 * @throws MmgemError when the object is not of this scene
 */
export function checkRegionCaption(text: string, object: DescribedObject, scene: DescribedScene): Verdict {
  const subject = scene.objects.indexOf(object);
  if (subject < 0) throw new MmgemError('the object is not of this scene. Give one of scene.objects.');
  return judge(text, scene, subject);
}

function judge(text: string, scene: DescribedScene, subject?: number): Verdict {
  const statement = parse(text);
  if (statement === undefined) return { parsed: false, claims: [], wrong: [], right: false };
  const open = claimsOf(statement, scene);
  let best: readonly boolean[] = [];
  let most = -1;
  for (const meant of assignments(statement.mentions.length, scene.objects.length, subject)) {
    const holds = open.map((claim) => claim.holdsFor(meant));
    const count = holds.filter(Boolean).length;
    if (count > most) [best, most] = [holds, count];
  }
  const claims = open.map(({ kind, says, about }, i) => ({ kind, says, about, holds: best[i]! }));
  const wrong = claims.filter(({ holds }) => !holds);
  return { parsed: true, claims, wrong, right: wrong.length === 0 };
}

/** For each mention of a text the number of the object that is meant, or none. */
type Meant = readonly (number | undefined)[];

/** A claim that holds or not by what the text's mentions mean. */
interface OpenClaim extends Omit<Claim, 'holds'> {
  readonly holdsFor: (meant: Meant) => boolean;
}

function claimsOf(statement: Statement, scene: DescribedScene): OpenClaim[] {
  const { mentions, relations, positions, counts, grounds } = statement;
  const names = (...numbers: readonly number[]): string[] => numbers.map((i) => mentions[i]!.text);
  const objectOf = (mention: number, meant: Meant): DescribedObject | undefined => {
    const object = meant[mention];
    return object === undefined ? undefined : scene.objects[object];
  };
  const attributes = mentions.flatMap((mention, i) =>
    (Object.entries(mention.attributes) as [AttributeKind, string][]).map(([kind, says]): OpenClaim => {
      return { kind, says, about: names(i), holdsFor: (meant) => objectOf(i, meant)?.[kind] === says };
    }),
  );
  const related = ({ relation, subject, objects }: RelationBetween): OpenClaim => ({
    kind: 'relation',
    says: relation,
    about: names(subject, ...objects),
    holdsFor: (meant) => {
      const [one, ...others] = [subject, ...objects].map((mention) => objectOf(mention, meant));
      const found = others.filter((other) => other !== undefined);
      return one !== undefined && found.length === others.length && relates(relation, one, found, 'true');
    },
  });
  const placed = ({ position, of }: PositionOf): OpenClaim => ({
    kind: 'position',
    says: position,
    about: names(of),
    holdsFor: (meant) => {
      const object = objectOf(of, meant);
      return object !== undefined && isAt(object.cell, position);
    },
  });
  const plain = (kind: 'count' | 'ground', says: string, holds: boolean): OpenClaim => {
    return { kind, says, about: ['the picture'], holdsFor: () => holds };
  };
  return [
    ...attributes,
    ...relations.map(related),
    ...positions.map(placed),
    ...counts.map((count) => plain('count', String(count), count === scene.objects.length)),
    ...grounds.map((name) => plain('ground', name, name === scene.ground.name)),
  ];
}

/**
 * All ways to take mentions for different objects, as many of them as there are objects.
 * @param first what the first mention is taken for
 */
function* assignments(mentions: number, objects: number, first?: number, meant: Meant = []): Generator<Meant> {
  if (meant.length === mentions) {
    yield meant;
    return;
  }
  const free = Array.from({ length: objects }, (_, i) => i).filter((i) => !meant.includes(i));
  const pinned = meant.length === 0 && first !== undefined;
  for (const object of pinned ? [first] : free) yield* assignments(mentions, objects, first, [...meant, object]);
  if (!pinned && free.length < mentions - meant.length) {
    yield* assignments(mentions, objects, first, [...meant, undefined]);
  }
}
