/** What the page asks of a model, and who opens one: the engine's own session, or another one in its place for tests. */
import type { HeatMap } from '../../../../model/heat-map.ts';
import type { Box } from '../../../../model/preprocess/geometry.ts';
import type { RgbImage } from '../../../../model/preprocess/image.ts';
import type { Mask } from '../../../../model/session/masks.ts';
import type { Probe } from '../../../../runtime/backend.ts';
import type { BackendName, ModelState } from '../state/state.ts';

/** A part of an image: a box in fractions of its sides, or a mask of its size. */
export type Part = { readonly box: Box } | { readonly mask: Mask };

/** A model on a backend. Errors say what happened and what to do. */
export interface ModelSession {
  readonly model: ModelState;
  /** What runs it: adapter, threads, SIMD. */
  readonly description: string;
  /** An embedding of length 1. */
  embedImage(image: RgbImage): Promise<Float32Array>;
  /** An embedding of length 1; a text that is too long is cut off. */
  embedText(text: string): Promise<Float32Array>;
  /** A caption, a piece for each token. */
  caption(image: RgbImage, options: { readonly part?: Part; readonly signal: AbortSignal }): AsyncIterable<string>;
  locate(image: RgbImage, text: string): Promise<HeatMap>;
  /** Bytes that the backend holds. */
  memory(): Promise<number>;
  /** Resolves with the reason when the device is gone. */
  readonly lost: Promise<string>;
  close(): Promise<void>;
}

/** Called while a session opens. @param done from 0 to 1 */
export type OnProgress = (done: number, stage: string) => void;

export interface Sessions {
  /** Whether a backend can run here, and why not, or why another one would be better. */
  probe(backend: BackendName): Promise<Probe>;
  /** @param onNote told what a user should know and did not ask for */
  open(backend: BackendName, onProgress: OnProgress, onNote: (text: string) => void): Promise<ModelSession>;
}
