/** Everything that the page shows, as one immutable value. */
import type { HeatMap } from '../../../../model/heat-map.ts';
import type { Probe } from '../../../../runtime/backend.ts';
import type { Shape } from '../viewer/geometry.ts';

export type PictureId = number;

/** A text that the model says, as far as it has come. */
export type Said =
  | { readonly status: 'waiting' }
  | { readonly status: 'writing' | 'done'; readonly text: string }
  | { readonly status: 'failed'; readonly problem: string };

/** A part of a picture that was marked, and what is said of it. */
export interface RegionState {
  readonly id: number;
  readonly shape: Shape;
  readonly said: Said;
}

/** Where the picture comes from: drawn by the generator, or given by the user. */
export type Origin = 'scene' | 'own';

export interface PictureState {
  readonly id: PictureId;
  readonly name: string;
  readonly origin: Origin;
  /** Pixels, as the user gave it. */
  readonly width: number;
  readonly height: number;
  readonly caption: Said;
  readonly regions: readonly RegionState[];
  /** Of length 1; `failed` where the model could not take it. */
  readonly embedding: Float32Array | 'waiting' | 'failed';
}

export interface QueryState {
  /** As it stands in the field. */
  readonly text: string;
  /** The embedding of `text`, as soon as there is one. */
  readonly embedding: Float32Array | 'waiting' | 'failed';
}

/** A heat map, of which picture, and for which text. */
export interface HeatState {
  readonly picture: PictureId;
  readonly query: string;
  readonly map: HeatMap | 'failed';
}

/** What draws a region. */
export type Tool = 'box' | 'lasso';

export const backendNames = ['webgpu', 'wasm'] as const;
export type BackendName = (typeof backendNames)[number];

/** What a backend has shown so far. */
export interface Measures {
  readonly loadMilliseconds?: number;
  readonly embedMilliseconds?: number;
  readonly tokenMilliseconds?: number;
  readonly memoryBytes?: number;
}

export interface BackendState {
  /** Whether it can run, as far as that was found out; a reason why not, or why others are better, is told. */
  readonly probe: Probe | 'unknown';
  /** What runs, once it has run: adapter, threads, SIMD. */
  readonly description: string;
  readonly measures: Measures;
}

export interface Progress {
  /** From 0 to 1. */
  readonly done: number;
  readonly stage: string;
}

/** `looking` until it is known which backends there are. */
export type EngineState =
  | { readonly status: 'looking' }
  | { readonly status: 'loading'; readonly backend: BackendName; readonly progress: Progress }
  | { readonly status: 'ready'; readonly backend: BackendName }
  | { readonly status: 'failed'; readonly backend: BackendName };

/** How far the results of two backends agree. */
export interface Agreement {
  readonly difference: number;
  readonly digits: number;
  readonly sameTexts: boolean;
  readonly texts: Readonly<Record<BackendName, string>>;
}

export type ComparisonState =
  | { readonly status: 'none' }
  | { readonly status: 'running'; readonly progress: Progress }
  | { readonly status: 'done'; readonly picture: string; readonly agreement: Agreement };

/** What to say to the user until it is put away. */
export interface Message {
  readonly id: number;
  readonly kind: 'problem' | 'note';
  readonly title: string;
  readonly text: string;
  /** What can be done about it here. */
  readonly actions: readonly MessageAction[];
}

export type MessageAction =
  | { readonly name: 'retry'; readonly backend: BackendName }
  | { readonly name: 'use'; readonly backend: BackendName };

export interface ModelState {
  /** Side of the square that the model sees, pixels. */
  readonly side: number;
  readonly name: string;
  readonly parameters?: number;
}

export interface PageState {
  /** In the order in which they came. */
  readonly pictures: readonly PictureState[];
  readonly selected?: PictureId;
  readonly activeRegion?: number;
  readonly tool: Tool;
  readonly query: QueryState;
  readonly heat?: HeatState;
  readonly showsHeat: boolean;
  readonly engine: EngineState;
  readonly model?: ModelState;
  readonly backends: Readonly<Record<BackendName, BackendState>>;
  readonly comparison: ComparisonState;
  readonly messages: readonly Message[];
}

const unseen: BackendState = { probe: 'unknown', description: '', measures: {} };

export const initialState: PageState = {
  pictures: [],
  tool: 'box',
  query: { text: '', embedding: 'waiting' },
  showsHeat: true,
  engine: { status: 'looking' },
  backends: { webgpu: unseen, wasm: unseen },
  comparison: { status: 'none' },
  messages: [],
};
