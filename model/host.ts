// What a model needs of the host it runs on: files and decoded images. Targets supply it; nothing else here knows the host.
import type { FileStore } from './files/source.ts';
import type { RgbImage } from './preprocess/image.ts';

/** @typeParam Image what the host can decode: a path, the bytes of a file, pixels, … */
export interface Host<Image> {
  /** The folder at a path, read only. */
  openStore(path: string): FileStore | Promise<FileStore>;
  /** @throws MmgemError naming the image when it cannot be decoded */
  decodeImage(image: Image): Promise<RgbImage>;
}
