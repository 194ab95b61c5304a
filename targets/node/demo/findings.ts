/** What a look at pictures shows: everything beside what is known to be true. */
import type { Verdict } from '../../../model/evaluate/item.ts';
import { pointsInto } from '../../../model/evaluate/pointing.ts';
import type { HeatMap } from '../../../model/heat-map.ts';
import type { Box } from '../../../model/preprocess/geometry.ts';
import type { Look } from './look.ts';
import type { Picture } from './pictures.ts';
import type { Query } from './questions.ts';

/** A text of the model's; with a verdict where the truth is known. */
export interface Said {
  readonly text: string;
  readonly verdict?: Verdict;
  /** A text that is true, where one is known. */
  readonly truth?: string;
}

export interface Located {
  readonly phrase: string;
  readonly map: HeatMap;
  /** Where the phrase is, where that is known. */
  readonly box?: Box;
  /** Whether the map is hottest within that box. */
  readonly right?: boolean;
}

export interface Seen {
  readonly picture: Picture;
  readonly caption: Said;
  readonly regions: readonly { readonly box: Box; readonly said: Said }[];
  readonly located: readonly Located[];
}

export interface Place {
  /** Number of the picture among those seen. */
  readonly picture: number;
  readonly cosine: number;
  /** Whether the text is true of the picture, where that is known. */
  readonly holds?: boolean;
}

export interface Ranking extends Query {
  /** Best first. */
  readonly places: readonly Place[];
  /** Whether the text is true of the first, where it is known to be true of any. */
  readonly right?: boolean;
}

/** So many of so many. */
export interface Score {
  readonly right: number;
  readonly of: number;
}

export interface Findings {
  readonly seen: readonly Seen[];
  readonly rankings: readonly Ranking[];
  readonly scores: {
    readonly captions: Score;
    readonly regions: Score;
    readonly claims: Score;
    readonly rankings: Score;
    readonly located: Score;
  };
}

export function findingsOf(pictures: readonly Picture[], queries: readonly Query[], look: Look): Findings {
  const seen = pictures.map((picture, i): Seen => seenOf(picture, i, look));
  const rankings = queries.map((query, i) => rankingOf(query, pictures, look.cosines[i]!));
  const [captions, regions] = [
    seen.map(({ caption }) => caption),
    seen.flatMap((one) => one.regions.map(({ said }) => said)),
  ];
  const verdicts = [...captions, ...regions].flatMap(({ verdict }) => (verdict ? [verdict] : []));
  const claims = verdicts.reduce((sum, verdict) => sum + verdict.claims, 0);
  const wrong = verdicts.reduce((sum, verdict) => sum + verdict.wrong.length, 0);
  return {
    seen,
    rankings,
    scores: {
      captions: scoreOf(captions.map(({ verdict }) => verdict?.right)),
      regions: scoreOf(regions.map(({ verdict }) => verdict?.right)),
      claims: { right: claims - wrong, of: claims },
      rankings: scoreOf(rankings.map(({ right }) => right)),
      located: scoreOf(seen.flatMap(({ located }) => located.map(({ right }) => right))),
    },
  };
}

function seenOf(picture: Picture, i: number, look: Look): Seen {
  const { regions = [], judge, judgeRegion } = picture;
  const caption = look.captions[i]!;
  return {
    picture,
    caption: { text: caption, ...(judge && { verdict: judge(caption), truth: picture.captions[0]! }) },
    regions: regions.map((region, j) => {
      const text = look.regionCaptions[i]![j]!;
      return {
        box: region.box,
        said: { text, ...(judgeRegion && { verdict: judgeRegion(text, region), truth: region.text }) },
      };
    }),
    located: look.phrases[i]!.map((phrase, j): Located => {
      const map = look.heat[i]![j]!;
      const box = regions.find(({ text }) => text === phrase)?.box;
      return { phrase, map, ...(box && { box, right: pointsInto({ map, boxes: [box] }) }) };
    }),
  };
}

function rankingOf(query: Query, pictures: readonly Picture[], cosines: readonly number[]): Ranking {
  const places = pictures
    .map((picture, i): Place => {
      const verdict = picture.judge?.(query.text);
      // A text without a claim is none of the scenes' language: what it means nobody knows here.
      return { picture: i, cosine: cosines[i]!, ...(verdict && verdict.claims > 0 && { holds: verdict.right }) };
    })
    .sort((a, b) => b.cosine - a.cosine);
  const isKnown = places.some(({ holds }) => holds === true) && places[0]!.holds !== undefined;
  return { ...query, places, ...(isKnown && { right: places[0]!.holds! }) };
}

/** Of what is known. */
function scoreOf(answers: readonly (boolean | undefined)[]): Score {
  const known = answers.filter((answer) => answer !== undefined);
  return { right: known.filter(Boolean).length, of: known.length };
}
