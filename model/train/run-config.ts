// What the configuration of a training run says. Fields that are left out are the paper's, or those of notes on it.
import type { MmgemConfig } from '../config.ts';
import { checkRunConfig } from './run-config-check.ts';

export type Stage = 'stage1' | 'stage2-caption' | 'stage2-retrieval';
/** L_Emb + L_Gen, or one of them alone. */
export type Objective = 'joint' | 'embedding' | 'caption';

/** Paths are relative to the folder of the configuration. */
export type ModelSource =
  /** A model directory: of `mmgem init` or `mmgem import`, or a checkpoint of another run. */
  | { readonly directory: string }
  | {
      /** A name of namedConfigs, or a configuration. */
      readonly config: string | MmgemConfig;
      /** Of the random weights; unless told, the run's. */
      readonly seed: number;
      /** Public weights that replace the random ones of a part. */
      readonly initFrom?: { readonly vision?: string; readonly language?: string };
      /** Folder of the tokenizer.json; unless told, the one packaged for a named configuration. */
      readonly tokenizer?: string;
    };

/** Random resized crop: the part of the image's area, and width / height, each between two bounds. */
export interface Augmentation {
  readonly scale: readonly [number, number];
  readonly ratio: readonly [number, number];
}

interface AnyData {
  readonly seed: number;
  readonly augmentation: 'none' | Augmentation;
  /** Threads that make batches ahead of the step; unless told, the target decides. */
  readonly workers?: number;
}

/** Scenes drawn by the generator, without an end. */
export interface ScenesData extends AnyData {
  readonly kind: 'scenes';
}

export interface FileData extends AnyData {
  readonly kind: 'webdataset' | 'jsonl' | 'coco' | 'visual-genome';
  /** Tar shards, folders with JSONL, or annotation files, by kind. */
  readonly paths: readonly string[];
  /** Folder of the images that annotation files name; unless told, theirs. */
  readonly images?: string;
  /** Records among which the next one is drawn. */
  readonly shuffleBuffer: number;
  /** Broken records that are skipped before it is an error. */
  readonly maxBroken: number;
}

export interface OptimizerConfig {
  readonly name: 'lamb' | 'adamw';
  /** Of the vision transformer and the language model, at the schedule's peak. */
  readonly rate: number;
  /** Of h1 … h4, the soft prompts and the logit scale. */
  readonly projectionRate: number;
  readonly weightDecay: number;
  readonly betas: readonly [number, number];
  readonly epsilon: number;
  /** The joint norm that gradients are clipped to. */
  readonly clipNorm: number;
}

export interface ScheduleConfig {
  readonly kind: 'cosine' | 'constant';
  /** Steps in which the rates rise from 0 to their peak. */
  readonly warmupSteps: number;
  /** What is left of the rates at the end, as a fraction of the peak. */
  readonly minimum: number;
}

/** τ from one value to another over the run, evenly in ln τ. */
export interface TemperatureSchedule {
  readonly from: number;
  readonly to: number;
}

/** The loss explodes when it is above where it began, and above `factor` × its running median, `steps` times in a row. */
export interface GuardConfig {
  readonly factor: number;
  readonly steps: number;
  /** Steps that the median is taken over. */
  readonly window: number;
}

/** Whichever is due first. */
export interface Cadence {
  readonly steps?: number;
  readonly minutes?: number;
}

export interface RunConfig {
  readonly model: ModelSource;
  readonly stage: Stage;
  /** Of stage 1; there is none in stage 2. */
  readonly objective?: Objective;
  readonly data: ScenesData | FileData;
  readonly batchSize: number;
  /** Pairs that are in memory at one time, by gradient caching; unless told, the whole batch. */
  readonly chunk?: number;
  /** The run's length: steps, or minutes of fetching batches and taking steps. */
  readonly steps?: number;
  readonly minutes?: number;
  readonly optimizer: OptimizerConfig;
  readonly schedule: ScheduleConfig;
  readonly temperature: 'learnable' | TemperatureSchedule;
  readonly guard: GuardConfig;
  readonly checkpoint: { readonly every: Cadence; readonly keep: number };
  readonly evaluation?: {
    readonly every: Cadence;
    /** Images that are looked at. */
    readonly items: number;
    /** Where they are, in the form of `data`; the scenes generator draws some that no run sees. */
    readonly paths?: readonly string[];
  };
  readonly seed: number;
  /** The folder of checkpoints, metrics and report. */
  readonly out: string;
}

/** OpenCLIP's. */
const cropped: Augmentation = { scale: [0.9, 1], ratio: [3 / 4, 4 / 3] };

const optimizer: OptimizerConfig = {
  name: 'lamb',
  rate: 5e-5,
  projectionRate: 5e-4,
  weightDecay: 0.05,
  betas: [0.9, 0.98],
  epsilon: 1e-6,
  clipNorm: 1,
};

type Json = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What stands for the fields that are left out. */
function defaultsFor(json: Json): Json {
  const { stage = 'stage1', seed = 0, data, model, evaluation } = json;
  const kind = isObject(data) ? data.kind : undefined;
  const ofFiles = { shuffleBuffer: 1000, maxBroken: 100 };
  return {
    stage,
    ...(stage === 'stage1' && { objective: 'joint' }),
    seed,
    model: isObject(model) && 'config' in model ? { seed } : {},
    data: {
      seed,
      augmentation: stage === 'stage1' && kind !== 'scenes' ? cropped : 'none',
      ...(kind !== 'scenes' && ofFiles),
    },
    optimizer,
    schedule: { kind: 'cosine', warmupSteps: 100, minimum: 0 },
    temperature: 'learnable',
    guard: { factor: 3, steps: 10, window: 64 },
    checkpoint: { every: { minutes: 10 }, keep: 3 },
    ...(isObject(evaluation) && { evaluation: { every: { steps: 500 }, items: 200 } }),
  };
}

/** Fields that are taken as they are given: what is left out in them has no default. */
const wholes = ['temperature', 'augmentation', 'every'];

function filled(given: unknown, defaults: unknown): unknown {
  if (given === undefined) return defaults;
  if (!isObject(given) || !isObject(defaults)) return given;
  const names = [...new Set([...Object.keys(given), ...Object.keys(defaults)])];
  return Object.fromEntries(
    names.map((name) => {
      const isWhole = wholes.includes(name) && given[name] !== undefined;
      return [name, isWhole ? given[name] : filled(given[name], defaults[name])];
    }),
  );
}

/**
 * Checks a parsed configuration and fills in what is left out.
 * @throws MmgemError naming file, field, what is wrong and what would be right
 */
export function parseRunConfig(json: unknown, fileName: string): RunConfig {
  const complete = isObject(json) ? filled(json, defaultsFor(json)) : json;
  checkRunConfig(complete, fileName);
  return complete as RunConfig;
}
