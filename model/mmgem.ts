/** A loaded model, as users see it. */
import { gridSize, type MmgemConfig } from './config.ts';
import { MmgemError } from './errors.ts';
import { type GenerationOptions, type GenerationSettings, generationSettings } from './generate/options.ts';
import type { Beginning } from './generate/steps.ts';
import { type Generation, TextStream } from './generate/stream.ts';
import type { HeatMap } from './heat-map.ts';
import { type Box, visibleRegion } from './preprocess/geometry.ts';
import type { RgbImage } from './preprocess/image.ts';
import type { PreprocessSettings } from './preprocess/settings.ts';
import { Captioner, type GeneratedToken } from './session/captioner.ts';
import { chunks, Embedder } from './session/embedder.ts';
import type { Limits } from './session/limits.ts';
import type { ProgramMemory, Programs } from './session/programs.ts';
import { type Region, type RegionContext, type RegionInputs, regionInputs, sliceRegions } from './session/regions.ts';
import type { Tokenizer } from './tokenizer.ts';

export interface TextOptions {
  /** Cut texts off at the maximum length instead of refusing them. */
  readonly truncate?: boolean;
  /** Most tokens of a text; the configuration's `max_text_length` unless told. */
  readonly maxLength?: number;
}

export type CaptionOptions = GenerationOptions & {
  /** Only this part of the image: a box in fractions of its sides (see `unit`), or a mask. */
  readonly box?: Box;
  readonly unit?: 'fractions' | 'pixels';
  readonly mask?: Extract<Region, { mask: unknown }>['mask'];
};

export interface ContinuationOptions extends GenerationOptions {
  /** Most tokens to generate: another name for `maxLength`. */
  readonly steps?: number;
}

export interface ModelMemory {
  /** Bytes of parameters and states. */
  readonly store: number;
  /** What each program took, beyond that, when it last ran. */
  readonly programs: readonly ProgramMemory[];
  /** Bytes that the engine holds now and the most it ever held, all models together. */
  readonly engine: { readonly current: number; readonly peak: number };
}

export interface MmgemParts<Image> {
  readonly name: string;
  readonly config: MmgemConfig;
  readonly settings: PreprocessSettings;
  /** Absent where the model directory has none: then there are token ids alone. */
  readonly tokenizer: Tokenizer | undefined;
  readonly programs: Programs;
  readonly limits: Limits;
  readonly decodeImage: (image: Image) => Promise<RgbImage>;
  readonly engineMemory: () => ModelMemory['engine'];
  readonly onWarning: (message: string) => void;
}

/** MM-GEM on an engine: embeddings, captions, regions, heat maps. `close()` gives its memory back; the engine stays open. */
export class Mmgem<Image> {
  readonly name: string;
  readonly config: MmgemConfig;
  readonly #parts: MmgemParts<Image>;
  readonly #embedder: Embedder;
  readonly #captioner: Captioner;

  constructor(parts: MmgemParts<Image>) {
    const { programs, config, settings, limits } = parts;
    this.name = parts.name;
    this.config = config;
    this.#parts = parts;
    this.#embedder = new Embedder(programs, config, settings, limits);
    this.#captioner = new Captioner(programs, config, limits);
  }

