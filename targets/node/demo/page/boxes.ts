/** Boxes over a picture. */
import type { Box } from '../../../../model/preprocess/geometry.ts';

const percent = (fraction: number): string => `${Math.round(1e4 * fraction) / 100}%`;

/** Where a box lies within the picture, as CSS. */
export function boxStyle([x1, y1, x2, y2]: Box): string {
  return `left:${percent(x1)};top:${percent(y1)};width:${percent(x2 - x1)};height:${percent(y2 - y1)}`;
}

/** Where a place lies within the picture, as CSS. */
export function placeStyle({ x, y }: { readonly x: number; readonly y: number }): string {
  return `left:${percent(x)};top:${percent(y)}`;
}
