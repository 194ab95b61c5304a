/** All that a model makes of pictures, on one backend: captions, embeddings to rank them by, heat maps. */

import type { Results } from '../../../model/agreement.ts';
import type { HeatMap } from '../../../model/heat-map.ts';
import type { Preparation } from '../../../model/load.ts';
import type { Model } from '../index.ts';
import type { Picture } from './pictures.ts';

/** What is asked of the model, some of it by what it has said before. */
export interface Questions {
  /** Texts to rank the pictures by. @param captions of the pictures */
  queries(captions: readonly string[]): readonly string[];
  /** What to look for in each picture. @param cosines of each query with each picture */
  phrases(captions: readonly string[], cosines: readonly (readonly number[])[]): readonly (readonly string[])[];
}

/** What was done, and how long it took, in milliseconds. */
export interface Timing {
  readonly step: string;
  readonly milliseconds: number;
}

export interface Look extends Results {
  /** Of each picture. */
  readonly captions: readonly string[];
  /** Of each picture, of each of its regions. */
  readonly regionCaptions: readonly (readonly string[])[];
  readonly queries: readonly string[];
  /** Of each query, with each picture. */
  readonly cosines: readonly (readonly number[])[];
  /** For each picture. */
  readonly phrases: readonly (readonly string[])[];
  /** Of each picture, for each of its phrases. */
  readonly heat: readonly (readonly HeatMap[])[];
}

/** What `look` asks for; a model that was loaded for it does not compile while it looks. */
export const preparation: readonly Preparation[] = ['embed', 'caption', 'regionCaption', 'locate'];

/** Measures how long steps take. */
export class Stopwatch {
  readonly timings: Timing[] = [];
  #begin = performance.now();

  /** What was done since the step before. */
  lap(step: string): void {
    const now = performance.now();
    this.timings.push({ step, milliseconds: now - this.#begin });
    this.#begin = now;
  }
}

export async function look(
  model: Model,
  pictures: readonly Picture[],
  watch: Stopwatch,
  questions: Questions,
): Promise<Look> {
  const images = pictures.map(({ image }) => image);
  const captions = await model.captions(images);
  watch.lap('captions');
  const regionCaptions = await eachOf(pictures, ({ image, regions = [] }) =>
    model.captionRegions(
      image,
      regions.map(({ box }) => box),
    ),
  );
  watch.lap('captions of regions');
  const queries = questions.queries(captions);
  const [embeddings, texts] = [await model.embedImages(images), await model.embedTexts(queries, { truncate: true })];
  const cosines = texts.map((text) => embeddings.map((image) => dot(text, image)));
  watch.lap('rankings');
  const phrases = questions.phrases(captions, cosines);
  const heat = await eachOf(pictures, ({ image }, i) => model.locateAll(image, phrases[i]!, { truncate: true }));
  watch.lap('heat maps');
  return {
    captions,
    regionCaptions,
    queries,
    cosines,
    phrases,
    heat,
    numbers: [...embeddings, ...texts, ...heat.flat().map(({ values }) => values)],
    texts: [...captions, ...regionCaptions.flat()],
  };
}

/** One after the other: the model looks at one picture at a time. */
async function eachOf<T, Result>(list: readonly T[], work: (item: T, i: number) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  for (const [i, item] of list.entries()) results.push(await work(item, i));
  return results;
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}
