/** A picture drawn from a seed: coloured figures on a plain ground, and what a caption would say of them. */
import type { Box } from '../../../model/preprocess/geometry.ts';
import type { RgbImage } from '../../../model/preprocess/image.ts';
import { type Random, random } from '../../../model/random.ts';
import { type Inside, shapes } from './shapes.ts';

type Rgb = readonly [red: number, green: number, blue: number];

export interface SceneObject {
  /** `a red circle` */
  readonly phrase: string;
  /** The pixels that it covers, in fractions of the picture. */
  readonly box: Box;
}

export interface Scene {
  readonly image: RgbImage;
  readonly objects: readonly SceneObject[];
  /** All objects and where they are: `a red circle above a blue square`. */
  readonly sentence: string;
}

const colours: Readonly<Record<string, Rgb>> = {
  red: [214, 48, 49],
  blue: [44, 96, 214],
  green: [38, 156, 92],
  yellow: [244, 200, 48],
  purple: [136, 74, 176],
  orange: [236, 128, 40],
};

/** Light at the top, a little darker at the bottom. */
const ground: readonly [top: Rgb, bottom: Rgb] = [
  [242, 240, 234],
  [214, 216, 222],
];

/** Points along each side of a pixel at which figures are tried: their edges come out in 17 shades. */
const samples = 4;

interface Figure {
  readonly inside: Inside;
  readonly colour: Rgb;
  /** Centre and half the side, in pixels. */
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  readonly turn: number;
  readonly phrase: string;
}

/** Places for figures: the quarters of the picture, so that they never cover each other. */
const quarters = [
  [0.27, 0.27],
  [0.73, 0.27],
  [0.27, 0.73],
  [0.73, 0.73],
] as const;

/**
 * Draws `count` figures of different kinds and colours, of 1 to 4.
 * @param side of the picture, pixels
 */
export function drawScene(seed: number, { side = 320, count = 3 } = {}): Scene {
  const source = random(seed, 'scene');
  const kinds = shuffled(Object.entries(shapes), source);
  const tints = shuffled(Object.entries(colours), source);
  const places = shuffled(quarters, source).slice(0, count);
  const figures = places.map(([x, y], i): Figure => {
    const [[kind, inside], [tint, colour]] = [kinds[i]!, tints[i]!];
    const spread = (): number => (source.uniform() - 0.5) * 0.06;
    return {
      inside,
      colour,
      x: side * (x + spread()),
      y: side * (y + spread()),
      radius: side * (0.14 + 0.05 * source.uniform()),
      turn: (source.uniform() - 0.5) * 0.5,
      phrase: `${/^[aeiou]/.test(tint) ? 'an' : 'a'} ${tint} ${kind}`,
    };
  });
  const image = drawGround(side);
  const objects = figures.map((figure) => ({ phrase: figure.phrase, box: drawFigure(image, figure) }));
  return { image, objects, sentence: describe(figures) };
}

function shuffled<T>(list: readonly T[], source: Random): T[] {
  const result = [...list];
  for (let i = result.length - 1; i > 0; i--) {
    const other = Math.floor(source.uniform() * (i + 1));
    [result[i], result[other]] = [result[other]!, result[i]!];
  }
  return result;
}

function drawGround(side: number): RgbImage {
  const data = new Uint8Array(3 * side * side);
  const [top, bottom] = ground;
  for (let y = 0; y < side; y++) {
    const share = y / (side - 1);
    const colour = top.map((value, i) => Math.round(value * (1 - share) + bottom[i]! * share));
    for (let x = 0; x < side; x++) data.set(colour, 3 * (y * side + x));
  }
  return { width: side, height: side, data };
}

/** Blends a figure into the picture. @returns the box of the pixels that it covers by half or more, in fractions */
function drawFigure({ width, height, data }: RgbImage, figure: Figure): Box {
  const { x: centreX, y: centreY, radius, colour } = figure;
  let [x1, y1, x2, y2] = [width, height, 0, 0];
  const reach = radius * Math.SQRT2;
  for (let y = Math.max(0, Math.floor(centreY - reach)); y < Math.min(height, centreY + reach); y++) {
    for (let x = Math.max(0, Math.floor(centreX - reach)); x < Math.min(width, centreX + reach); x++) {
      const share = coverage(figure, x, y);
      if (share === 0) continue;
      const at = 3 * (y * width + x);
      for (let i = 0; i < 3; i++) data[at + i] = Math.round(data[at + i]! * (1 - share) + colour[i]! * share);
      if (share >= 0.5) [x1, y1, x2, y2] = [Math.min(x1, x), Math.min(y1, y), Math.max(x2, x + 1), Math.max(y2, y + 1)];
    }
  }
  return [x1 / width, y1 / height, x2 / width, y2 / height];
}

/** The part of a pixel that a figure covers. */
function coverage({ inside, x: centreX, y: centreY, radius, turn }: Figure, x: number, y: number): number {
  const [sine, cosine] = [Math.sin(turn), Math.cos(turn)];
  let hits = 0;
  for (let i = 0; i < samples * samples; i++) {
    const u = (x + ((i % samples) + 0.5) / samples - centreX) / radius;
    const v = (y + (Math.floor(i / samples) + 0.5) / samples - centreY) / radius;
    if (inside(u * cosine + v * sine, v * cosine - u * sine)) hits++;
  }
  return hits / (samples * samples);
}

/** Where the first figure is, seen from the second, then what else there is. */
function describe([first, second, ...others]: readonly Figure[]): string {
  if (!first) return 'nothing';
  if (!second) return first.phrase;
  const [across, down] = [first.x - second.x, first.y - second.y];
  const relation =
    Math.abs(across) > Math.abs(down) ? (across < 0 ? 'left of' : 'right of') : down < 0 ? 'above' : 'below';
  return [`${first.phrase} ${relation} ${second.phrase}`, ...others.map(({ phrase }) => phrase)].join(', and ');
}
