// Embeddings of images, texts and regions, and the heat map: batches cut to size and run.
import type { MmgemConfig } from '../config.ts';
import { preprocess, type RgbImage } from '../preprocess/preprocess.ts';
import type { PreprocessSettings } from '../preprocess/settings.ts';
import type { Limits } from './limits.ts';
import type { Programs } from './programs.ts';
import { inputsOf, type RegionInputs, sliceRegions, wholeImages } from './regions.ts';

/** Runs of at most `size` elements. */
export function* chunks<T>(list: readonly T[], size: number): Generator<readonly T[], void> {
  for (let at = 0; at < list.length; at += size) yield list.slice(at, at + size);
}

export class Embedder {
  readonly #programs: Programs;
  readonly #config: MmgemConfig;
  readonly #settings: PreprocessSettings;
  readonly #maxBatch: number;

  constructor(programs: Programs, config: MmgemConfig, settings: PreprocessSettings, { maxBatch }: Limits) {
    this.#programs = programs;
    this.#config = config;
    this.#settings = settings;
    this.#maxBatch = maxBatch;
  }

  /**
   * Runs the vision transformer on one batch; its feature map becomes the one that regions, captions and heat maps are of.
   * @returns an embedding of each image
   */
  async see(images: readonly RgbImage[]): Promise<Float32Array[]> {
    const { height, width } = this.#settings.crop;
    const each = 3 * height * width;
    const batch = new Float32Array(images.length * each);
    for (const [i, image] of images.entries())
      preprocess(image, this.#settings, batch.subarray(i * each, (i + 1) * each));
    const { embedding } = await this.#programs.run({ name: 'imageFeatures' }, { images: batch }, { B: images.length });
    return this.#rows(embedding as Float32Array);
  }

  /** @param texts ids of BOS, text, [EMB] */
  async texts(texts: readonly (readonly number[])[]): Promise<Float32Array[]> {
    const embeddings: Float32Array[] = [];
    for (const part of chunks(texts, this.#maxBatch)) {
      const longest = part.reduce((most, ids) => Math.max(most, ids.length), 0);
      const ids = new Int32Array(part.length * longest);
      for (const [i, text] of part.entries()) ids.set(text, i * longest);
      const lengths = Int32Array.from(part, (text) => text.length);
      const sizes = { B: part.length, T: longest };
      const { embedding } = await this.#programs.run({ name: 'textEmbedding' }, { ids, lengths }, sizes);
      embeddings.push(...this.#rows(embedding as Float32Array));
    }
    return embeddings;
  }

  /** Regions of the image that was seen last. */
  async regions(regions: RegionInputs): Promise<Float32Array[]> {
    const name = regions.kind === 'boxes' ? 'regionEmbedding' : 'maskEmbedding';
    const embeddings: Float32Array[] = [];
    for (let at = 0; at < regions.count; at += this.#maxBatch) {
      const part = sliceRegions(regions, at, at + this.#maxBatch);
      const { embedding } = await this.#programs.run({ name }, inputsOf(part), { B: 1, R: part.count });
      embeddings.push(...this.#rows(embedding as Float32Array));
    }
    return embeddings;
  }

  /** How much each patch of the image that was seen last is like each text: [patches], row by row, of each. */
  async heat(texts: readonly Float32Array[]): Promise<Float32Array[]> {
    const maps: Float32Array[] = [];
    const wholeImage = inputsOf(wholeImages(1));
    for (const part of chunks(texts, this.#maxBatch)) {
      const queries = new Float32Array(part.length * this.#config.embedding_size);
      for (const [i, text] of part.entries()) queries.set(text, i * text.length);
      const inputs = { ...wholeImage, texts: queries };
      const { heat } = await this.#programs.run({ name: 'heatMap' }, inputs, { B: 1, Q: part.length });
      maps.push(...columns(heat as Float32Array, part.length));
    }
    return maps;
  }

  #rows(all: Float32Array): Float32Array[] {
    const width = this.#config.embedding_size;
    return Array.from({ length: all.length / width }, (_, i) => all.slice(i * width, (i + 1) * width));
  }
}

/** The columns of a matrix [rows, count]. */
function columns(matrix: Float32Array, count: number): Float32Array[] {
  const rows = matrix.length / count;
  return Array.from({ length: count }, (_, column) =>
    Float32Array.from({ length: rows }, (_, row) => matrix[row * count + column]!),
  );
}
