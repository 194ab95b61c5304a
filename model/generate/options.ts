// How text is generated: the choices a user has, and their checks.
import { MmgemError } from '../errors.ts';
import type { Strategy } from '../graph/programs.ts';

export type { Strategy } from '../graph/programs.ts';

export interface GenerationOptions {
  /** `greedy` (default): the most likely token each time; `beam`: the most likely text found by a beam search; `sample`: drawn. */
  readonly strategy?: Strategy;
  /** Most tokens to generate, EOS not counted; the configuration's `max_text_length` unless told. */
  readonly maxLength?: number;
  /** EOS is withheld until so many tokens are there; 0 unless told. */
  readonly minLength?: number;
  /** Beam search: texts followed at a time, 4 unless told. */
  readonly beams?: number;
  /**
   * Beam search: texts are compared by Σ log-probability / length^lengthPenalty, as in Hugging Face's transformers; EOS counts.
   * 1 unless told; 0 favours short texts, larger values long ones.
   */
  readonly lengthPenalty?: number;
  /** Sampling: probabilities are those of logits / temperature; 1 unless told, 0 is greedy. */
  readonly temperature?: number;
  /** Sampling: only the so many most likely tokens; 0, unless told: all. */
  readonly topK?: number;
  /** Sampling: only the most likely tokens that together reach this probability; 1, unless told: all. */
  readonly topP?: number;
  /** Sampling: the same seed gives the same text; 0 unless told. */
  readonly seed?: number;
  /** Stops the generation; what waits for text gets the signal's reason as an error. */
  readonly signal?: AbortSignal;
}

/** What each strategy heeds beyond maxLength, minLength and signal. */
const heeded: Readonly<Record<Strategy, readonly (keyof GenerationOptions)[]>> = {
  greedy: [],
  beam: ['beams', 'lengthPenalty'],
  sample: ['temperature', 'topK', 'topP', 'seed'],
};

export interface GenerationSettings extends Required<Omit<GenerationOptions, 'signal'>> {
  readonly signal: AbortSignal | undefined;
}

const wholeNumber = (least: number) => (value: number) => Number.isSafeInteger(value) && value >= least;

/** What each number must be; `needs` completes "must be …". */
const rules: Readonly<Partial<Record<keyof GenerationSettings, { holds: (value: number) => boolean; needs: string }>>> =
  {
    maxLength: { holds: wholeNumber(1), needs: 'a whole number of at least 1' },
    minLength: { holds: wholeNumber(0), needs: 'a whole number of at least 0' },
    beams: { holds: wholeNumber(1), needs: 'a whole number of at least 1' },
    lengthPenalty: { holds: Number.isFinite, needs: 'a finite number' },
    temperature: { holds: (value) => value >= 0 && value < Number.POSITIVE_INFINITY, needs: 'a number of at least 0' },
    topK: { holds: wholeNumber(0), needs: 'a whole number of at least 0' },
    topP: { holds: (value) => value > 0 && value <= 1, needs: 'above 0 and at most 1' },
    seed: { holds: Number.isSafeInteger, needs: 'an integer' },
  };

/**
 * @param defaultLength maxLength where it is not given
 * @throws MmgemError for an unknown strategy, an option of another strategy, a value out of range
 */
export function generationSettings(options: GenerationOptions, defaultLength: number): GenerationSettings {
  const strategy = options.strategy ?? 'greedy';
  if (!Object.hasOwn(heeded, strategy)) {
    throw new MmgemError(
      `strategy ${JSON.stringify(strategy)} is not known. Choose ${Object.keys(heeded).join(', ')}.`,
    );
  }
  for (const other of Object.keys(heeded) as Strategy[]) {
    const stray = other === strategy ? undefined : heeded[other].find((name) => options[name] !== undefined);
    if (stray) throw new MmgemError(`${stray} belongs to strategy '${other}', but '${strategy}' was asked for.`);
  }
  const settings = {
    maxLength: options.maxLength ?? defaultLength,
    minLength: options.minLength ?? 0,
    beams: options.beams ?? (strategy === 'beam' ? 4 : 1),
    lengthPenalty: options.lengthPenalty ?? 1,
    temperature: options.temperature ?? 1,
    topK: options.topK ?? 0,
    topP: options.topP ?? 1,
    seed: options.seed ?? 0,
  };
  for (const [name, value] of Object.entries(settings)) {
    const rule = rules[name as keyof typeof settings]!;
    if (!rule.holds(value)) throw new MmgemError(`${name} is ${value}; it must be ${rule.needs}.`);
  }
  if (settings.minLength > settings.maxLength) {
    throw new MmgemError(`minLength ${settings.minLength} is more than maxLength ${settings.maxLength}. Lower it.`);
  }
  return { strategy, ...settings, signal: options.signal };
}
