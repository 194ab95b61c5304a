// Captions and continuations: what stands before them is put in place, then tokens are generated.
import type { MmgemConfig } from '../config.ts';
import { MmgemError } from '../errors.ts';
import { beamSearch, candidatesFor } from '../generate/beam.ts';
import { ended, oneByOne } from '../generate/one-by-one.ts';
import type { GenerationSettings } from '../generate/options.ts';
import { type Beginning, Steps } from '../generate/steps.ts';
import { imagePrefixTokens, type Limits, regionPrefixTokens } from './limits.ts';
import type { Programs } from './programs.ts';
import { inputsOf, type RegionInputs, wholeImages } from './regions.ts';

/** One id of one row. */
export interface GeneratedToken {
  readonly row: number;
  readonly id: number;
}

export class Captioner {
  readonly #programs: Programs;
  readonly #config: MmgemConfig;
  readonly #limits: Limits;

  constructor(programs: Programs, config: MmgemConfig, limits: Limits) {
    this.#programs = programs;
    this.#config = config;
    this.#limits = limits;
  }

  /** Puts the prefixes of the images that were seen last in place. */
  async imagePrefix(images: number): Promise<Beginning> {
    if (this.#config.caption_prefix === 'soft_prompts') return this.#boxPrefix(wholeImages(images), images);
    await this.#programs.run({ name: 'captionPrefix' }, {}, { B: images });
    return { rows: images, tokens: imagePrefixTokens };
  }

  /** Puts the prefixes of regions of the image that was seen last in place. */
  async regionPrefix(regions: RegionInputs): Promise<Beginning> {
    if (regions.kind === 'boxes') return this.#boxPrefix(regions, 1);
    await this.#programs.run({ name: 'maskCaptionPrefix' }, inputsOf(regions), { B: 1, R: regions.count });
    return { rows: regions.count, tokens: regionPrefixTokens(this.#config, 1) };
  }

  async #boxPrefix(boxes: RegionInputs, images: number): Promise<Beginning> {
    await this.#programs.run({ name: 'regionCaptionPrefix' }, inputsOf(boxes), { B: images, R: boxes.count });
    return { rows: boxes.count, tokens: regionPrefixTokens(this.#config, this.#config.roi_grid ** 2) };
  }

  /** How many texts can be generated at a time. @throws MmgemError when there are more beams than rows */
  rowsAtATime({ strategy, beams }: GenerationSettings): number {
    const rows = Math.floor(this.#limits.maxBatch / (strategy === 'beam' ? beams : 1));
    if (rows >= 1) return rows;
    throw new MmgemError(
      `beams is ${beams}, but the model was loaded for ${this.#limits.maxBatch} rows at a time. Load it with a larger maxBatch.`,
    );
  }

  /**
   * Generates behind a beginning. The tokens of a beam search come at its end.
   * @param firstRow number of the beginning's first row among all that were asked for
   */
  async *generate(
    beginning: Beginning,
    settings: GenerationSettings,
    firstRow = 0,
  ): AsyncGenerator<GeneratedToken, void> {
    const { eos } = this.#config.tokens;
    const steps = this.#steps(beginning, settings);
    if (settings.strategy === 'beam') {
      const texts = await beamSearch(steps, beginning, settings, eos);
      for (const [row, ids] of texts.entries()) for (const id of ids) yield { row, id };
      return;
    }
    for await (const ids of oneByOne(steps, beginning, settings, eos, firstRow)) {
      for (const [row, id] of ids.entries()) if (id !== ended) yield { row, id };
    }
  }

  #steps({ rows, tokens }: Beginning, settings: GenerationSettings): Steps {
    const { strategy, beams, maxLength } = settings;
    const { maxBatch, cacheTokens } = this.#limits;
    const { max_position_embeddings: positions, vocab_size } = this.#config.language;
    const capacity = tokens + maxLength;
    if (capacity > positions) {
      throw new MmgemError(
        `maxLength ${maxLength} behind ${tokens} tokens needs ${capacity} positions; the model has ${positions}. Lower it.`,
      );
    }
    const allRows = strategy === 'beam' ? rows * beams : rows;
    if (allRows * capacity > maxBatch * cacheTokens) {
      throw new MmgemError(
        `${allRows} texts of up to ${capacity} tokens do not fit into the cache of ${maxBatch} · ${cacheTokens} tokens. ` +
          'Lower maxLength, or load the model with more cacheTokens or a larger maxBatch.',
      );
    }
    return new Steps(this.#programs, {
      strategy,
      capacity,
      ...(strategy === 'beam' && { candidates: candidatesFor(beams, vocab_size) }),
    });
  }
}
