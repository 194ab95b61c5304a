/** Draws scenes in a thread of its own: a large one takes longer than the page's thread may be busy. */
import { scene } from '../../../../model/scenes/scene.ts';
import { type Ready, ready } from '../../ready.ts';
import type { DrawnScene, SceneToDraw } from './scene-drawer.ts';

interface WorkerScope {
  onmessage: ((event: { readonly data: SceneToDraw }) => void) | null;
  postMessage(message: DrawnScene | Ready, transfer?: readonly Transferable[]): void;
}

const scope = globalThis as unknown as WorkerScope;
scope.onmessage = ({ data: { number, seed, options } }) => {
  const { width, height, data } = scene(seed, options).image;
  scope.postMessage({ number, image: { width, height, data } }, [data.buffer as ArrayBuffer]);
};
scope.postMessage(ready);
