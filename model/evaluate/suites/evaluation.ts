// What suites share: the model, its settings, and embeddings that are made only once.
import { MmgemError } from '../../errors.ts';
import type { GenerationOptions } from '../../generate/options.ts';
import type { Mmgem } from '../../mmgem.ts';
import type { EvaluationItem } from '../item.ts';
import { checkFinite } from '../vectors.ts';
import { type Outcome, outcomesOf } from './outcomes.ts';

/** What suites ask of a model. */
export type EvaluatedModel<Image> = Pick<
  Mmgem<Image>,
  'config' | 'embedImages' | 'embedTexts' | 'embedRegions' | 'captions' | 'captionRegions' | 'locateAll' | 'countTokens'
>;

export interface EvaluationOptions {
  /** Classes of zero-shot classification; the items' labels unless told. */
  readonly classes?: readonly string[];
  /** Sentences with {} for the name of a class. */
  readonly templates?: readonly string[];
  /** Whether the captions of two items tell them apart; unless told, they do when they differ in more than case and punctuation. */
  readonly areDistinct?: (one: EvaluationItem<unknown>, other: EvaluationItem<unknown>) => boolean;
  /** Images in a group within which texts are told apart; 100 unless told. */
  readonly groupSize?: number;
  /** Texts are cut off behind so many tokens, and that is told; 200 unless told, or what the model's positions allow. */
  readonly maxTextLength?: number;
  /** Most tokens of a generated caption; the configuration's `max_text_length` unless told. */
  readonly maxCaptionLength?: number;
  /** Images and texts that the model is given at a time; 16 unless told, as many as a model takes. */
  readonly batch?: number;
  /** Told what is being done, and how much of it. */
  readonly onProgress?: (part: string, done: number, total: number) => void;
}

/** The paper's limit when long texts are tested. */
const paperTextLength = 200;

/** The embedding of every thing that was asked for, or why there is none. */
type Outcomes<Thing> = ReadonlyMap<Thing, Outcome<Float32Array>>;

export class Evaluation<Image> {
  readonly model: EvaluatedModel<Image>;
  readonly options: EvaluationOptions;
  readonly batch: number;
  readonly groupSize: number;
  readonly maxTextLength: number;
  readonly #images = new Map<EvaluationItem<Image>, Outcome<Float32Array>>();
  readonly #texts = new Map<string, Outcome<Float32Array>>();

  /** @throws MmgemError when a number among the options is out of range */
  constructor(model: EvaluatedModel<Image>, options: EvaluationOptions) {
    const most = model.config.language.max_position_embeddings - 2; // BOS and [EMB]
    const { batch = 16, groupSize = 100, maxTextLength = Math.min(paperTextLength, most) } = options;
    for (const [name, value, least] of [
      ['batch', batch, 1],
      ['groupSize', groupSize, 2],
      ['maxTextLength', maxTextLength, 1],
    ] as const) {
      if (Number.isSafeInteger(value) && value >= least) continue;
      throw new MmgemError(`${name} is ${value}; it must be a whole number of at least ${least}.`);
    }
    this.model = model;
    this.options = options;
    this.batch = batch;
    this.groupSize = groupSize;
    this.maxTextLength = maxTextLength;
  }

  report(part: string, done: number, total: number): void {
    this.options.onProgress?.(part, done, total);
  }

  /** The embedding of each item's image. */
  async images(items: readonly EvaluationItem<Image>[]): Promise<Outcomes<EvaluationItem<Image>>> {
    return this.#embedded(this.#images, items, 'embedding images', {
      embed: (part) => this.model.embedImages(part.map(({ image }) => image)),
      nameOf: ({ key }) => key,
    });
  }

  /** The embedding of each text; the same text has the same one. */
  async texts(texts: readonly string[]): Promise<Outcomes<string>> {
    return this.#embedded(this.#texts, texts, 'embedding texts', {
      embed: (part) => this.model.embedTexts(part, this.textOptions),
      nameOf: (text) => JSON.stringify(text),
    });
  }

  /** How texts are embedded. */
  get textOptions(): { readonly truncate: true; readonly maxLength: number } {
    return { truncate: true, maxLength: this.maxTextLength };
  }

  /** How captions are written: greedily, so that they are always the same. */
  get captionOptions(): GenerationOptions {
    const { maxCaptionLength: maxLength } = this.options;
    return { strategy: 'greedy', ...(maxLength !== undefined && { maxLength }) };
  }

  /** What a reader should know of texts that were embedded: how many of them were cut off. */
  cutNotes(texts: readonly string[]): string[] {
    const cut = texts.filter((text) => this.model.countTokens(text) > this.maxTextLength).length;
    return cut === 0
      ? []
      : [`${cut} of ${texts.length} texts have more than ${this.maxTextLength} tokens and were cut off there`];
  }

  async #embedded<Thing>(
    known: Map<Thing, Outcome<Float32Array>>,
    things: readonly Thing[],
    title: string,
    { embed, nameOf }: { embed: (part: readonly Thing[]) => Promise<Float32Array[]>; nameOf: (thing: Thing) => string },
  ): Promise<Outcomes<Thing>> {
    const due = [...new Set(things)].filter((thing) => !known.has(thing));
    const work = async (part: readonly Thing[]): Promise<Float32Array[]> => {
      const embeddings = await embed(part);
      for (const [i, embedding] of embeddings.entries()) checkFinite(embedding, nameOf(part[i]!));
      return embeddings;
    };
    const found = await outcomesOf(due, this.batch, work, (done, total) => this.report(title, done, total));
    for (const [i, thing] of due.entries()) known.set(thing, found[i]!);
    return known;
  }
}
