/** mmgem in Node and in Deno: `open` a backend, `load` a model. */
import { backends } from '#backends';
import { type LoadOptions, load as loadWith } from '../../model/load.ts';
import type { Mmgem } from '../../model/mmgem.ts';
import type { BackendOptions } from '../../runtime/backend.ts';
import { type Engine, openEngine } from '../../runtime/engine.ts';
import { nodeHost } from './host.ts';
import type { ImageSource } from './images.ts';

export { MmgemError, ShapeError } from '../../dsl/errors.ts';
export type { MmgemConfig } from '../../model/config.ts';
export type { GenerationOptions } from '../../model/generate/options.ts';
export type { TextStream } from '../../model/generate/stream.ts';
export type { HeatMap } from '../../model/heat-map.ts';
export type { LoadOptions } from '../../model/load.ts';
export type {
  CaptionOptions,
  ContinuationOptions,
  Mmgem,
  ModelMemory,
  TextOptions,
} from '../../model/mmgem.ts';
export type { Box } from '../../model/preprocess/geometry.ts';
export type { RgbImage } from '../../model/preprocess/image.ts';
export type { Mask } from '../../model/session/masks.ts';
export type { OnProgress } from '../../model/session/programs.ts';
export type { Region } from '../../model/session/regions.ts';
export type { BackendOptions, Probe } from '../../runtime/backend.ts';
export type { Engine, EngineInfo } from '../../runtime/engine.ts';
export { type DecodeOptions, decodeImage, encodePng, type ImageSource } from './images.ts';
export { packagedModel } from './package-files.ts';

/** A model whose images are paths, bytes of image files or pixels. */
export type Model = Mmgem<ImageSource>;

/**
 * Opens a backend: `wasm`, `dawn` (in Deno `wgpu`), or `auto` for the best that runs here; `engine.info` tells which one and why.
 * Close it with `close()` or `using`; the process then ends by itself.
 * @throws MmgemError when the backend is unknown or cannot run here, with what to install.
 */
export function open(backend = 'auto', options: BackendOptions = {}): Promise<Engine> {
  return openEngine(backend, backends, options);
}

/**
 * Loads a model directory, as `mmgem init` and `mmgem import` make them.
 * @throws MmgemError naming file, field and remedy for a directory that is missing, incomplete or inconsistent.
 */
export function load(path: string, options: LoadOptions): Promise<Model> {
  return loadWith(path, nodeHost, options);
}
