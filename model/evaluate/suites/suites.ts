/** The table of suites, in the order in which they run. */
import { captions } from './captions.ts';
import { long } from './long.ts';
import { pointing } from './pointing.ts';
import { regionCaptions } from './region-captions.ts';
import { regions } from './regions.ts';
import { retrieval } from './retrieval.ts';
import type { Suite } from './suite.ts';
import { zeroShot } from './zero-shot.ts';

export const suites = {
  retrieval,
  long,
  'zero-shot': zeroShot,
  captions,
  regions,
  pointing,
  'region-captions': regionCaptions,
} as const satisfies Readonly<Record<string, Suite>>;

export type SuiteName = keyof typeof suites;
export const suiteNames = Object.keys(suites) as readonly SuiteName[];
