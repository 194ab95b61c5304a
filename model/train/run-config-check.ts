// The checks behind parseRunConfig: tables of fields, then what must hold between them.
import { parseConfig } from '../config.ts';
import { namedConfig } from '../configs.ts';
import { MmgemError } from '../errors.ts';
import {
  below,
  between,
  checkFields,
  checkRelations,
  count,
  countOrNone,
  type Fields,
  flag,
  integer,
  listOf,
  oneOf,
  optional,
  positive,
  type Relation,
  type Rule,
  text,
} from '../field-rules.ts';
import type { RunConfig } from './run-config.ts';

type Json = Readonly<Record<string, unknown>>;

const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null;

const cadence: Fields = { steps: optional(count), minutes: optional(positive) };
const augmentation: Fields = {
  scale: optional(listOf(between(0.01, 1), 2)),
  ratio: optional(listOf(between(0.1, 10), 2)),
  flip: optional(flag),
};
/** Its fields are known to the target that opens it. */
const source: Rule = {
  needs: 'an object with the "format" of the data and the fields of that format',
  holds: (value) => isJson(value) && text.holds(value.format),
};

/** A word, or an object with fields: which one is meant is told by what is given. */
function wordOr(word: string, fields: Fields, given: unknown): Rule | Fields {
  if (isJson(given)) return fields;
  return { ...oneOf(word), needs: `"${word}" or an object with ${Object.keys(fields).join(', ')}` };
}

/** An object that may be left out as a whole. */
function ifGiven(fields: Fields, given: unknown): Rule | Fields {
  return given === undefined ? { needs: 'left out', holds: () => true } : fields;
}

function modelFields(given: unknown): Fields {
  if (isJson(given) && 'directory' in given) return { directory: text, roiGrid: optional(count) };
  const initFrom = isJson(given) ? given.initFrom : undefined;
  return {
    config: { needs: 'the name of a configuration, or one itself', holds: (v) => isJson(v) || text.holds(v) },
    seed: integer,
    initFrom: ifGiven({ vision: optional(text), language: optional(text) }, initFrom),
    tokenizer: optional(text),
  };
}

function dataFields(given: unknown): Fields {
  return {
    source,
    seed: integer,
    augmentation: wordOr('none', augmentation, isJson(given) ? given.augmentation : undefined),
    workers: optional(count),
    shuffleBuffer: countOrNone,
    maxBroken: {
      needs: 'an integer of at least 0, or a share below 1',
      holds: (v) => countOrNone.holds(v) || below(1).holds(v),
    },
    lengthMultiple: count,
    longCaption: between(0, 1),
    wholeImage: between(0, 1),
    truncate: flag,
  };
}

function runFields(given: Json): Fields {
  const { model, data, temperature, evaluation } = given;
  return {
    model: modelFields(model),
    stage: oneOf('stage1', 'stage1-regions', 'stage2-caption', 'stage2-retrieval'),
    objective: optional(oneOf('joint', 'embedding', 'caption')),
    lossWeights: { emb: positive, gen: positive },
    data: dataFields(data),
    batchSize: count,
    chunk: optional(count),
    steps: optional(count),
    minutes: optional(positive),
    optimizer: {
      name: oneOf('lamb', 'adamw'),
      rate: positive,
      projectionRate: positive,
      weightDecay: between(0, 1),
      betas: listOf(below(1), 2),
      epsilon: positive,
      clipNorm: positive,
    },
    schedule: { kind: oneOf('cosine', 'constant'), warmupSteps: countOrNone, minimum: between(0, 1) },
    temperature: wordOr('learnable', { from: between(0.01, 1), to: between(0.01, 1) }, temperature),
    guard: {
      factor: { needs: 'a number above 1', holds: (v) => positive.holds(v) && (v as number) > 1 },
      steps: count,
      window: count,
    },
    checkpoint: { every: cadence, keep: count },
    evaluation: ifGiven({ source, every: cadence, items: count }, evaluation),
    seed: integer,
    out: text,
  };
}

/** @throws MmgemError naming file, field and remedy unless `json`, with its defaults filled in, is a RunConfig */
export function checkRunConfig(json: unknown, fileName: string): void {
  checkFields(json, runFields(isJson(json) ? json : {}), '', fileName);
  const config = json as RunConfig;
  checkRelations(config, relations, fileName);
  checkModel(config, fileName);
}

/** A configuration of the model has checks of its own. */
function checkModel({ model }: RunConfig, fileName: string): void {
  if (!('config' in model)) return;
  if (typeof model.config !== 'string') parseConfig(model.config, `${fileName}: model.config`);
  else {
    try {
      namedConfig(model.config);
    } catch (error) {
      throw error instanceof MmgemError ? new MmgemError(`${fileName}: model.config: ${error.message}`) : error;
    }
  }
}

const isOrdered = ([least, most]: readonly [number, number]): boolean => least <= most;
const crop = ({ data }: RunConfig) => (data.augmentation === 'none' ? undefined : data.augmentation);

const relations: readonly Relation<RunConfig>[] = [
  {
    field: 'steps',
    fails: ({ steps, minutes }) => (steps === undefined) === (minutes === undefined),
    says: ({ steps }) =>
      steps === undefined
        ? 'and minutes are missing. Give one of them: it is how long the run lasts'
        : 'and minutes both say how long the run lasts. Remove one of them',
  },
  {
    field: 'objective',
    fails: ({ stage, objective }) => stage !== 'stage1' && objective !== undefined,
    says: ({ stage, objective }) => `is "${objective}", but ${stage} has one objective alone. Remove it`,
  },
  {
    field: 'chunk',
    fails: ({ chunk, batchSize }) => chunk !== undefined && chunk > batchSize,
    says: ({ chunk, batchSize }) => `is ${chunk}, beyond batchSize ${batchSize}. Lower it, or remove it`,
  },
  {
    field: 'schedule.warmupSteps',
    fails: ({ schedule, steps }) => steps !== undefined && schedule.warmupSteps >= steps,
    says: ({ schedule, steps }) => `is ${schedule.warmupSteps}, not below steps ${steps}. Lower it`,
  },
  ...(['scale', 'ratio'] as const).map(
    (bounds): Relation<RunConfig> => ({
      field: `data.augmentation.${bounds}`,
      fails: (config) => !isOrdered(crop(config)?.[bounds] ?? [0, 1]),
      says: (config) => `is [${crop(config)?.[bounds]}]; the lower bound comes first. Swap them`,
    }),
  ),
  ...(['checkpoint', 'evaluation'] as const).map(
    (part): Relation<RunConfig> => ({
      field: `${part}.every`,
      fails: (config) => config[part] !== undefined && Object.keys(config[part].every).length === 0,
      says: () => 'is empty. Give steps, minutes, or both',
    }),
  ),
];
