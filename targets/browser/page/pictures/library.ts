/** The pixels of all pictures: for the model, and drawn at any size for the screen. */
import { MmgemError } from '../../../../model/errors.ts';
import type { RgbImage } from '../../../../model/preprocess/image.ts';
import type { Scene } from '../../../../model/scenes/scene.ts';
import type { PictureId } from '../state/state.ts';

export interface PictureSource {
  /** @param side of the square that the model sees */
  pixels(side: number): RgbImage;
  /** Draws the picture over a whole canvas of its proportions. */
  draw(canvas: HTMLCanvasElement): void;
  /** What is to be seen, where it is known. */
  readonly scene?: Scene;
  /** Gives back what it holds. */
  close?(): void;
}

export class Library {
  readonly #sources = new Map<PictureId, PictureSource>();
  #next = 1;

  add(source: PictureSource): PictureId {
    const id = this.#next++;
    this.#sources.set(id, source);
    return id;
  }

  pixels(id: PictureId, side: number): RgbImage {
    return this.#source(id).pixels(side);
  }

  draw(id: PictureId, canvas: HTMLCanvasElement): void {
    this.#source(id).draw(canvas);
  }

  scene(id: PictureId): Scene | undefined {
    return this.#sources.get(id)?.scene;
  }

  remove(ids: readonly PictureId[]): void {
    for (const id of ids) {
      this.#sources.get(id)?.close?.();
      this.#sources.delete(id);
    }
  }

  #source(id: PictureId): PictureSource {
    const source = this.#sources.get(id);
    if (source === undefined) throw new MmgemError('this picture was removed.');
    return source;
  }
}
