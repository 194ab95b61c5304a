// Plane figures: how far a point is from their edge, and how far they reach when turned. Only + − × ÷ and √ are used
// here and in whatever else makes a scene, because these alone give the same bits on every machine.
import type { Shape } from './vocabulary.ts';

export type Point = readonly [x: number, y: number];

export interface Disc {
  readonly centre: Point;
  readonly radius: number;
}

/** A polygon and discs together, without the hole; about 1 from the middle to the edge, x to the right and y down. */
export interface Outline {
  readonly corners: readonly Point[];
  readonly discs: readonly Disc[];
  readonly hole?: Disc;
  /** Where the edges of disc and hole meet. */
  readonly tips?: readonly Point[];
  /** The tangent of half the angle by which it may be turned without looking like another figure. */
  readonly tilt: number;
}

/** Cosine and sine of an angle, clockwise as y points down. */
export interface Turn {
  readonly cosine: number;
  readonly sine: number;
}

/** Left, top, right and bottom of a turned outline. */
export type Bounds = readonly [x1: number, y1: number, x2: number, y2: number];

const polygon = (corners: readonly Point[], tilt: number): Outline => ({ corners, discs: [], tilt });
const disc = (x: number, y: number, radius: number): Disc => ({ centre: [x, y], radius });

/** Directions to the tips of a star, from the uppermost clockwise, with the notches between them. */
const spokes: readonly Point[] = [
  [0, -1],
  [0.5878, -0.809],
  [0.9511, -0.309],
  [0.9511, 0.309],
  [0.5878, 0.809],
  [0, 1],
  [-0.5878, 0.809],
  [-0.9511, 0.309],
  [-0.9511, -0.309],
  [-0.5878, -0.809],
];
const star = spokes.map(([x, y], i): Point => (i % 2 === 0 ? [1.12 * x, 1.12 * y] : [0.56 * x, 0.56 * y]));

/** One quarter of a cross after the other: half its length, half the width of its arms. */
const [arm, half] = [0.98, 0.34];
const cross: readonly Point[] = [
  [-half, -arm],
  [half, -arm],
  [half, -half],
  [arm, -half],
  [arm, half],
  [half, half],
  [half, arm],
  [-half, arm],
  [-half, half],
  [-arm, half],
  [-arm, -half],
  [-half, -half],
];

export const outlines: Readonly<Record<Shape, Outline>> = {
  circle: { corners: [], discs: [disc(0, 0, 0.95)], tilt: 0 },
  square: polygon([[-0.82, -0.82], [0.82, -0.82], [0.82, 0.82], [-0.82, 0.82]], 0.105), // biome-ignore format: a table
  triangle: polygon([[0, -0.92], [0.94, 0.7], [-0.94, 0.7]], 0.22), // biome-ignore format: a table
  star: polygon(star, 0.325),
  ring: { corners: [], discs: [disc(0, 0, 1)], hole: disc(0, 0, 0.4), tilt: 0 },
  cross: polygon(cross, 0.2),
  /** A square on its tip, and a disc on each of its upper sides. */
  heart: {
    corners: [[0, -0.82], [0.82, 0], [0, 0.82], [-0.82, 0]], // biome-ignore format: a table
    discs: [disc(-0.41, -0.41, 0.58), disc(0.41, -0.41, 0.58)],
    tilt: 0.15,
  },
  moon: {
    corners: [],
    discs: [disc(0, 0, 1)],
    hole: disc(0.66, 0, 0.76),
    tips: [[0.6500, -0.7599], [0.6500, 0.7599]], // biome-ignore format: a table
    tilt: 0.27,
  },
};

/** How far the outline lies from its middle at most, however it is turned. */
export function reach({ corners, discs }: Outline): number {
  const lengths = corners.map(([x, y]) => Math.sqrt(x * x + y * y));
  const ends = discs.map(({ centre: [x, y], radius }) => Math.sqrt(x * x + y * y) + radius);
  return Math.max(...lengths, ...ends);
}

