/**
 * The language of captions: clauses, and the gaps in them. `write.ts` fills the gaps with what a scene holds,
 * `parse.ts` reads from them what a text claims; both go by these tables.
 */
export type Part =
  | { readonly kind: 'word'; readonly word: string }
  | { readonly kind: 'object'; readonly label: number; readonly definite: boolean }
  | { readonly kind: 'direction' | 'between'; readonly subject: number; readonly objects: readonly number[] }
  | { readonly kind: 'position'; readonly of: number }
  | { readonly kind: 'ground' | 'count' };

/** Words and gaps in the order of the text. */
export type Clause = readonly Part[];

/** What may stand between brackets, and the part that it is. Objects have numbers, by which other gaps speak of them. */
const gaps: readonly (readonly [form: RegExp, part: (labels: readonly number[]) => Part])[] = [
  /** An object: "a red star". */
  [/^\d$/, ([label]) => ({ kind: 'object', label: label!, definite: false })],
  /** An object with "the"; one that the text has named before is called by as little as it takes. */
  [/^the \d$/, ([label]) => ({ kind: 'object', label: label!, definite: true })],
  /** Where in the picture it is: "in the top left". */
  [/^at \d$/, ([of]) => ({ kind: 'position', of: of! })],
  /** Where the first is, seen from the second, or from each of the others: "left of". */
  [/^rel( \d){2,3}$/, ([subject, ...objects]) => ({ kind: 'direction', subject: subject!, objects })],
  /** That the first is between the others. */
  [/^between( \d){3}$/, ([subject, ...objects]) => ({ kind: 'between', subject: subject!, objects })],
  /** "a white background" */
  [/^ground$/, () => ({ kind: 'ground' })],
  /** How many objects the picture has: "three". */
  [/^count$/, () => ({ kind: 'count' })],
];

const clauses = (...texts: readonly string[]): readonly Clause[] =>
  texts.map((text) =>
    [...text.matchAll(/\[([^\]]+)\]|[a-z]+|[,:]/g)].map(([word, gap]): Part => {
      if (gap === undefined) return { kind: 'word', word };
      const [, part] = gaps.find(([form]) => form.test(gap))!;
      return part([...gap.matchAll(/\d/g)].map(Number));
    }),
  );

export type ObjectCount = 1 | 2 | 3 | 4;
type Openings = Readonly<Record<ObjectCount, readonly Clause[]>>;

/** Clauses that open a long caption, by how many objects they name. */
export const longOpenings: Openings = {
  1: clauses('[0] [at 0]', 'there is [0] [at 0]', '[count] object: [0] [at 0]'),
  2: clauses('[0] [at 0] and [1] [at 1]', 'there is [0] [at 0] and [1] [at 1]'),
  3: clauses('[0] [at 0], [1] [at 1] and [2] [at 2]'),
  4: clauses('[0] [at 0], [1] [at 1], [2] [at 2] and [3] [at 3]'),
};

/** Clauses that open a short caption. From two objects on they say how these lie. */
export const shortOpenings: Openings = {
  1: [...longOpenings[1], ...clauses('[0]', 'there is [0]', 'a picture of [0]', 'a picture of [0] [at 0]')],
  2: [
    ...longOpenings[2],
    ...clauses(
      '[0] [rel 0 1] [1]',
      '[0] is [rel 0 1] [1]',
      '[the 0] is [rel 0 1] [the 1]',
      'there is [0] [rel 0 1] [1]',
      'a picture of [0] [rel 0 1] [1]',
      '[0] with [1] [rel 1 0] it',
      '[count] objects: [0] [rel 0 1] [1]',
    ),
  ],
  3: clauses(
    '[0] [between 0 1 2] [1] and [2]',
    '[0] is [between 0 1 2] [1] and [2]',
    '[0] [rel 0 1 2] both [1] and [2]',
    '[0] [rel 0 1] [1], and [2] [at 2]',
    '[0] is [rel 0 1] [1], and [2] is [at 2]',
    '[0] [rel 0 1] [1] and [rel 0 2] [2]',
    'there is [0] [rel 0 1] [1], and [2] [at 2]',
    '[count] objects: [0] [rel 0 1] [1], and [2] [at 2]',
  ),
  4: clauses(
    '[0] [rel 0 1] [1], and [2] [rel 2 3] [3]',
    '[0] is [rel 0 1] [1], and [2] is [rel 2 3] [3]',
    '[0] [between 0 1 2] [1] and [2], and [3] [at 3]',
    'there is [0] [rel 0 1] [1], and [2] [rel 2 3] [3]',
    '[count] objects: [0] [rel 0 1] [1], and [2] [rel 2 3] [3]',
  ),
};

/** What may follow an opening: the background. */
export const groundAdditions = clauses('on [ground]');

/** What may follow where that many objects have been named: how some of them lie. */
export const relationAdditions = {
  2: clauses(', with [the 0] [rel 0 1] [the 1]', ', and [the 0] is [rel 0 1] [the 1]'),
  3: clauses(', with [the 0] [between 0 1 2] [the 1] and [the 2]', ', with [the 0] [rel 0 1] [the 1]'),
} as const;

/** Whatever a text may begin with, and what may follow. */
export const allOpenings: ReadonlySet<Clause> = new Set([shortOpenings, longOpenings].flatMap(Object.values).flat());
export const allAdditions: readonly Clause[] = [...groundAdditions, ...Object.values(relationAdditions).flat()];

/** Words and punctuation; undefined where there is anything else. */
export function wordsOf(text: string): string[] | undefined {
  return /^[a-z,: ]*$/.test(text) ? (text.match(/[a-z]+|[,:]/g) ?? []) : undefined;
}

/** Words with spaces between them, none before punctuation. */
export const joinWords = (words: readonly string[]): string => words.join(' ').replaceAll(/ (?=[,:])/g, '');
