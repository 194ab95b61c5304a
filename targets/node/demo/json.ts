/** A demonstration as data, without pixels. */
import { hottest } from '../../../model/heat-map.ts';
import type { Demo } from './demo.ts';
import type { Said } from './findings.ts';

/** @param page path of the page */
export function demoJson({ model, backend, seed, findings, timings, comparisons }: Demo, page: string): unknown {
  const { seen, rankings, scores } = findings;
  const nameOf = (picture: number): string => seen[picture]!.picture.key;
  return {
    model,
    backend,
    seed,
    pictures: seen.map(({ picture, caption, regions, located }) => ({
      name: picture.key,
      drawn: picture.captions[0] ?? null,
      ...saidJson(caption),
      regions: regions.map(({ box, said }) => ({ box, ...saidJson(said) })),
      located: located.map(({ phrase, map, box, right }) => ({
        phrase,
        hottest: hottest(map),
        box: box ?? null,
        right: right ?? null,
      })),
    })),
    rankings: rankings.map(({ text, origin, places, right }) => ({
      text,
      origin,
      right: right ?? null,
      places: places.map(({ picture, cosine, holds }) => ({ picture: nameOf(picture), cosine, holds: holds ?? null })),
    })),
    scores,
    timings,
    comparisons,
    page,
  };
}

/** `right` is null where it is not known. */
function saidJson({ text, verdict }: Said): object {
  return { caption: text, right: verdict?.right ?? null, wrong: verdict?.wrong ?? [] };
}
