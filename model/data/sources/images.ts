// Images that lie beside the file that lists them.
import type { DataImage } from '../record.ts';

/** A folder of images, as a host has it. */
export interface ImageFolder {
  /** What errors call it. */
  readonly name: string;
  /** The image at a path below the folder; it is read when its turn comes. */
  image(path: string): DataImage;
  exists(path: string): Promise<boolean>;
}