  /**
   * An embedding [E] of each image, of length 1.
   * @throws MmgemError naming an image that cannot be decoded
   */
  async embedImages(images: readonly Image[]): Promise<Float32Array[]> {
    this.#assertOpen();
    const embeddings: Float32Array[] = [];
    for (const part of chunks(images, this.#parts.limits.maxBatch)) {
      const decoded = await this.#decode(part);
      embeddings.push(...(await this.#turn(() => this.#embedder.see(decoded))));
    }
    return embeddings;
  }

  /**
   * An embedding [E] of each text, of length 1.
   * @throws MmgemError for an empty text, and for one that is too long unless `truncate` is set
   */
  async embedTexts(
    texts: readonly string[],
    { truncate = false, maxLength }: TextOptions = {},
  ): Promise<Float32Array[]> {
    this.#assertOpen();
    const { tokens, max_text_length, language } = this.config;
    const longest = language.max_position_embeddings - 2;
    const most = maxLength ?? max_text_length;
    if (!(Number.isSafeInteger(most) && most >= 1 && most <= longest)) {
      throw new MmgemError(
        `maxLength is ${most}; it must be a whole number from 1 to ${longest}, for the model's positions.`,
      );
    }
    const tokenizer = this.#tokenizer();
    const options = { bos: tokens.bos, emb: tokens.emb, maxLength: most, truncate };
    return this.#embedder.texts(texts.map((text) => tokenizer.embeddingIds(text, options).ids));
  }

  /**
   * An embedding [E] of each region of an image, of length 1: all boxes or all masks.
   * @throws MmgemError for a region that is empty, outside of the image, or cut off by the centre crop
   */
  async embedRegions(image: Image, regions: readonly (Box | Region)[]): Promise<Float32Array[]> {
    this.#assertOpen();
    const [decoded] = (await this.#decode([image])) as [RgbImage];
    if (regions.length === 0) return [];
    const inputs = this.#regions(regions.map(asRegion), decoded);
    return this.#turn(async () => {
      await this.#embedder.see([decoded]);
      return this.#embedder.regions(inputs);
    });
  }

  /**
   * A caption of an image or of a part of it, as it is generated. Settings are checked at once, the image when reading begins.
   * @throws MmgemError for options that do not fit; while reading, for the image and the region
   */
  caption(image: Image, options: CaptionOptions = {}): TextStream {
    this.#assertOpen();
    const { box, unit, mask, ...generation } = options;
    if (box && mask) throw new MmgemError('box and mask are both given. Give one of them.');
    if (unit && !box) throw new MmgemError('unit is given without the box that it belongs to.');
    const region = box ? { box, ...(unit && { unit }) } : mask && { mask };
    const settings = generationSettings(generation, this.config.max_text_length);
    this.#captioner.rowsAtATime(settings);
    return this.#stream(settings, async () => {
      const [decoded] = (await this.#decode([image])) as [RgbImage];
      const inputs = region && this.#regions([region], decoded);
      return async () => {
        await this.#embedder.see([decoded]);
        return inputs ? this.#captioner.regionPrefix(inputs) : this.#captioner.imagePrefix(1);
      };
    });
  }

  /** A caption of each image, in batches. */
  async captions(images: readonly Image[], options: GenerationOptions = {}): Promise<string[]> {
    this.#assertOpen();
    const settings = generationSettings(options, this.config.max_text_length);
    const tokenizer = this.#tokenizer();
    const texts: string[] = [];
    for (const part of chunks(images, this.#captioner.rowsAtATime(settings))) {
      const decoded = await this.#decode(part);
      const ids = await this.#turn(async () => {
        await this.#embedder.see(decoded);
        return this.#rows(await this.#captioner.imagePrefix(part.length), settings, texts.length);
      });
      texts.push(...ids.map((row) => tokenizer.decode(row)));
    }
    return texts;
  }

