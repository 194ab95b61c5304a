// What a stream of batches can be told, and what of it is refused.
import type { MmgemConfig } from '../config.ts';
import { MmgemError } from '../errors.ts';
import type { PreprocessSettings } from '../preprocess/settings.ts';
import { type Augmentation, checkAugmentation } from './augment.ts';
import type { Batch } from './batch.ts';
import { firstPlace, type Place } from './dataset.ts';
import type { StartPreparer } from './prepare.ts';
import type { DataSource } from './record.ts';
import type { TextOptions } from './texts.ts';

export interface BatchOptions<Kind extends Batch['kind'] = Batch['kind']> extends TextOptions {
  readonly source: DataSource;
  /** Whole images with captions, for stage 1, or one region of each image with its text, for stage 2. */
  readonly kind: Kind;
  readonly batchSize: number;
  readonly config: MmgemConfig;
  /** How pixels become the model's input; the size is that of its crop. */
  readonly settings: PreprocessSettings;
  /** Decides order, crops and choices of texts. */
  readonly seed: number;
  /** Random crops. Without it images are prepared as for evaluation. */
  readonly augmentation?: Augmentation;
  /** Records of the shuffle buffer, 1,000 unless told; 0 leaves records in the order of the source. */
  readonly shuffle?: number;
  /** Broken records of an epoch that are skipped before it is an error; below 1, their share. 0.01 unless told. */
  readonly maxBroken?: number;
  /** Rounds lengths of texts up to a multiple of this. 1 unless told. */
  readonly lengthMultiple?: number;
  /** Batches whose images are prepared before they are asked for, and held in memory. 2 unless told. */
  readonly ahead?: number;
  /** Where to go on; the beginning unless told. */
  readonly place?: Place;
  /** How images are prepared: in threads, or inline. */
  readonly prepare: StartPreparer;
}

type Defaulted = 'shuffle' | 'maxBroken' | 'lengthMultiple' | 'ahead' | 'place';
export type CompleteOptions = BatchOptions & Required<Pick<BatchOptions, Defaulted>>;

/**
 * The options with what holds where nothing is told.
 * @throws MmgemError naming an option that is unusable
 */
export function completeOptions(options: BatchOptions): CompleteOptions {
  const complete = {
    ...options,
    shuffle: options.shuffle ?? 1000,
    maxBroken: options.maxBroken ?? 0.01,
    lengthMultiple: options.lengthMultiple ?? 1,
    ahead: options.ahead ?? 2,
    place: options.place ?? firstPlace,
  };
  checkInteger('batchSize', complete.batchSize, 1);
  checkInteger('seed', complete.seed, 0);
  checkInteger('shuffle', complete.shuffle, 0);
  checkInteger('lengthMultiple', complete.lengthMultiple, 1);
  checkInteger('ahead', complete.ahead, 0);
  for (const field of ['epoch', 'taken', 'broken'] as const) checkInteger(`place.${field}`, complete.place[field], 0);
  for (const field of ['longCaption', 'wholeImage'] as const) checkProbability(field, options[field] ?? 0);
  if (options.augmentation !== undefined) checkAugmentation(options.augmentation);
  checkSize(options);
  return complete;
}

function checkSize({ config, settings: { crop } }: BatchOptions): void {
  const { image_size: size } = config.vision;
  if (crop.height === size && crop.width === size) return;
  throw new MmgemError(
    `images are prepared at ${crop.height}×${crop.width} pixels, but the model takes ${size}×${size}. ` +
      "Give the preprocessor's settings that belong to the model.",
  );
}

function checkInteger(name: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new MmgemError(`${name} is ${JSON.stringify(value)}; it must be an integer of at least ${least}.`);
}

function checkProbability(name: string, value: number): void {
  if (value >= 0 && value <= 1) return;
  throw new MmgemError(`${name} is ${JSON.stringify(value)}; it is a probability and must be from 0 to 1.`);
}
