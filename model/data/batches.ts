// The batches of a training run: read, shuffled, prepared ahead of the step, put together.
import { MmgemError } from '../errors.ts';
import { Ahead } from './ahead.ts';
import { assembleBatch, type Batch, type PairBatch, type RegionBatch, type Sample } from './batch.ts';
import { type BatchOptions, type CompleteOptions, completeOptions } from './batch-options.ts';
import { BrokenCount } from './broken.ts';
import { type NumberedItem, type Place, readEndlessly } from './dataset.ts';
import type { ImagePreparer, PreparedImage } from './prepare.ts';
import { type BrokenRecord, type DataRecord, isBroken } from './record.ts';
import { chooseCaption, chooseRegion, textRandom, usableRegions } from './texts.ts';

export type { BatchOptions } from './batch-options.ts';

export interface NextBatch<Kind extends Batch['kind'] = Batch['kind']> {
  readonly batch: Kind extends 'pairs' ? PairBatch : RegionBatch;
  /** Behind the batch: a run that goes on from here gets the next one. */
  readonly place: Place;
  /** What was skipped on the way to this batch. */
  readonly broken: readonly BrokenRecord[];
}

export interface BatchStream<Kind extends Batch['kind'] = Batch['kind']> {
  /**
   * The next batch; the data is endless, and a batch may hold the end of one epoch and the beginning of the next.
   * @throws MmgemError when too many records are broken, the source cannot be read or preparing images fails; the same on
   * every later call
   */
  next(): Promise<NextBatch<Kind>>;
  /** Ends threads and closes files. */
  close(): Promise<void>;
}

/**
 * Opens the stream of batches of a run. Their contents depend on source, options and seed alone, not on time or threads; a
 * stream opened at a place goes on exactly as one that has come there.
 * @throws MmgemError naming an option that is unusable
 */
export function openBatches<Kind extends Batch['kind']>(options: BatchOptions<Kind>): BatchStream<Kind> {
  return new Batches(completeOptions(options)) as unknown as BatchStream<Kind>;
}

/** What became of a record. */
interface Outcome {
  readonly epoch: number;
  readonly index: number;
  readonly sample?: Sample;
  readonly broken: readonly BrokenRecord[];
}

class Batches implements BatchStream {
  readonly #options: CompleteOptions;
  readonly #preparer: ImagePreparer;
  readonly #outcomes: Ahead<NumberedItem, Outcome>;
  readonly #count: BrokenCount;
  /** Records of this epoch that were good, once an epoch is counted from its start. */
  #good: number | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(options: CompleteOptions) {
    this.#options = options;
    const { source, settings, augmentation, seed, shuffle, ahead, batchSize, maxBroken, place, prepare } = options;
    this.#count = new BrokenCount(maxBroken, place);
    this.#good = place.taken === 0 ? 0 : undefined;
    this.#preparer = prepare({ settings, seed, ...(augmentation !== undefined && { augmentation }) });
    const items = readEndlessly(source, { seed, shuffle }, place);
    this.#outcomes = new Ahead(items, ahead * batchSize, (numbered) => this.#prepare(numbered));
  }

  /** One after the other, however many are asked for; after a failure none. */
  next(): Promise<NextBatch> {
    const turn = this.#last.then(() => this.#next());
    this.#last = turn;
    turn.catch(() => undefined);
    return turn;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#preparer.close();
    await this.#outcomes.close();
  }

  async #next(): Promise<NextBatch> {
    const { batchSize, kind, lengthMultiple, config } = this.#options;
    const samples: Sample[] = [];
    const broken: BrokenRecord[] = [];
    while (samples.length < batchSize) {
      const outcome = this.#isClosed ? undefined : await this.#outcomes.next();
      if (outcome === undefined) throw closed();
      this.#pass(outcome);
      broken.push(...outcome.broken);
      if (outcome.sample !== undefined) samples.push(outcome.sample);
    }
    const shape = { multiple: lengthMultiple, maxTextLength: config.max_text_length };
    return { batch: assembleBatch(kind, samples, shape), place: this.#count.place, broken } as NextBatch;
  }

  #pass({ epoch, index, sample, broken }: Outcome): void {
    const isNewEpoch = epoch !== this.#count.place.epoch;
    this.#count.pass(epoch, index, broken);
    if (isNewEpoch && this.#good === 0) {
      throw new MmgemError(
        `${this.#options.source.name}: none of its records can be used, so that no batch is ever full. ` +
          `Of the last one: ${broken.at(-1)?.reason ?? 'nothing'}`,
      );
    }
    if (isNewEpoch) this.#good = 0;
    if (this.#good !== undefined && sample !== undefined) this.#good++;
  }

  async #prepare({ epoch, index, item }: NumberedItem): Promise<Outcome> {
    if (isBroken(item)) return { epoch, index, broken: [item] };
    const source = textRandom(this.#options.seed, epoch, index);
    const caption = this.#options.kind === 'pairs' ? chooseCaption(item, this.#options, source) : undefined;
    if (caption !== undefined && caption.chosen === undefined) return { epoch, index, broken: caption.broken };
    const image = await this.#prepareImage(item, `image ${epoch}/${index}`);
    if (isBroken(image)) return { epoch, index, broken: [...(caption?.broken ?? []), image] };
    const { chosen, broken } = caption ?? chooseRegion(item, image.boxes, this.#options, source);
    if (chosen === undefined) return { epoch, index, broken };
    return { epoch, index, sample: { key: item.key, pixels: image.pixels, ...chosen }, broken };
  }

  async #prepareImage(record: DataRecord, stream: string): Promise<PreparedImage | BrokenRecord> {
    const { key, image, origin: name, boxUnit = 'fractions' } = record;
    const boxes = this.#options.kind === 'regions' ? usableRegions(record).map(({ box }) => box) : [];
    try {
      return await this.#preparer.prepare({ name, image, stream, boxes, boxUnit });
    } catch (error) {
      if (this.#isClosed) throw closed();
      if (error instanceof MmgemError) return { key, reason: error.message };
      const detail = error instanceof Error ? error.message : String(error);
      throw new MmgemError(`${name}: preparing its image failed (${detail}). Please report this.`, { cause: error });
    }
  }
}

function closed(): MmgemError {
  return new MmgemError('the stream of batches is closed; open another.');
}
