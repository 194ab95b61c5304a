/** The page's side of the thread that draws scenes. */
import { MmgemError } from '../../../../model/errors.ts';
import type { RgbImage } from '../../../../model/preprocess/image.ts';
import type { SceneOptions, SceneSeed } from '../../../../model/scenes/scene.ts';
import { isReady, postWhenReady, type Ready } from '../../ready.ts';

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
  readonly #post: (scene: SceneToDraw) => void;
  readonly #waiting = new Map<number, PromiseWithResolvers<RgbImage>>();
  #next = 0;
  #failure: MmgemError | undefined;

  constructor() {
    const worker = new Worker(new URL('scenes-worker.js', import.meta.url), { type: 'module' });
    this.#post = postWhenReady(worker);
    worker.onmessage = ({ data }: MessageEvent<DrawnScene | Ready>) => {
      if (isReady(data)) return;
      this.#waiting.get(data.number)?.resolve(data.image);
      this.#waiting.delete(data.number);
    };
    worker.onerror = ({ message }) => this.#fail(message);
  }

  /** @throws MmgemError when the thread could not be started */
  draw(seed: SceneSeed, options: SceneOptions): Promise<RgbImage> {
    if (this.#failure) return Promise.reject(this.#failure);
    const number = this.#next++;
    const waiting = Promise.withResolvers<RgbImage>();
    this.#waiting.set(number, waiting);
    this.#post({ number, seed, options });
    return waiting.promise;
  }

  #fail(message: string | undefined): void {
    const detail = message ? ` (${message})` : '';
    this.#failure = new MmgemError(`scenes cannot be drawn${detail}. Check the connection and reload the page.`);
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
  }
}
