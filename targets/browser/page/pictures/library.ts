/** The pixels of all pictures: for the model, and drawn at any size for the screen. */
import { MmgemError } from '../../../../model/errors.ts';
import type { RgbImage } from '../../../../model/preprocess/image.ts';
import type { Scene } from '../../../../model/scenes/scene.ts';
import type { PictureId } from '../state/state.ts';

export interface PictureSource {
  /** @param side of the square that the model sees */
  pixels(side: number): Promise<RgbImage>;
  /** Draws the picture over a whole canvas of its proportions. */
  draw(canvas: HTMLCanvasElement): Promise<void>;
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

  async pixels(id: PictureId, side: number): Promise<RgbImage> {
    return this.#source(id).pixels(side);
  }

  /** Draws the picture over a whole canvas; a canvas that nobody looks at any more when it is drawn stays as it is. */
  async draw(id: PictureId, canvas: HTMLCanvasElement, isWanted: () => boolean = () => true): Promise<void> {
    const hidden = document.createElement('canvas');
    hidden.width = canvas.width;
    hidden.height = canvas.height;
    await this.#source(id).draw(hidden);
    if (isWanted()) canvas.getContext('2d')!.drawImage(hidden, 0, 0);
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
