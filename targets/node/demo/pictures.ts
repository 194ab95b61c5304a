/** What is shown to the model: scenes that are drawn, of which everything is known, and images of the user's. */
import { basename } from 'node:path';
import { MmgemError } from '../../../model/errors.ts';
import { itemOfScene } from '../../../model/evaluate/from-scenes.ts';
import type { EvaluationItem } from '../../../model/evaluate/item.ts';
import type { RgbImage } from '../../../model/preprocess/image.ts';
import { distinctScenes } from '../../../model/scenes/distinct.ts';
import type { Scene, SceneOptions } from '../../../model/scenes/scene.ts';
import { decodeImage } from '../images.ts';

/** An image and what is known of it; of the user's that is nothing, and there is no judge. */
export type Picture = EvaluationItem<RgbImage>;

export interface DrawnPictures {
  readonly pictures: readonly Picture[];
  /** A text that is true of none of them, as far as can be known. */
  readonly strange: string;
}

/** Pixels a side, for people; the model scales them down. As many objects as in training: one to four. */
const options: SceneOptions = { side: 320, split: 'eval' };

/** So many more scenes are drawn as are shown, to take a text from that is true of none of these. */
const more = 10;

/** Scenes that no training saw and that their captions tell apart. */
export function drawPictures(count: number, seed: number): DrawnPictures {
  const scenes = distinctScenes(count + more, seed, options);
  const pictures = scenes
    .slice(0, count)
    .map((drawn, i): Picture => ({ ...itemOfScene(`picture ${i + 1}`, drawn), image: drawn.image }));
  const isStrange = ({ objects, caption }: Scene): boolean =>
    objects.length > 1 && pictures.every(({ judge }) => judge?.(caption).right === false);
  const strange = scenes.slice(count).find(isStrange);
  if (strange === undefined) throw new MmgemError(`of ${more} scenes behind seed ${seed} none is unlike those shown`);
  return { pictures, strange: strange.caption };
}

/** @throws MmgemError naming the file that cannot be decoded */
export async function readPictures(paths: readonly string[]): Promise<Picture[]> {
  return Promise.all(
    paths.map(
      async (path): Promise<Picture> => ({ key: basename(path), image: await decodeImage(path), captions: [] }),
    ),
  );
}
