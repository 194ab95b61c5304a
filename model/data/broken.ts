// How many broken records are borne before it is an error.
import { MmgemError } from '../errors.ts';
import type { Place } from './dataset.ts';
import type { BrokenRecord } from './record.ts';

/** A share is taken of at least so many records, so that one broken record at the start is not too many. */
const leastRecords = 1000;
/** Reasons that the error repeats. */
const maxListed = 5;

/** Counts the broken records of each epoch. */
export class BrokenCount {
  readonly #limit: number;
  #place: Place;
  #listed: BrokenRecord[] = [];

  /**
   * @param limit broken records of an epoch that are allowed; below 1 it is a share of the records read in it so far
   * (of 1,000 at least)
   * @param place where counting goes on
   */
  constructor(limit: number, place: Place) {
    if (!(limit >= 0) || (limit >= 1 && !Number.isSafeInteger(limit))) {
      throw new MmgemError(
        `maxBroken is ${limit}; it must be a whole number of records, or a share from 0 to below 1.`,
      );
    }
    this.#limit = limit;
    this.#place = place;
  }

  /** The place behind the last record that was counted. */
  get place(): Place {
    return this.#place;
  }

  /**
   * Goes on to the place behind a record.
   * @param broken what was wrong with it; regions count one by one
   * @throws MmgemError listing some of the epoch's broken records when they are too many
   */
  pass(epoch: number, index: number, broken: readonly BrokenRecord[]): void {
    const before = epoch === this.#place.epoch ? this.#place.broken : 0;
    if (epoch !== this.#place.epoch) this.#listed = [];
    this.#place = { epoch, taken: index + 1, broken: before + broken.length };
    this.#listed.push(...broken.slice(0, Math.max(0, maxListed - this.#listed.length)));
    if (broken.length > 0 && this.#place.broken > this.#allowed()) throw this.#tooMany();
  }

  #allowed(): number {
    return this.#limit >= 1 ? this.#limit : this.#limit * Math.max(this.#place.taken, leastRecords);
  }

  #tooMany(): MmgemError {
    const { taken, broken } = this.#place;
    const share = this.#limit > 0 && this.#limit < 1 ? ` (a share of ${this.#limit})` : '';
    const listed = this.#listed.map(({ key, reason }) => `\n  ${key}: ${reason}`).join('');
    return new MmgemError(
      `${broken} of ${taken} records are broken, more than the ${Math.floor(this.#allowed())} that maxBroken allows${share}. ` +
        `Repair them or raise maxBroken. Some of them:${listed}`,
    );
  }
}
