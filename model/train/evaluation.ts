// How good the model is in the middle of its training: the suites of evaluate/ on what the trainer has by then.
import type { MmgemConfig } from '../config.ts';
import { MmgemError } from '../errors.ts';
import { type EvaluationOptions, evaluate } from '../evaluate/evaluate.ts';
import type { EvaluationItem } from '../evaluate/item.ts';
import type { Example as CaptionExample, SuiteResult } from '../evaluate/suites/suite.ts';
import { type SuiteName, suites } from '../evaluate/suites/suites.ts';
import { assemble } from '../load.ts';
import type { Box } from '../preprocess/geometry.ts';
import type { RgbImage } from '../preprocess/image.ts';
import { resizeAndCrop } from '../preprocess/preprocess.ts';
import { cutOut } from '../preprocess/resize.ts';
import type { PreprocessSettings } from '../preprocess/settings.ts';
import type { GraphEngine } from '../session/programs.ts';
import { type WeightSource, weightsOf } from '../session/weights.ts';
import type { Tokenizer } from '../tokenizer.ts';
import type { StageName } from './graph/stages.ts';
import type { Evaluation, Example, Trainer } from './seam.ts';

/** What tells whether a stage teaches what it is meant to teach. */
const suitesOfStage: Readonly<Record<StageName, readonly SuiteName[]>> = {
  stage1: ['retrieval', 'captions'],
  'stage1-embedding': ['retrieval'],
  'stage1-caption': ['captions'],
  'stage1-regions': ['retrieval', 'captions', 'region-captions', 'regions', 'pointing'],
  'stage2-caption': ['region-captions', 'captions'],
  'stage2-retrieval': ['regions', 'pointing'],
};

export interface EvaluationParts<Image> extends Pick<EvaluationOptions, 'areDistinct'> {
  readonly engine: GraphEngine;
  readonly trainer: Pick<Trainer<unknown>, 'tensors'>;
  readonly config: MmgemConfig;
  readonly settings: PreprocessSettings;
  readonly tokenizer: Tokenizer;
  readonly stage: StageName;
  readonly items: readonly EvaluationItem<Image>[];
  readonly decodeImage: (image: Image) => Promise<RgbImage>;
  /** An image as a data URI. */
  readonly pictureOf: (image: RgbImage) => Promise<string>;
}

/** Evaluates what a trainer has learnt so far. */
export interface TrainingEvaluation {
  /** @throws MmgemError when no item can be used */
  run(): Promise<Evaluation>;
  close(): Promise<void>;
}

/**
 * A second model on the engine, with programs of its own, whose weights are read from the trainer before each evaluation.
 * Programs are compiled by the first one.
 * @throws MmgemError when no item has what the stage is measured by
 */
export function trainingEvaluation<Image>(parts: EvaluationParts<Image>): TrainingEvaluation {
  const { engine, trainer, config, settings, tokenizer, stage, items, areDistinct, decodeImage } = parts;
  const names = suitesOfStage[stage].filter((name) => items.some(suites[name].fits));
  if (names.length === 0) {
    const lacks = suitesOfStage[stage].map((name) => suites[name].needs).join('; no ');
    throw new MmgemError(`${stage} is evaluated on items of which none is of use: they have no ${lacks}. Name others.`);
  }
  const weights = weightsOf(config, trainerWeights(trainer));
  const { model, programs } = assemble(
    { name: 'evaluation', config, settings, tokenizer, weights },
    { decodeImage },
    engine,
    {
      onWarning: () => undefined, // what a crop cuts off of a box is the same at every evaluation
    },
  );
  let runs = 0;
  return {
    async run() {
      if (runs++ > 0) await programs.refresh();
      const report = await evaluate(model, items, names, { areDistinct });
      const results = names.map((name) => report[name]!);
      const said = results.flatMap(({ examples }) => examples);
      return {
        figures: figuresOf(names.map((name) => [name, report[name]!])),
        notes:
          runs === 1 ? results.flatMap(({ skipped }) => skipped.map(({ key, reason }) => `${key}: ${reason}`)) : [],
        examples: await Promise.all(said.map((example) => exampleOf(example, parts))),
      };
    },
    close: () => model.close(),
  };
}

/** Measures by name; what two suites measure has the suite's name before it. */
function figuresOf(results: readonly (readonly [SuiteName, SuiteResult])[]): Record<string, number> {
  const all = results.flatMap(([suite, { measures }]) =>
    Object.entries(measures).map(([name, { value }]) => ({ suite, name, value })),
  );
  const isShared = (wanted: string): boolean => all.filter(({ name }) => name === wanted).length > 1;
  return Object.fromEntries(
    all.map(({ suite, name, value }) => [isShared(name) ? `${suite.replaceAll('-', ' ')}: ${name}` : name, value]),
  );
}

function trainerWeights(trainer: Pick<Trainer<unknown>, 'tensors'>): WeightSource {
  return {
    read: (name) =>
      trainer
        .tensors()
        .find((tensor) => tensor.name === name)!
        .read(),
    close: async () => undefined,
  };
}

async function exampleOf<Image>(
  { key, item, box, text, right, verdict }: CaptionExample,
  { items, settings, decodeImage, pictureOf }: EvaluationParts<Image>,
): Promise<Example> {
  const image = await decodeImage(items.find((one) => one.key === item)!.image);
  const shown = box === undefined ? resizeAndCrop(image, settings) : partOf(image, box);
  return {
    name: key,
    picture: await pictureOf(shown),
    truth: right[0] ?? '',
    caption: verdict === undefined ? text : `${text} (${verdict.right ? 'right' : 'wrong'})`,
  };
}

/** The part of an image within a box, at least a pixel. */
function partOf(image: RgbImage, [x1, y1, x2, y2]: Box): RgbImage {
  const { width, height } = image;
  const [left, top] = [Math.min(width - 1, Math.floor(x1 * width)), Math.min(height - 1, Math.floor(y1 * height))];
  const [right, bottom] = [Math.ceil(x2 * width), Math.ceil(y2 * height)];
  return cutOut(image, { left, top, width: Math.max(1, right - left), height: Math.max(1, bottom - top) });
}
