/** The page's side of the thread that draws scenes. */
import { MmgemError } from '../../../../model/errors.ts';
import type { RgbImage } from '../../../../model/preprocess/image.ts';
import type { SceneOptions, SceneSeed } from '../../../../model/scenes/scene.ts';

export interface SceneToDraw {
  readonly number: number;
  readonly seed: SceneSeed;
  readonly options: SceneOptions;
}

export interface DrawnScene {
  readonly number: number;
  readonly image: RgbImage;
}

export class SceneDrawer {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, PromiseWithResolvers<RgbImage>>();
  #next = 0;
  #failure: MmgemError | undefined;

  constructor() {
    this.#worker = new Worker(new URL('scenes-worker.js', import.meta.url), { type: 'module' });
    this.#worker.onmessage = ({ data: { number, image } }: MessageEvent<DrawnScene>) => {
      this.#waiting.get(number)?.resolve(image);
      this.#waiting.delete(number);
    };
    this.#worker.onerror = ({ message }) => this.#fail(message);
  }

  /** @throws MmgemError when the thread could not be started */
  draw(seed: SceneSeed, options: SceneOptions): Promise<RgbImage> {
    if (this.#failure) return Promise.reject(this.#failure);
    const number = this.#next++;
    const waiting = Promise.withResolvers<RgbImage>();
    this.#waiting.set(number, waiting);
    this.#worker.postMessage({ number, seed, options } satisfies SceneToDraw);
    return waiting.promise;
  }

  #fail(message: string | undefined): void {
    const detail = message ? ` (${message})` : '';
    this.#failure = new MmgemError(`scenes cannot be drawn${detail}. Check the connection and reload the page.`);
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
  }
}
