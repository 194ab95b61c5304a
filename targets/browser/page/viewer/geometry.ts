/** Points, boxes and lassos over a picture, in fractions of its width and height. */
import type { Box } from '../../../../model/preprocess/geometry.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A part of a picture as the user marked it. The points of a lasso are joined in their order, the last with the first. */
export type Shape =
  | { readonly kind: 'box'; readonly box: Box }
  | { readonly kind: 'lasso'; readonly points: readonly Point[] };

/** Smaller marks, by the longer side of what they enclose, are taken for clicks. */
const leastSide = 0.03;
/** A lasso's point is dropped when it is nearer to the one before. */
const leastStep = 0.006;

const clamp = (value: number, low = 0, high = 1): number => Math.min(high, Math.max(low, value));

/** Where a pointer is, in fractions of a frame on the screen; beyond its edges on them. */
export function pointIn(
  frame: { left: number; top: number; width: number; height: number },
  x: number,
  y: number,
): Point {
  return { x: clamp((x - frame.left) / frame.width), y: clamp((y - frame.top) / frame.height) };
}

/** The box between two corners, whichever they are. */
export function boxBetween(a: Point, b: Point): Box {
  return [Math.min(a.x, b.x), Math.min(a.y, b.y), Math.max(a.x, b.x), Math.max(a.y, b.y)];
}

/** A lasso that goes on to a point, or the same one where the point is too near to matter. */
export function extendLasso(points: readonly Point[], point: Point): readonly Point[] {
  const last = points.at(-1);
  return last !== undefined && Math.hypot(point.x - last.x, point.y - last.y) < leastStep ? points : [...points, point];
}

/** What encloses a shape. */
export function boundsOf(shape: Shape): Box {
  if (shape.kind === 'box') return shape.box;
  const xs = shape.points.map(({ x }) => x);
  const ys = shape.points.map(({ y }) => y);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

/** Whether a shape is large enough to have been meant: a click is not. */
export function isMeant(shape: Shape): boolean {
  const [x1, y1, x2, y2] = boundsOf(shape);
  const [width, height] = [x2 - x1, y2 - y1];
  return Math.max(width, height) >= leastSide && width > 0 && height > 0 && areaOf(shape) > 0;
}

/** In fractions of the picture. */
export function areaOf(shape: Shape): number {
  if (shape.kind === 'box') {
    const [x1, y1, x2, y2] = shape.box;
    return (x2 - x1) * (y2 - y1);
  }
  const { points } = shape;
  const doubled = points.reduce((sum, { x, y }, i) => {
    const next = points[(i + 1) % points.length]!;
    return sum + x * next.y - next.x * y;
  }, 0);
  return Math.abs(doubled) / 2;
}

export function contains(shape: Shape, { x, y }: Point): boolean {
  const [x1, y1, x2, y2] = boundsOf(shape);
  if (x < x1 || x > x2 || y < y1 || y > y2) return false;
  if (shape.kind === 'box') return true;
  const { points } = shape;
  let inside = false;
  for (const [i, a] of points.entries()) {
    const b = points[(i + 1) % points.length]!;
    if (a.y > y !== b.y > y && x < a.x + ((y - a.y) / (b.y - a.y)) * (b.x - a.x)) inside = !inside;
  }
  return inside;
}

/** Which of several shapes is at a point: the smallest, so that one within another can be reached. */
export function shapeAt(shapes: readonly Shape[], point: Point): number | undefined {
  const hit = shapes.flatMap((shape, index) => (contains(shape, point) ? [{ index, area: areaOf(shape) }] : []));
  return hit.sort((a, b) => a.area - b.area)[0]?.index;
}

/** A box moved by so much, within the picture. */
export function moveBox([x1, y1, x2, y2]: Box, dx: number, dy: number): Box {
  const x = clamp(x1 + dx, 0, 1 - (x2 - x1));
  const y = clamp(y1 + dy, 0, 1 - (y2 - y1));
  return [x, y, x + (x2 - x1), y + (y2 - y1)];
}

/** A box whose lower right corner is moved by so much, within the picture and no smaller than what is meant. */
export function resizeBox([x1, y1, x2, y2]: Box, dx: number, dy: number): Box {
  return [x1, y1, clamp(x2 + dx, Math.min(1, x1 + leastSide), 1), clamp(y2 + dy, Math.min(1, y1 + leastSide), 1)];
}

/** A box in words, for those who do not see it. */
export function describeBounds(shape: Shape): string {
  const [x1, y1, x2, y2] = boundsOf(shape).map((value) => Math.round(100 * value));
  return `from ${x1} to ${x2} % across, ${y1} to ${y2} % down`;
}
