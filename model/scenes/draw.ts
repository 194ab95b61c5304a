// From a layout to pixels, with smooth edges: a pixel at an edge is covered as far as its middle lies inside.
import { checkImageSize, type RgbImage } from '../preprocess/image.ts';
import type { Mask } from '../session/masks.ts';
import { type Rgb, secondTone } from './colours.ts';
import { drawGround } from './ground.ts';
import type { Layout, PlacedObject } from './layout.ts';
import { distances } from './outlines.ts';
import { textures } from './textures.ts';

/** @param side of the picture, pixels */
export function draw({ objects, ground }: Layout, side: number): RgbImage {
  const image = drawGround(ground, side);
  for (const object of objects) drawObject(image, object);
  return image;
}

/** The light on an object: from above, by so much of its colour from the middle to the top. */
const shading = 0.1;
/** The texture ends so far before the edge, a fraction of the picture: a light tone must not look like the ground. */
const rim = 0.01;

function drawObject({ width, data }: RgbImage, object: PlacedObject): void {
  const { cosine, sine, phase } = object.grain;
  const texture = textures[object.texture];
  const second = secondTone(object.colour, object.rgb);
  const { rgb, radius } = object;
  visitPixels(object, width, (at, covered, x, y, depth) => {
    const inner = Math.min(1, Math.max(0, 0.5 + (depth * radius - rim) * width));
    const other = inner * texture(radius * (x * cosine - y * sine) + phase, radius * (x * sine + y * cosine), width);
    const light = 1 - shading * y;
    const blend = (channel: 0 | 1 | 2): void => {
      const value = mix(rgb, second, channel, other) * light;
      const below = data[3 * at + channel]!;
      data[3 * at + channel] = Math.min(255, below + covered * (value - below) + 0.5);
    };
    blend(0);
    blend(1);
    blend(2);
  });
}

const mix = (one: Rgb, other: Rgb, channel: 0 | 1 | 2, share: number): number =>
  one[channel] + share * (other[channel] - one[channel]);

/**
 * Calls for every pixel that an object covers, with the share that is covered, and on the outline's scale the pixel's
 * middle and how far it lies within the edge.
 */
function visitPixels(
  object: PlacedObject,
  side: number,
  visit: (at: number, covered: number, x: number, y: number, depth: number) => void,
): void {
  const { x: centreX, y: centreY, radius, box } = object;
  const { cosine, sine } = object.rotation;
  const distance = distances[object.shape];
  const [x1, y1] = [Math.max(0, Math.floor(box[0] * side - 1)), Math.max(0, Math.floor(box[1] * side - 1))];
  const [x2, y2] = [Math.min(side, Math.ceil(box[2] * side + 1)), Math.min(side, Math.ceil(box[3] * side + 1))];
  for (let row = y1; row < y2; row++) {
    const v = ((row + 0.5) / side - centreY) / radius;
    for (let column = x1; column < x2; column++) {
      const u = ((column + 0.5) / side - centreX) / radius;
      const [x, y] = [u * cosine + v * sine, v * cosine - u * sine];
      const depth = -distance(x, y);
      const covered = 0.5 + depth * radius * side;
      if (covered > 0) visit(row * side + column, Math.min(1, covered), x, y, depth);
    }
  }
}

/** Masks are drawn with at least so many pixels a side, and averaged. */
const leastMaskSide = 160;

/**
 * How much of each pixel an object covers, from 0 to 1.
 * @throws MmgemError unless the side is a whole number above 0
 */
export function drawMask(object: PlacedObject, side: number): Mask {
  checkImageSize({ width: side, height: side }, 'the mask');
  const factor = Math.ceil(leastMaskSide / side);
  const fine = factor * side;
  const data = new Float32Array(side * side);
  visitPixels(object, fine, (at, covered) => {
    const [x, y] = [Math.floor((at % fine) / factor), Math.floor(at / fine / factor)];
    data[y * side + x]! += covered / (factor * factor);
  });
  return { width: side, height: side, data };
}
