/** mmgem in browsers: `open` a backend, `load` a model; both live in a worker. */
import type { BackendOptions } from '../../runtime/backend.ts';
import { type Engine, openInWorker } from './engine.ts';
import type { Model } from './model.ts';
import { absoluteUrl, type ModelSource, placeOf } from './places.ts';
import type { ServiceLoadOptions } from './service.ts';

export { MmgemError, ShapeError } from '../../dsl/errors.ts';
export type { MmgemConfig } from '../../model/config.ts';
export type { GenerationOptions } from '../../model/generate/options.ts';
export type { TextStream } from '../../model/generate/stream.ts';
export type { HeatMap } from '../../model/heat-map.ts';
export type { CaptionOptions, ContinuationOptions, ModelMemory, TextOptions } from '../../model/mmgem.ts';
export type { Box } from '../../model/preprocess/geometry.ts';
export type { RgbImage } from '../../model/preprocess/image.ts';
export type { Mask } from '../../model/session/masks.ts';
export type { OnProgress } from '../../model/session/programs.ts';
export type { Region } from '../../model/session/regions.ts';
export type { BackendOptions, Probe } from '../../runtime/backend.ts';
export type { EngineInfo } from '../../runtime/engine.ts';
export type { LoadPhase, LoadState } from '../web/load-progress.ts';
export type { Engine } from './engine.ts';
export type { ImageSource } from './image-sources.ts';
export type { Model } from './model.ts';
export type { ModelSource } from './places.ts';

export interface LoadOptions extends ServiceLoadOptions {
  readonly engine: Engine;
}

/**
 * Opens a backend: `webgpu`, `wasm`, or `auto` for the best that runs here; `engine.info` tells which one and why.
 * Close it with `close()` or `await using`.
 * @throws MmgemError when the backend is unknown or cannot run here, with what to do about it.
 */
export function open(backend = 'auto', options: BackendOptions = {}): Promise<Engine> {
  return openInWorker(backend, options);
}

/**
 * Loads a model directory from a URL, relative to the page, or from files that the user chose.
 * @throws MmgemError naming file, field and remedy for a directory that is missing, incomplete or inconsistent.
 */
export async function load(source: ModelSource, { engine, tokenizer, ...options }: LoadOptions): Promise<Model> {
  const named = tokenizer === undefined ? {} : { tokenizer: absoluteUrl(tokenizer) };
  return engine.loadModel(placeOf(source), { ...options, ...named });
}
