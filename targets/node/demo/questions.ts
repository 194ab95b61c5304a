/** What the model is asked about pictures: texts to rank them by, phrases to look for. */
import type { Look, Questions } from './look.ts';
import type { DrawnPictures, Picture } from './pictures.ts';

/** Where a query comes from: the words of a drawn picture, of none of them, the user, the model's caption of the user's image. */
export type Origin = 'drawn' | 'strange' | 'asked' | 'said';

export interface Query {
  readonly text: string;
  readonly origin: Origin;
}

/** Drawn pictures whose captions are looked for. */
const soughtPictures = 3;

/** @param asked texts of the user's; where there are none, the user's images are looked for by what the model says of them */
export function queriesFor(
  { pictures, strange }: DrawnPictures,
  own: readonly Picture[],
  asked: readonly string[],
  captions: readonly string[],
): Query[] {
  // Texts about several objects first: they say how these lie, which no list of words would tell apart.
  const sought = [...pictures].sort((a, b) => objectsOf(b) - objectsOf(a)).slice(0, soughtPictures);
  const said = asked.length > 0 ? [] : own.map((_, i) => captions[pictures.length + i]!);
  const texts: readonly (readonly [Origin, readonly string[]])[] = [
    ['drawn', sought.map((picture) => picture.captions[0]!)],
    ['strange', [strange]],
    ['asked', asked],
    ['said', said.filter((text) => text !== '')],
  ];
  const queries = texts.flatMap(([origin, list]) => list.map((text): Query => ({ text, origin })));
  return queries.filter(({ text }, i) => queries.findIndex((other) => other.text === text) === i);
}

/** The number of objects of a drawn picture, but no more than two: all of these are told how they lie. */
const objectsOf = ({ regions = [] }: Picture): number => Math.min(2, regions.length);

/**
 * In drawn pictures their own regions are looked for, in the user's what was asked, or else what the model says of them. What was
 * asked without images of one's own is looked for where it ranks first.
 */
export function phrasesFor(
  { pictures }: DrawnPictures,
  own: readonly Picture[],
  asked: readonly string[],
  captions: readonly string[],
  firstFor: (text: string) => number,
): string[][] {
  const inDrawn = pictures.map(({ regions = [] }, i) => [
    ...regions.map(({ text }) => text),
    ...(own.length === 0 ? asked.filter((text) => firstFor(text) === i) : []),
  ]);
  const inOwn = own.map((_, i) => {
    const caption = captions[pictures.length + i]!;
    return asked.length > 0 ? [...asked] : caption === '' ? [] : [caption];
  });
  return [...inDrawn, ...inOwn];
}

/** The questions about drawn pictures and the user's own. */
export function questionsAbout(drawn: DrawnPictures, own: readonly Picture[], asked: readonly string[]): Questions {
  return {
    queries: (captions) => queriesFor(drawn, own, asked, captions).map(({ text }) => text),
    phrases(captions, cosines) {
      const queries = queriesFor(drawn, own, asked, captions);
      const firstFor = (text: string): number => {
        const row = cosines[queries.findIndex((query) => query.text === text)]!;
        return row.indexOf(Math.max(...row));
      };
      return phrasesFor(drawn, own, asked, captions, firstFor);
    },
  };
}

/** The same questions again, for another backend, whatever it says. */
export function sameQuestions({ queries, phrases }: Pick<Look, 'queries' | 'phrases'>): Questions {
  return { queries: () => queries, phrases: () => phrases };
}
