/** How much two boxes are the same one. */
import type { Box } from '../../../../model/preprocess/geometry.ts';

/** The area of what both enclose over the area of what either encloses: 1 for the same box, 0 for boxes apart. */
export function overlapOf(a: Box, b: Box): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const area = ([x1, y1, x2, y2]: Box): number => (x2 - x1) * (y2 - y1);
  return (width * height) / (area(a) + area(b) - width * height);
}
