/** Pictures from the generator of scenes: each drawn as large as it is needed, the model's as large as the model takes it. */
import type { RgbImage } from '../../../../model/preprocess/image.ts';
import { type Scene, scene } from '../../../../model/scenes/scene.ts';
import type { PictureSource } from './library.ts';

/** How likely one to four objects are: as in training. */
const counts = [0.2, 0.35, 0.3, 0.15] as const;

/** Pixels of a scene's side on the screen, at most. */
export const sceneSide = 640;

/** A scene that no model was trained on, by the seed of its set and its number in it. */
export function sceneSource(seed: number, index: number): PictureSource & { readonly scene: Scene } {
  const at = (side: number): Scene => scene({ seed, index }, { side, counts, split: 'eval' });
  let seen: { readonly side: number; readonly image: RgbImage } | undefined;
  return {
    scene: at(sceneSide),
    pixels(side) {
      if (seen?.side !== side) seen = { side, image: at(side).image };
      return seen.image;
    },
    draw(canvas) {
      const { width, height, data } = at(canvas.width).image;
      context2d(canvas).putImageData(new ImageData(rgba(data), width, height), 0, 0);
    },
  };
}

function rgba(rgb: Uint8Array): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray((rgb.length / 3) * 4);
  for (let from = 0, to = 0; from < rgb.length; from += 3, to += 4) {
    pixels[to] = rgb[from]!;
    pixels[to + 1] = rgb[from + 1]!;
    pixels[to + 2] = rgb[from + 2]!;
    pixels[to + 3] = 255;
  }
  return pixels;
}

function context2d(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  return canvas.getContext('2d')!;
}
