// Every word of the scenes' language.
import { allAdditions, allOpenings } from './grammar.ts';
import {
  attributeWords,
  betweenPhrases,
  countPhrases,
  directionPhrases,
  groundPhrases,
  type Phrases,
  positionPhrases,
} from './vocabulary.ts';

const tables: readonly Phrases<string>[] = [
  ...Object.values(attributeWords),
  directionPhrases,
  betweenPhrases,
  positionPhrases,
  groundPhrases,
  countPhrases,
];

/** Words and punctuation of all texts about scenes, in alphabetical order. */
export const sceneWords: readonly string[] = [
  ...new Set([
    'a',
    'an',
    'the',
    ...[...allOpenings, ...allAdditions].flat().flatMap((part) => (part.kind === 'word' ? [part.word] : [])),
    ...tables.flatMap((table) =>
      Object.values(table).flatMap((phrases) => phrases.flatMap((phrase) => phrase.split(' '))),
    ),
  ]),
].sort();
