// Batches as arrays, in the form that MM-GEM's losses take (graph/mmgem.ts: Stage1Batch, RegionBatch).
import type { Box } from '../preprocess/geometry.ts';

/** Sizes of a batch's dimensions, under the names that programs know them by. */
export interface BatchSizes {
  readonly B: number;
  /** The longest embedding text, with BOS and [EMB]. */
  readonly T: number;
  /** The longest caption. */
  readonly captionTokens: number;
}

/** Images and texts: row i of one belongs to row i of the other. */
export interface PairBatch {
  readonly kind: 'pairs';
  readonly sizes: BatchSizes;
  /** What the records are called. */
  readonly keys: readonly string[];
  /** [B, 3, H, W] */
  readonly images: Float32Array;
  /** [B, T]: BOS, text, [EMB], then 0. */
  readonly embeddingIds: Int32Array;
  /** [B], up to and with [EMB]. */
  readonly embeddingLengths: Int32Array;
  /** [B, captionTokens]: text, then 0. The loss puts EOS behind it. */
  readonly captionIds: Int32Array;
  /** [B] */
  readonly captionLengths: Int32Array;
}

/** The texts describe one region of each image. */
export interface RegionBatch extends Omit<PairBatch, 'kind'> {
  readonly kind: 'regions';
  /** [R, 5], where R is B: the image's number, x1, y1, x2, y2 in fractions of it. */
  readonly boxes: Float32Array;
}

export type Batch = PairBatch | RegionBatch;

/** One row of a batch. */
export interface Sample {
  readonly key: string;
  /** [3, H, W] */
  readonly pixels: Float32Array;
  /** BOS, text, [EMB]. */
  readonly ids: readonly number[];
  readonly box: Box;
}

/** How long the rows of texts are. */
export interface TextShape {
  /** Rows are as long as the longest text, rounded up to a multiple of this, so that fewer different lengths occur. */
  readonly multiple: number;
  /** Most tokens of a text; rounding up stops here. */
  readonly maxTextLength: number;
}

/** Puts samples together. */
export function assembleBatch(kind: Batch['kind'], samples: readonly Sample[], shape: TextShape): Batch {
  const embedding = padded(
    samples.map(({ ids }) => ids),
    shape.multiple,
    shape.maxTextLength + 2,
  );
  const caption = padded(
    samples.map(({ ids }) => ids.slice(1, -1)),
    shape.multiple,
    shape.maxTextLength,
  );
  const batch = {
    sizes: { B: samples.length, T: embedding.longest, captionTokens: caption.longest },
    keys: samples.map(({ key }) => key),
    images: stacked(samples.map(({ pixels }) => pixels)),
    embeddingIds: embedding.ids,
    embeddingLengths: embedding.lengths,
    captionIds: caption.ids,
    captionLengths: caption.lengths,
  };
  if (kind === 'pairs') return { kind, ...batch };
  return { kind, ...batch, boxes: Float32Array.from(samples.flatMap(({ box }, image) => [image, ...box])) };
}

function padded(rows: readonly (readonly number[])[], multiple: number, most: number) {
  const needed = rows.reduce((longest, row) => Math.max(longest, row.length), 0);
  const longest = Math.max(needed, Math.min(most, Math.ceil(needed / multiple) * multiple));
  const ids = new Int32Array(rows.length * longest);
  for (const [i, row] of rows.entries()) ids.set(row, i * longest);
  return { ids, lengths: Int32Array.from(rows, (row) => row.length), longest };
}

function stacked(images: readonly Float32Array[]): Float32Array {
  const each = images[0]?.length ?? 0;
  const all = new Float32Array(images.length * each);
  for (const [i, image] of images.entries()) all.set(image, i * each);
  return all;
}