  /**
   * A caption of each region of an image, in batches: all boxes or all masks.
   * @throws MmgemError for a region that is empty, outside of the image, or cut off by the centre crop
   */
  async captionRegions(
    image: Image,
    regions: readonly (Box | Region)[],
    options: GenerationOptions = {},
  ): Promise<string[]> {
    this.#assertOpen();
    const settings = generationSettings(options, this.config.max_text_length);
    const tokenizer = this.#tokenizer();
    const [decoded] = (await this.#decode([image])) as [RgbImage];
    if (regions.length === 0) return [];
    const inputs = this.#regions(regions.map(asRegion), decoded);
    const rows = this.#captioner.rowsAtATime(settings);
    return this.#turn(async () => {
      await this.#embedder.see([decoded]);
      const texts: string[] = [];
      while (texts.length < inputs.count) {
        const part = sliceRegions(inputs, texts.length, texts.length + rows);
        const ids = await this.#rows(await this.#captioner.regionPrefix(part), settings, texts.length);
        texts.push(...ids.map((row) => tokenizer.decode(row)));
      }
      return texts;
    });
  }

  /** Where in an image a text is: the cosine of the text and each patch, the patch taken as a region of its own. */
  async locate(image: Image, query: string, options: TextOptions = {}): Promise<HeatMap> {
    const [map] = (await this.locateAll(image, [query], options)) as [HeatMap];
    return map;
  }

  /** Where in an image each of several texts is; the image is looked at once. */
  async locateAll(image: Image, queries: readonly string[], options: TextOptions = {}): Promise<HeatMap[]> {
    const texts = await this.embedTexts(queries, options);
    const [decoded] = (await this.#decode([image])) as [RgbImage];
    if (texts.length === 0) return [];
    const maps = await this.#turn(async () => {
      await this.#embedder.see([decoded]);
      return this.#embedder.heat(texts);
    });
    const side = gridSize(this.config.vision);
    const region = visibleRegion(decoded, this.#parts.settings);
    return maps.map((values) => ({ width: side, height: side, values, region }));
  }

  /** Tokens of a text, without BOS and [EMB]: what `maxLength` of `embedTexts` counts. */
  countTokens(text: string): number {
    return this.#tokenizer().encode(text).length;
  }

  /**
   * What the language model alone makes of a beginning: a text, before which BOS is put, or token ids as they are.
   * @throws MmgemError when there are no tokens, or one that the vocabulary does not have
   */
  continueText(prompt: string | readonly number[], options: ContinuationOptions = {}): TextStream {
    this.#assertOpen();
    const { steps, ...generation } = options;
    const { tokens, language } = this.config;
    const ids = typeof prompt === 'string' ? [tokens.bos, ...this.#tokenizer().encode(prompt)] : prompt;
    const wrong = ids.find((id) => !(Number.isSafeInteger(id) && id >= 0 && id < language.vocab_size));
    if (ids.length === 0) throw new MmgemError('the beginning has no tokens. Give at least one, for instance BOS.');
    if (wrong !== undefined) {
      throw new MmgemError(`the beginning has the id ${wrong}; ids are 0 to ${language.vocab_size - 1}.`);
    }
    const limited = steps === undefined ? generation : { ...generation, maxLength: steps };
    const settings = generationSettings(limited, this.config.max_text_length);
    this.#captioner.rowsAtATime(settings);
    const beginning = { rows: 1, tokens: ids.length, ids: Int32Array.from(ids) };
    return this.#stream(settings, async () => async () => beginning);
  }

  /** Memory of parameters, states and programs. */
  async memory(): Promise<ModelMemory> {
    this.#assertOpen();
    return { ...this.#parts.programs.memory(), engine: this.#parts.engineMemory() };
  }

  /** Waits for what is running, then gives back parameters, states and programs. */
  close(): Promise<void> {
    const { programs } = this.#parts;
    return programs.turn(() => programs.close());
  }

  [Symbol.dispose](): void {
    void this.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Programs that have been compiled, by name. */
  get programs(): readonly string[] {
    return this.#parts.programs.compiled;
  }

  /** A stream that prepares outside of its turn, and generates within. */
  #stream(settings: GenerationSettings, prepare: () => Promise<() => Promise<Beginning>>): TextStream {
    const generate: Generation = async (onToken, signal) => {
      const begin = await prepare();
      await this.#turn(async () => {
        signal.throwIfAborted();
        const tokens = this.#captioner.generate(await begin(), { ...settings, signal });
        for await (const { id } of tokens) onToken(id);
      });
    };
    return new TextStream(generate, () => this.#tokenizer().decodeStream(), settings.signal);
  }

  /** What uses the feature map or the cache takes a turn; texts need none. */
  #turn<T>(work: () => Promise<T>): Promise<T> {
    return this.#parts.programs.turn(work);
  }

  /** The ids of every row. */
  async #rows(beginning: Beginning, settings: GenerationSettings, firstRow: number): Promise<number[][]> {
    const rows: number[][] = Array.from({ length: beginning.rows }, () => []);
    const tokens: AsyncIterable<GeneratedToken> = this.#captioner.generate(beginning, settings, firstRow);
    for await (const { row, id } of tokens) rows[row]!.push(id);
    return rows;
  }

  #regions(regions: readonly Region[], image: RgbImage): RegionInputs {
    const { config, settings, onWarning } = this.#parts;
    const context: RegionContext = { config, settings, onWarning };
    return regionInputs(regions, image, context);
  }

  #decode(images: readonly Image[]): Promise<RgbImage[]> {
    return Promise.all(images.map((image) => this.#parts.decodeImage(image)));
  }

  #tokenizer(): Tokenizer {
    if (this.#parts.tokenizer) return this.#parts.tokenizer;
    throw new MmgemError(`${this.name}: has no tokenizer.json, so it reads and writes token ids alone. Add the file.`);
  }

  #assertOpen(): void {
    this.#parts.programs.assertOpen();
  }
}

const asRegion = (region: Box | Region): Region => ('box' in region || 'mask' in region ? region : { box: region });
