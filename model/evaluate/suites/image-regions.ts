// The regions of an image as measures take them: each box once, each text once, and which belong together.
import type { Box } from '../../preprocess/geometry.ts';
import type { EvaluationRegion } from '../item.ts';
import { normalised } from '../words.ts';

/** @typeParam Region what is known of a region */
export interface ImageRegions<Region> {
  /** What is said of each box. */
  readonly boxes: readonly (readonly [Region, ...Region[]])[];
  readonly texts: readonly TextOfImage<Region>[];
}

export interface TextOfImage<Region> {
  /** One of the regions of which the text is said. */
  readonly region: Region;
  /** Numbers of the boxes of which it is said. */
  readonly boxes: readonly number[];
}

/**
 * Regions with one box are one. Texts that differ in case and punctuation alone are one, too: where several boxes share a text, it
 * is right for each of them.
 */
export function imageRegions<Region extends EvaluationRegion>(regions: readonly Region[]): ImageRegions<Region> {
  const boxes = grouped(regions, ({ box }) => box.join());
  const numberOf = new Map(boxes.flatMap((group, i) => group.map((region) => [region, i] as const)));
  const texts = grouped(regions, ({ text }) => normalised(text)).map((group) => ({
    region: group[0],
    boxes: [...new Set(group.map((region) => numberOf.get(region)!))],
  }));
  return { boxes, texts };
}

/** What has the same key, in the order of first appearance. */
function grouped<T>(list: readonly T[], keyOf: (element: T) => string): [T, ...T[]][] {
  const groups = new Map<string, [T, ...T[]]>();
  for (const element of list) {
    const group = groups.get(keyOf(element));
    if (group) group.push(element);
    else groups.set(keyOf(element), [element]);
  }
  return [...groups.values()];
}

/** Whether there are two regions to tell apart: two boxes, and texts that are not all the same. */
export function areSeveral({ boxes, texts }: ImageRegions<unknown>): boolean {
  return boxes.length > 1 && texts.length > 1;
}

/** What reports call a region. */
export function regionKey(key: string, box: Box): string {
  return `${key} at ${box.map((value) => Number(value.toFixed(3))).join(', ')}`;
}
