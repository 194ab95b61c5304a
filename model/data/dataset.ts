// A source read endlessly, epoch after epoch, shuffled, from any place on.
import { MmgemError } from '../errors.ts';
import { random } from '../random.ts';
import type { DataItem, DataSource } from './record.ts';
import { shuffled } from './shuffle.ts';

/** How far a run has come in its data. Plain JSON, for checkpoints. */
export interface Place {
  readonly epoch: number;
  /** Records of this epoch that are behind, broken ones included. */
  readonly taken: number;
  /** How many of them were broken. */
  readonly broken: number;
}

export const firstPlace: Place = { epoch: 0, taken: 0, broken: 0 };

export interface Order {
  readonly seed: number;
  /** Records of the shuffle buffer; 0 leaves records in the order of the source. */
  readonly shuffle: number;
}

/** A record with its number in the order of its epoch, whether it is broken or not. */
export interface NumberedItem {
  readonly epoch: number;
  readonly index: number;
  readonly item: DataItem;
}

/**
 * The records from a place on: the same that would have come there without an interruption. What lies before the place in
 * its epoch is read again, without decoding an image.
 * @throws MmgemError when the source has no records, or fewer than the place says
 */
export async function* readEndlessly(
  source: DataSource,
  order: Order,
  from: Place,
): AsyncGenerator<NumberedItem, void> {
  for (let epoch = from.epoch; ; epoch++) {
    const behind = epoch === from.epoch ? from.taken : 0;
    let index = 0;
    for await (const item of readEpoch(source, order, epoch)) {
      if (index >= behind) yield { epoch, index, item };
      index++;
    }
    if (index === 0) throw new MmgemError(`${source.name}: has no records. Name data that has some.`);
    if (index < behind) {
      throw new MmgemError(
        `${source.name}: has ${index} records, but the run was interrupted after ${behind} of them. The data has changed; ` +
          'restore it, or begin the run anew.',
      );
    }
  }
}

function readEpoch(source: DataSource, { seed, shuffle }: Order, epoch: number): AsyncIterable<DataItem> {
  if (shuffle === 0) return source.records({ epoch });
  return shuffled(source.records({ epoch, seed }), shuffle, random(seed, `shuffle ${epoch}`));
}
