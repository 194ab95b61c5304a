// Beam search: the most likely texts of each beginning are followed side by side.

import { withheldToken } from './one-by-one.ts';
import type { GenerationSettings } from './options.ts';
import type { Arrays, Beginning, Steps } from './steps.ts';

interface Beam {
  readonly ids: readonly number[];
  /** Σ log-probability of the ids, and of EOS where it ended. */
  readonly score: number;
}

interface Candidate extends Beam {
  /** The beam that it continues. */
  readonly from: number;
  readonly ends: boolean;
}

/** The search behind one beginning. */
interface Search {
  readonly running: readonly Beam[];
  readonly best: { readonly ids: readonly number[]; readonly value: number } | undefined;
}

/** Candidates to ask for in each row: with EOS among them, as many beams as there are can still go on. */
export const candidatesFor = (beams: number, vocabulary: number): number => Math.min(2 * beams, vocabulary);

/**
 * The best text of each of the beginning's rows, without EOS. Ends when no running text can overtake the best one that has
 * ended, or at the greatest length, where running texts count as they stand.
 */
export async function beamSearch(
  steps: Steps,
  beginning: Beginning,
  settings: GenerationSettings,
  eos: number,
): Promise<readonly (readonly number[])[]> {
  const { beams, maxLength } = settings;
  let searches: Search[] = Array.from({ length: beginning.rows }, () => ({
    running: [{ ids: [], score: 0 }],
    best: undefined,
  }));
  for (let length = 1; length <= maxLength; length++) {
    settings.signal?.throwIfAborted();
    const selection = { withheld: withheldToken(settings, length - 1, eos) };
    const width = length === 1 ? 1 : beams;
    const result =
      length === 1
        ? await steps.begin(beginning, selection)
        : await steps.next(Int32Array.from(searches.flatMap((search) => lastIds(search, beams, eos))), selection);
    const advanced = searches.map((search, i) => {
      const slots = result.ids!.length / (searches.length * width);
      return advance(search, candidatesOf(search, result, i * width, slots, eos), settings);
    });
    searches = advanced.map(({ search }) => search);
    if (searches.every(({ running }) => running.length === 0) || length === maxLength) break;
    await steps.reorder(
      Int32Array.from(advanced.flatMap(({ from }, i) => filled(from, beams).map((row) => i * width + row))),
    );
  }
  return searches.map((search) => bestOf(search, settings));
}

/** What the rows of a search propose. Log-probabilities that cannot be (−1e30) are no candidates. */
function candidatesOf(
  { running }: Search,
  { ids, scores }: Arrays,
  firstRow: number,
  slots: number,
  eos: number,
): Candidate[] {
  return running.flatMap((beam, from) =>
    Array.from({ length: slots }, (_, slot) => {
      const at = (firstRow + from) * slots + slot;
      const id = ids![at]!;
      return { ids: [...beam.ids, id], score: beam.score + scores![at]!, from, ends: id === eos };
    }).filter(({ score }) => score > -1e29),
  );
}

/** Takes the best candidates: those that end compete for the best text, the others run on. */
function advance(search: Search, candidates: readonly Candidate[], settings: GenerationSettings) {
  const sorted = [...candidates].sort((a, b) => b.score - a.score);
  const running = sorted.filter(({ ends }) => !ends).slice(0, settings.beams);
  let { best } = search;
  for (const candidate of sorted.filter(({ ends }) => ends)) {
    const value = scoreOf(candidate, settings);
    if (best === undefined || value > best.value) best = { ids: candidate.ids.slice(0, -1), value };
  }
  const overtakes = best === undefined || running.some((beam) => bound(beam, settings) > best.value);
  const kept = overtakes ? running : [];
  return { search: { running: kept, best }, from: kept.map(({ from }) => from) };
}

/** Σ log-probability / length^lengthPenalty */
function scoreOf({ ids, score }: Beam, { lengthPenalty }: GenerationSettings): number {
  return score / ids.length ** lengthPenalty;
}

/** The most that a running text can come to: its log-probability can only fall, its length only grow to the greatest, and EOS. */
function bound({ ids, score }: Beam, { lengthPenalty, maxLength }: GenerationSettings): number {
  return score / (lengthPenalty > 0 ? maxLength + 1 : ids.length) ** lengthPenalty;
}

function bestOf({ running, best }: Search, settings: GenerationSettings): readonly number[] {
  const all = running.map((beam) => ({ ids: beam.ids, value: scoreOf(beam, settings) }));
  return [...(best ? [best] : []), ...all].reduce((a, b) => (b.value > a.value ? b : a)).ids;
}

/** The ids to take in next: one for each of the rows, of which some searches do not use all. */
function lastIds({ running }: Search, beams: number, eos: number): number[] {
  return filled(
    running.map(({ ids }) => ids.at(-1)!),
    beams,
    eos,
  );
}

/** A list made as long as there are rows; what fills it is never looked at. */
function filled(list: readonly number[], length: number, by = 0): number[] {
  return Array.from({ length }, (_, i) => list[i] ?? by);
}
