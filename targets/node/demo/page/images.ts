/** Pictures and heat maps as a page holds them: inside of it. */
import type { RgbImage } from '../../../../model/preprocess/image.ts';
import { overlayHeat } from '../../cli/heat-map.ts';
import { encodeWebp, scaleDown } from '../../images.ts';
import type { Seen } from '../findings.ts';

/** Data URLs of what there is to see of one picture. */
export interface ShownImages {
  readonly picture: string;
  readonly thumbnail: string;
  /** For each phrase that was looked for, the picture with its heat map. */
  readonly heat: readonly string[];
}

/** Pixels of the longer side, about twice what they are shown with. */
const [pictureSide, heatSide, thumbnailSide] = [640, 400, 200];

export async function shownImages({ picture, located }: Seen): Promise<ShownImages> {
  const image = await scaleDown(picture.image, pictureSide);
  const below = await scaleDown(image, heatSide);
  return {
    picture: await dataUrl(image),
    thumbnail: await dataUrl(await scaleDown(below, thumbnailSide)),
    heat: await Promise.all(located.map(({ map }) => dataUrl(overlayHeat(below, map)))),
  };
}

async function dataUrl(image: RgbImage): Promise<string> {
  const file = await encodeWebp(image);
  return `data:image/webp;base64,${Buffer.from(file).toString('base64')}`;
}
