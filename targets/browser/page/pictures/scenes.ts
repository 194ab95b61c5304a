/** Pictures from the generator of scenes: each drawn as large as it is needed, the model's as large as the model takes it. */
import type { RgbImage } from '../../../../model/preprocess/image.ts';
import { type Scene, scene } from '../../../../model/scenes/scene.ts';
import type { PictureSource } from './library.ts';
import type { SceneDrawer } from './scene-drawer.ts';

/** No model was trained on these; one to four objects, as likely as this. */
const options = { counts: [0.2, 0.35, 0.3, 0.15], split: 'eval' } as const;

/** Pixels of a scene's side on the screen, at most. */
export const sceneSide = 640;

/** A scene by the seed of its set and its number in it. */
export function sceneSource(
  seed: number,
  index: number,
  drawer: SceneDrawer,
): PictureSource & { readonly scene: Scene } {
  const drawn = new Map<number, Promise<RgbImage>>();
  const pixels = (side: number): Promise<RgbImage> => {
    const image = drawn.get(side) ?? drawer.draw({ seed, index }, { ...options, side });
    drawn.set(side, image);
    return image;
  };
  return {
    scene: scene({ seed, index }, options),
    pixels,
    async draw(canvas) {
      const { width, height, data } = await pixels(canvas.width);
      canvas.getContext('2d')!.putImageData(new ImageData(rgba(data), width, height), 0, 0);
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
