// What a scene consists of, before anything is drawn or said: drawn by chance, without overlaps, from a seeded source.
import type { Box } from '../preprocess/geometry.ts';
import type { Random } from '../random.ts';
import { between, pick, pickWeighted } from './choose.ts';
import { objectColours, type Rgb } from './colours.ts';
import type { Ground } from './ground.ts';
import { bounds, type Outline, outlines, reach, type Turn } from './outlines.ts';
import { type Attributes, type Cell, type Size, type Texture, valuesOf } from './vocabulary.ts';

/** All lengths are fractions of the picture's side. */
export interface PlacedObject extends Attributes {
  /** Centre. */
  readonly x: number;
  readonly y: number;
  /** What the outline's 1 is. */
  readonly radius: number;
  readonly rotation: Turn;
  readonly rgb: Rgb;
  /** How the texture lies on the object, before the object is turned. */
  readonly grain: Turn & { readonly phase: number };
  /** The third of the picture in which the centre lies, well away from its borders. */
  readonly cell: Cell;
  /** The smallest box around what is drawn. */
  readonly box: Box;
}

export interface Layout {
  readonly objects: readonly PlacedObject[];
  readonly ground: Ground;
}

/** How likely scenes of 1, 2, 3 and 4 objects are, relative to each other. */
export type CountWeights = readonly [one: number, two: number, three: number, four: number];

const textureWeights: Readonly<Record<Texture, number>> = { plain: 2, striped: 1, spotted: 1, checkered: 1 };
const radii: Readonly<Record<Size, readonly [low: number, high: number]>> = {
  small: [0.102, 0.115],
  large: [0.178, 0.2],
};
/** Where centres lie in each third: there is a gap between them, so that no object is between left and middle. */
const bands = [
  [0.12, 0.29],
  [0.42, 0.58],
  [0.71, 0.88],
] as const;
/** Room between the circles around two objects, and between them and the picture's edge. */
const room = 0.012;
const jitter = 12;
/** No texture is longer than this before it repeats. */
const longestPeriod = 0.112;
const placingTries = 20;

/** Objects of different shape or colour, each in a third of its own, none over another. */
export function sampleObjects(source: Random, counts: CountWeights): PlacedObject[] {
  const count = Number(pickWeighted(source, { 1: counts[0], 2: counts[1], 3: counts[2], 4: counts[3] }));
  for (;;) {
    const objects: PlacedObject[] = [];
    while (objects.length < count) {
      const object = placeObject(source, sampleAttributes(source, objects), objects);
      if (object === undefined) break;
      objects.push(object);
    }
    if (objects.length === count) return objects;
  }
}

function sampleAttributes(source: Random, others: readonly Attributes[]): Attributes {
  for (;;) {
    const attributes = {
      size: pick(source, valuesOf('size')),
      texture: pickWeighted(source, textureWeights),
      colour: pick(source, valuesOf('colour')),
      shape: pick(source, valuesOf('shape')),
    };
    if (!others.some(({ colour, shape }) => colour === attributes.colour && shape === attributes.shape))
      return attributes;
  }
}

/** @returns undefined where no free place was found */
function placeObject(
  source: Random,
  attributes: Attributes,
  others: readonly PlacedObject[],
): PlacedObject | undefined {
  const outline = outlines[attributes.shape];
  const radius = between(source, ...radii[attributes.size]);
  const circle = radius * reach(outline);
  for (let i = 0; i < placingTries; i++) {
    const cell = { column: pick(source, [0, 1, 2] as const), row: pick(source, [0, 1, 2] as const) };
    const [x, y] = [place(source, cell.column, circle), place(source, cell.row, circle)];
    const free = others.every((other) => {
      if (other.cell.column === cell.column && other.cell.row === cell.row) return false;
      const apart = circle + other.radius * reach(outlines[other.shape]) + room;
      return (x - other.x) * (x - other.x) + (y - other.y) * (y - other.y) >= apart * apart;
    });
    if (!free) continue;
    const rotation = turn(between(source, -outline.tilt, outline.tilt));
    return {
      ...attributes,
      x,
      y,
      radius,
      rotation,
      rgb: sampleColour(source, attributes.colour),
      grain: { ...turn(between(source, -1, 1)), phase: between(source, 0, longestPeriod) },
      cell,
      box: boxOf(outline, x, y, radius, rotation),
    };
  }
  return undefined;
}

/** A coordinate within a third, and so that the whole object is in the picture. */
function place(source: Random, third: 0 | 1 | 2, circle: number): number {
  const [low, high] = bands[third];
  const margin = circle + room;
  return between(source, Math.max(low, margin), Math.min(high, 1 - margin));
}

/** An angle from the tangent of its half, without trigonometric functions, whose last bits differ between machines. */
function turn(tangent: number): Turn {
  const square = tangent * tangent;
  return { cosine: (1 - square) / (1 + square), sine: (2 * tangent) / (1 + square) };
}

function sampleColour(source: Random, colour: Attributes['colour']): Rgb {
  const near = (value: number): number => Math.min(255, Math.max(0, value + between(source, -jitter, jitter)));
  const [red, green, blue] = objectColours[colour].rgb;
  return [near(red), near(green), near(blue)];
}

function boxOf(outline: Outline, x: number, y: number, radius: number, rotation: Turn): Box {
  const [x1, y1, x2, y2] = bounds(outline, rotation);
  return [x + radius * x1, y + radius * y1, x + radius * x2, y + radius * y2];
}
