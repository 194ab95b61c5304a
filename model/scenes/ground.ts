// What objects lie on: a pale gradient with a faint texture, and small marks little darker or lighter than it.
import type { RgbImage } from '../preprocess/image.ts';
import { type Random, random } from '../random.ts';
import { between, pick } from './choose.ts';
import { groundColours, type Rgb } from './colours.ts';
import type { GroundName } from './vocabulary.ts';

/** All lengths are fractions of the picture's side, all shades are added to red, green and blue. */
export interface Ground {
  readonly name: GroundName;
  readonly rgb: Rgb;
  /** The shade grows in this direction by its length, from one side of the picture to the other. */
  readonly slope: readonly [x: number, y: number];
  /** Shades at the points of a grid of `cloudPoints` a side, smooth in between. */
  readonly clouds: readonly number[];
  /** The largest shade of single pixels, and what it is drawn from. */
  readonly speckle: { readonly shade: number; readonly seed: number };
  readonly marks: readonly Mark[];
}

/** A stroke with round ends, or a dot where both ends are one. */
export interface Mark {
  readonly from: readonly [x: number, y: number];
  readonly to: readonly [x: number, y: number];
  readonly radius: number;
  readonly shade: number;
}

const cloudPoints = 8;
const mostClouds = 7;
const mostSpeckle = 5;
const mostSlope = 22;
const colourJitter = 4;
/** Far less than between an object and the ground. */
const markShades = [9, 18] as const;
const mostMarks = 9;

export function sampleGround(source: Random): Ground {
  const name = pick(source, Object.keys(groundColours) as GroundName[]);
  const [red, green, blue] = groundColours[name];
  const near = (value: number): number => value + between(source, -colourJitter, colourJitter);
  const clouds = between(source, 0, mostClouds);
  return {
    name,
    rgb: [near(red), near(green), near(blue)],
    slope: [between(source, -mostSlope, mostSlope), between(source, -mostSlope, mostSlope)],
    clouds: Array.from({ length: cloudPoints * cloudPoints }, () => between(source, -clouds, clouds)),
    speckle: { shade: between(source, 0, mostSpeckle), seed: source.integer() },
    marks: Array.from({ length: Math.floor(between(source, 0, mostMarks + 1)) }, () => sampleMark(source)),
  };
}

function sampleMark(source: Random): Mark {
  const [x, y] = [source.uniform(), source.uniform()];
  const isDot = source.uniform() < 0.5;
  const step = (): number => (isDot ? 0 : between(source, -0.06, 0.06));
  const shade = between(source, ...markShades);
  return {
    from: [x, y],
    to: [x + step(), y + step()],
    radius: between(source, 0.006, isDot ? 0.016 : 0.009),
    shade: source.uniform() < 0.6 ? -shade : shade,
  };
}

/** @param side of the picture, pixels */
export function drawGround(ground: Ground, side: number): RgbImage {
  const shades = gradient(ground, side);
  for (const mark of ground.marks) drawMark(shades, side, mark);
  const data = new Uint8Array(3 * side * side);
  const [red, green, blue] = ground.rgb;
  const { shade: speckle, seed } = ground.speckle;
  const source = random(seed, 'speckle');
  for (let i = 0, at = 0; i < side * side; i++, at += 3) {
    const shade = shades[i]! + speckle * (2 * source.uniform() - 1) + 0.5;
    data[at] = clamp(red + shade);
    data[at + 1] = clamp(green + shade);
    data[at + 2] = clamp(blue + shade);
  }
  return { width: side, height: side, data };
}

const clamp = (value: number): number => (value < 0 ? 0 : value > 255 ? 255 : value);

/** The slope and the clouds, [side, side]. */
function gradient({ slope: [slopeX, slopeY], clouds }: Ground, side: number): Float64Array {
  const shades = new Float64Array(side * side);
  const places = Array.from({ length: side }, (_, i) => cloudPlace((i + 0.5) / side));
  for (let y = 0; y < side; y++) {
    const { before, share } = places[y]!;
    const row = Array.from({ length: cloudPoints }, (_, i) => {
      const [upper, lower] = [clouds[before * cloudPoints + i]!, clouds[(before + 1) * cloudPoints + i]!];
      return upper + share * (lower - upper);
    });
    const base = slopeY * ((y + 0.5) / side - 0.5);
    for (let x = 0; x < side; x++) {
      const across = places[x]!;
      const left = row[across.before]!;
      const cloud = left + across.share * (row[across.before + 1]! - left);
      shades[y * side + x] = base + slopeX * ((x + 0.5) / side - 0.5) + cloud;
    }
  }
  return shades;
}

/** The point of the clouds' grid before a place, and how far the place is on the way to the next one, smoothly. */
function cloudPlace(fraction: number): { before: number; share: number } {
  const place = fraction * (cloudPoints - 1);
  const before = Math.floor(place);
  const part = place - before;
  return { before, share: part * part * (3 - 2 * part) };
}

function drawMark(shades: Float64Array, side: number, { from, to, radius, shade }: Mark): void {
  const reach = radius + 1 / side;
  const first = (a: number, b: number): number => Math.max(0, Math.floor((Math.min(a, b) - reach) * side));
  const end = (a: number, b: number): number => Math.min(side, Math.ceil((Math.max(a, b) + reach) * side));
  for (let y = first(from[1], to[1]); y < end(from[1], to[1]); y++) {
    for (let x = first(from[0], to[0]); x < end(from[0], to[0]); x++) {
      const distance = strokeDistance((x + 0.5) / side, (y + 0.5) / side, from, to) - radius;
      shades[y * side + x]! += shade * Math.min(1, Math.max(0, 0.5 - distance * side));
    }
  }
}

function strokeDistance(x: number, y: number, from: Mark['from'], to: Mark['to']): number {
  const [alongX, alongY] = [to[0] - from[0], to[1] - from[1]];
  const length = alongX * alongX + alongY * alongY;
  const along = length === 0 ? 0 : ((x - from[0]) * alongX + (y - from[1]) * alongY) / length;
  const share = Math.min(1, Math.max(0, along));
  const [awayX, awayY] = [x - from[0] - share * alongX, y - from[1] - share * alongY];
  return Math.sqrt(awayX * awayX + awayY * awayY);
}