/** The smallest upright box around the turned outline. */
export function bounds({ corners, discs, hole, tips = [] }: Outline, { cosine, sine }: Turn): Bounds {
  const turned = ([x, y]: Point): Point => [x * cosine - y * sine, x * sine + y * cosine];
  // The points of a disc that are farthest right, down, left and up once it is turned.
  const ends = [[cosine, -sine], [sine, cosine], [-cosine, sine], [-sine, -cosine]] as const; // biome-ignore format: a table
  const rims = discs.flatMap(({ centre: [x, y], radius }) =>
    ends.map(([endX, endY]): Point => [x + radius * endX, y + radius * endY]),
  );
  const cut = hole ? discDistance(hole) : () => 1;
  const points = [...corners, ...tips, ...rims.filter(([x, y]) => cut(x, y) >= 0)].map(turned);
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

/** How far a point is from an outline's edge, below 0 inside. Inside it may be farther than said. */
export type Distance = (x: number, y: number) => number;

/** The distances of all outlines. */
export const distances = Object.fromEntries(
  Object.entries(outlines).map(([shape, outline]) => [shape, outlineDistance(outline)]),
) as Readonly<Record<Shape, Distance>>;

function outlineDistance({ corners, discs, hole, tips }: Outline): Distance {
  const parts = [...discs.map(discDistance), ...(corners.length > 0 ? [polygonDistance(corners)] : [])];
  const whole = parts.reduce(
    (one, other): Distance =>
      (x, y) =>
        Math.min(one(x, y), other(x, y)),
  );
  if (hole === undefined) return whole;
  const cut = discDistance(hole);
  const pierced: Distance = (x, y) => Math.max(whole(x, y), -cut(x, y));
  return tips ? tippedDistance(pierced, [...discs, hole], tips) : pierced;
}

/** Where the nearest point of a rim has been cut away, the tip of what is left is nearest. */
function tippedDistance(pierced: Distance, rims: readonly Disc[], tips: readonly Point[]): Distance {
  const rounding = 1e-9;
  return (x, y) => {
    if (pierced(x, y) <= 0) return pierced(x, y);
    const nearest = rims.map(({ centre: [centreX, centreY], radius }): Point => {
      const scale = radius / distanceBetween(x, y, centreX, centreY);
      return [centreX + scale * (x - centreX), centreY + scale * (y - centreY)];
    });
    const left = nearest.filter(([rimX, rimY]) => pierced(rimX, rimY) <= rounding);
    return Math.min(...[...left, ...tips].map(([edgeX, edgeY]) => distanceBetween(x, y, edgeX, edgeY)));
  };
}

function distanceBetween(x1: number, y1: number, x2: number, y2: number): number {
  return Math.sqrt((x1 - x2) * (x1 - x2) + (y1 - y2) * (y1 - y2));
}

function discDistance({ centre: [centreX, centreY], radius }: Disc): Distance {
  return (x, y) => distanceBetween(x, y, centreX, centreY) - radius;
}

function polygonDistance(corners: readonly Point[]): Distance {
  const count = corners.length;
  const xs = Float64Array.from(corners, ([x]) => x);
  const ys = Float64Array.from(corners, ([, y]) => y);
  return (x, y) => {
    let nearest = Number.POSITIVE_INFINITY;
    let inside = false;
    for (let i = 0, before = count - 1; i < count; before = i++) {
      const [edgeX, edgeY] = [xs[before]! - xs[i]!, ys[before]! - ys[i]!];
      const [fromX, fromY] = [x - xs[i]!, y - ys[i]!];
      const along = (fromX * edgeX + fromY * edgeY) / (edgeX * edgeX + edgeY * edgeY);
      const share = along < 0 ? 0 : along > 1 ? 1 : along;
      const [awayX, awayY] = [fromX - share * edgeX, fromY - share * edgeY];
      const square = awayX * awayX + awayY * awayY;
      if (square < nearest) nearest = square;
      // A ray to the right crosses the outline an odd number of times.
      if (ys[i]! > y !== ys[before]! > y && x < xs[i]! + (edgeX * fromY) / edgeY) inside = !inside;
    }
    return inside ? -Math.sqrt(nearest) : Math.sqrt(nearest);
  };
}
