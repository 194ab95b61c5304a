// Pointing: whether the heat map of a text is hottest within the region that the text is about.
import { type HeatMap, hottest, type Place, patchCentre } from '../heat-map.ts';
import type { Box } from '../preprocess/geometry.ts';
import { type Measure, share } from './measure.ts';

/** A text's heat map and the boxes that the text is right for, in fractions of the image. */
export interface Pointed {
  readonly map: HeatMap;
  readonly boxes: readonly Box[];
}

/**
 * The pointing game (Zhang et al., arXiv 1608.00507) without its margin: a map is right when the middle of its hottest patch, of
 * equally hot ones the first, lies within a box that the text is right for, borders included. A box between the middles of all
 * patches cannot be hit, and counts as missed. Chance is a patch drawn without looking; what
 * always points at whatever stands out is above it, so that this measure is read beside region retrieval.
 * @param pointed at least one
 */
export function pointingAccuracy(pointed: readonly Pointed[]): Measure {
  return share(pointed.map(pointsInto), pointed.map(chanceOf));
}

/** Whether the middle of the hottest patch lies within one of the boxes. */
export function pointsInto({ map, boxes }: Pointed): boolean {
  return isWithin(hottest(map), boxes);
}

/** The share of patches whose middles lie within the boxes. */
export function chanceOf({ map, boxes }: Pointed): number {
  const within = [...map.values.keys()].filter((patch) => isWithin(patchCentre(map, patch), boxes));
  return within.length / map.values.length;
}

function isWithin({ x, y }: Place, boxes: readonly Box[]): boolean {
  return boxes.some(([x1, y1, x2, y2]) => x >= x1 && x <= x2 && y >= y1 && y <= y2);
}
