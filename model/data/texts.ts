// Which of a record's texts a step learns from, as token ids.
import type { MmgemConfig } from '../config.ts';
import { MmgemError } from '../errors.ts';
import { type Random, random } from '../random.ts';
import type { Tokenizer } from '../tokenizer.ts';
import type { PreparedBox } from './prepare.ts';
import { type BrokenRecord, type DataRecord, isBroken } from './record.ts';
import { regionKey } from './record-fields.ts';
import { permuted } from './shuffle.ts';

export interface TextOptions {
  readonly tokenizer: Tokenizer;
  readonly config: Pick<MmgemConfig, 'tokens' | 'max_text_length'>;
  /** Cuts texts of more than the configuration's `max_text_length` tokens instead of counting them as broken. */
  readonly truncate?: boolean;
  /** How probable it is that a record's long caption is taken where it has one and others. 0 unless told. */
  readonly longCaption?: number;
  /**
   * How probable it is that a region batch takes the whole of an image that has captions, with one of them, as its region.
   * 0 unless told. An image without usable regions is taken so whenever this is above 0.
   */
  readonly wholeImage?: number;
}

/** A text that was chosen, and the box that it describes: all of the image where nothing else is said. */
export interface ChosenText {
  /** BOS, text, [EMB]. */
  readonly ids: readonly number[];
  readonly box: readonly [number, number, number, number];
}

/** What was chosen, if anything could be, and what was unusable on the way. */
export interface Choice {
  readonly chosen?: ChosenText;
  readonly broken: readonly BrokenRecord[];
}

interface Candidate {
  readonly key: string;
  readonly text: string;
  readonly box: ChosenText['box'];
}

const wholeBox: ChosenText['box'] = [0, 0, 1, 1];

/** One of the captions, at random; of those that are unusable, the next. */
export function chooseCaption(record: DataRecord, options: TextOptions, source: Random): Choice {
  const choice = firstUsable(captionCandidates(record, options, source), record, options);
  if (choice.chosen !== undefined || choice.broken.length > 0) return choice;
  return { broken: [{ key: record.key, reason: `${record.origin}: has no caption. Add one.` }] };
}

/**
 * One of the regions that are seen, at random; of those that are unusable, the next.
 * @param boxes where the record's usable regions lie in what is seen, in their order
 */
export function chooseRegion(
  record: DataRecord,
  boxes: readonly PreparedBox[],
  options: TextOptions,
  source: Random,
): Choice {
  const { wholeImage = 0 } = options;
  const { candidates, broken } = regionCandidates(record, boxes);
  const regions = permuted(candidates, source);
  const whole = wholeImage > 0 ? captionCandidates(record, options, source) : [];
  const ordered = source.uniform() < wholeImage ? [...whole, ...regions] : [...regions, ...whole];
  const choice = firstUsable(ordered, record, options);
  const all = [...broken, ...choice.broken];
  if (choice.chosen !== undefined) return { chosen: choice.chosen, broken: all };
  if (all.length > 0) return { broken: all };
  const problem = boxes.length === 0 ? 'has no region' : 'has no region of which half is seen';
  return { broken: [{ key: record.key, reason: `${record.origin}: ${problem}. Add one.` }] };
}

/** The regions of a record that can be looked for in its image. */
export function usableRegions({ regions = [] }: DataRecord) {
  return regions.flatMap((region, index) => (isBroken(region) ? [] : [{ ...region, index }]));
}

function regionCandidates(record: DataRecord, boxes: readonly PreparedBox[]) {
  const candidates: Candidate[] = [];
  const broken: BrokenRecord[] = (record.regions ?? []).filter(isBroken);
  for (const [i, { index, text }] of usableRegions(record).entries()) {
    const key = regionKey(record.key, index);
    const box = boxes[i];
    if (typeof box === 'string') broken.push({ key, reason: `${record.origin}, region ${index}: ${box}` });
    else if (box !== undefined) candidates.push({ key, text, box });
  }
  return { candidates, broken };
}

function captionCandidates(record: DataRecord, { longCaption = 0 }: TextOptions, source: Random): Candidate[] {
  const { key, captions } = record;
  const texts = permuted(captions, source);
  const isLong = source.uniform() < longCaption || captions.length === 0;
  if (record.longCaption !== undefined && isLong) texts.unshift(record.longCaption);
  return texts.map((text) => ({ key, text, box: wholeBox }));
}

function firstUsable(candidates: readonly Candidate[], { origin }: DataRecord, options: TextOptions): Choice {
  const { tokenizer, config, truncate = false } = options;
  const { bos, emb } = config.tokens;
  const broken: BrokenRecord[] = [];
  for (const { key, text, box } of candidates) {
    try {
      const { ids } = tokenizer.embeddingIds(text, { bos, emb, maxLength: config.max_text_length, truncate });
      return { chosen: { ids, box }, broken };
    } catch (error) {
      if (!(error instanceof MmgemError)) throw error;
      broken.push({ key, reason: `${origin}: ${error.message}` });
    }
  }
  return { broken };
}

/** The random numbers that choose a record's text; the image's are others. */
export function textRandom(seed: number, epoch: number, index: number): Random {
  return random(seed, `text ${epoch}/${index}`);
}
