// What a suite is, and what it answers.
import { MmgemError } from '../../errors.ts';
import type { Preparation } from '../../load.ts';
import type { Box } from '../../preprocess/geometry.ts';
import type { EvaluationItem, Verdict } from '../item.ts';
import type { Measure } from '../measure.ts';
import type { Evaluation } from './evaluation.ts';

/** A set of measures that are taken in one go. */
export interface Suite {
  readonly title: string;
  /** What the model is made ready for. */
  readonly prepare: readonly Preparation[];
  /** What an item must have to be of use; completes "has no …". */
  readonly needs: string;
  readonly fits: (item: EvaluationItem<unknown>) => boolean;
  /** @param items those that fit, at least one */
  readonly run: <Image>(evaluation: Evaluation<Image>, items: readonly EvaluationItem<Image>[]) => Promise<SuiteResult>;
}

/** Something that was left out. */
export interface Skipped {
  /** The item's key, with what of it where it is a part. */
  readonly key: string;
  readonly reason: string;
}

/** What the model said, beside what was right. */
export interface Example {
  readonly key: string;
  /** Key of the item that it is of. */
  readonly item: string;
  /** The part of the image that it is about; all of it unless told. */
  readonly box?: Box;
  readonly text: string;
  readonly right: readonly string[];
  /** Where it is known what is true. */
  readonly verdict?: Verdict;
}

export interface SuiteResult {
  /** By name, in the order in which they are shown. */
  readonly measures: Readonly<Record<string, Measure>>;
  /** How many images, texts, regions … the measures are of. */
  readonly used: Readonly<Record<string, number>>;
  readonly skipped: readonly Skipped[];
  /** What a reader of the measures should know. */
  readonly notes: readonly string[];
  readonly examples: readonly Example[];
}

/** How many examples a result carries. */
export const exampleCount = 5;

/** @throws MmgemError when nothing was left to measure, with the first reason */
export function assertSome(count: number, what: string, skipped: readonly Skipped[]): void {
  if (count > 0) return;
  const [first] = skipped;
  const reason = first ? ` (${first.key}: ${first.reason})` : '';
  throw new MmgemError(`there are no ${what} to measure${reason}. Give others, or leave this suite out.`);
}
