// What the configuration of a training run says. Fields that are left out are the paper's, or those of notes on it.
import type { MmgemConfig } from '../config.ts';
import { type Augmentation, defaultAugmentation } from '../data/augment.ts';
import { scenesFormat } from '../data/sources/scenes.ts';
import { type OptimizerSettings, paperOptimizer } from './graph/optimizer.ts';
import { type LossWeights, unweighted } from './graph/stages.ts';
import { checkRunConfig } from './run-config-check.ts';

/** `stage1-regions` is stage 1 with boxes and their texts beside whole images: the paper's regions come in stage 2 alone. */
export type Stage = 'stage1' | 'stage1-regions' | 'stage2-caption' | 'stage2-retrieval';
/** L_Emb + L_Gen, or one of them alone. */
export type Objective = 'joint' | 'embedding' | 'caption';

/** Paths are relative to the folder of the configuration. */
export type ModelSource =
  /** A model directory: of `mmgem init` or `mmgem import`, or a checkpoint of another run. */
  | {
      readonly directory: string;
      /** Bins on a side of the regions that captions are written of, where they are to be others than the model's own. */
      readonly roiGrid?: number;
    }
  | {
      /** A name of namedConfigs, or a configuration. */
      readonly config: string | MmgemConfig;
      /** Of the random weights; unless told, the run's. */
      readonly seed: number;
      /** Public weights that replace the random ones of a part. */
      readonly initFrom?: { readonly vision?: string; readonly language?: string };
      /** A packaged tokenizer by its name, or the folder of a tokenizer.json; unless told, the one for a named configuration. */
      readonly tokenizer?: string;
    };

/** Where data comes from: a format of the target, and that format's fields, such as the folder of the shards. */
export interface SourceConfig {
  readonly format: string;
  readonly [field: string]: unknown;
}

export interface DataConfig {
  readonly source: SourceConfig;
  /** Decides order, crops and choices of texts, and which scenes are drawn. */
  readonly seed: number;
  /** Random resized crops. */
  readonly augmentation: 'none' | Augmentation;
  /** Threads that prepare images ahead of the step; unless told, the target decides. */
  readonly workers?: number;
  /** Records among which the next one is drawn; 0 leaves them in the order of the source. */
  readonly shuffleBuffer: number;
  /** Broken records of an epoch that are skipped before it is an error; below 1, their share. */
  readonly maxBroken: number;
  /** Rounds lengths of texts up to a multiple of this, so that fewer different ones occur. */
  readonly lengthMultiple: number;
  /** How probable it is that an image's long caption is taken, where it has one and others. */
  readonly longCaption: number;
  /** In stage 2: how probable it is that the whole of an image that has captions is taken as its region. */
  readonly wholeImage: number;
  /** Cuts texts of more than the model's `max_text_length` tokens instead of counting them as broken. */
  readonly truncate: boolean;
}

export interface OptimizerConfig extends OptimizerSettings {
  /** Of the vision transformer and the language model, at the schedule's peak. */
  readonly rate: number;
  /** Of h1 … h4, the soft prompts and the logit scale. */
  readonly projectionRate: number;
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
  /** What each loss counts for where there are two: 1 and 1 in the paper. */
  readonly lossWeights: LossWeights;
  readonly data: DataConfig;
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
    /** Data that is not trained on. */
    readonly source: SourceConfig;
    readonly every: Cadence;
    /** Images that are looked at: the first ones of the source. */
    readonly items: number;
  };
  readonly seed: number;
  /** The folder of checkpoints, metrics and report. */
  readonly out: string;
}

/** The paper's. */
const paperRates = { rate: 5e-5, projectionRate: 5e-4 };

type Json = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What stands for the fields that are left out. */
function defaultsFor(json: Json): Json {
  const { stage = 'stage1', seed = 0, data, model, evaluation } = json;
  return {
    stage,
    ...(stage === 'stage1' && { objective: 'joint' }),
    seed,
    model: isObject(model) && 'config' in model ? { seed } : {},
    data: { seed, ...dataDefaults(data, stage === 'stage1') },
    optimizer: { ...paperOptimizer, ...paperRates },
    schedule: { kind: 'cosine', warmupSteps: 100, minimum: 0 },
    temperature: 'learnable',
    lossWeights: unweighted,
    guard: { factor: 3, steps: 10, window: 64 },
    checkpoint: { every: { minutes: 10 }, keep: 3 },
    ...(isObject(evaluation) && { evaluation: { every: { steps: 500 }, items: 200 } }),
  };
}

/** Scenes come in an order of chance, and their captions tell where in the picture things are. */
function dataDefaults(data: unknown, isStage1: boolean): Partial<DataConfig> {
  const isScenes = isObject(data) && isObject(data.source) && data.source.format === scenesFormat;
  return {
    augmentation: isStage1 && !isScenes ? defaultAugmentation : 'none',
    shuffleBuffer: isScenes ? 0 : 1000,
    maxBroken: 0.01,
    lengthMultiple: 1,
    longCaption: 0,
    wholeImage: isStage1 ? 0 : 0.2,
    truncate: false,
  };
}

/** Fields that are taken as they are given: what is left out in them has no default. */
const wholes = ['temperature', 'augmentation', 'every', 'source'];

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
