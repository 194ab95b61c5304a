// What training data is made of: images with their texts and regions, and the sources that stream them.
import type { Box, BoxUnit } from '../preprocess/geometry.ts';
import type { RgbImage } from '../preprocess/image.ts';

/** A part of an image and what a text says of it. */
export interface DataRegion {
  /** In the record's `boxUnit`. */
  readonly box: Box;
  readonly text: string;
}

/** What cannot be used, and why. */
export interface BrokenRecord {
  readonly key: string;
  /** One sentence or two that name the file and the place in it. */
  readonly reason: string;
}

/**
 * An image that is still to be made by the resolver of its kind: read from a file, drawn from a seed. Plain data, so that
 * it travels to another thread.
 */
export interface LazyImage {
  readonly kind: string;
  readonly [field: string]: unknown;
}

/** The bytes of an image file, pixels, or what pixels are made of. */
export type DataImage = Uint8Array | RgbImage | LazyImage;

export interface DataRecord {
  /** Names the record among those of its source. */
  readonly key: string;
  /** Where it comes from, for errors: `train-00003.tar/KEY`, `captions.jsonl:17`. */
  readonly origin: string;
  readonly image: DataImage;
  readonly captions: readonly string[];
  readonly longCaption?: string;
  /** The class of the image, for classification. */
  readonly label?: string;
  /** Unusable ones stand among the others, so that they are counted where regions are asked for, and nowhere else. */
  readonly regions?: readonly (DataRegion | BrokenRecord)[];
  /** What boxes count in; fractions of the image unless told. */
  readonly boxUnit?: BoxUnit;
}

export type DataItem = DataRecord | BrokenRecord;

/** One reading of a source. */
export interface Pass {
  readonly epoch: number;
  /** Shuffles, differently in each epoch, what can be shuffled before it is read: the order of shards or of entries. */
  readonly seed?: number;
}

/** Anything that yields records. The same pass gives the same records in the same order. */
export interface DataSource {
  /** What errors call it. */
  readonly name: string;
  /**
   * @throws MmgemError when the source as a whole cannot be read: a file is missing or damaged. What is wrong with single
   * records comes as `BrokenRecord`s among them.
   */
  records(pass: Pass): AsyncIterable<DataItem>;
}

export function isBroken<T extends object>(item: T | BrokenRecord): item is BrokenRecord {
  return 'reason' in item;
}
