// How much a model may be asked for at once, and what its states must hold for that.
import { gridSize, type MmgemConfig } from '../config.ts';
import { MmgemError } from '../errors.ts';
import { cacheNames } from '../graph/llm.ts';

export interface Limits {
  /** Images, texts, regions or beams that one run takes; more are done in several runs. */
  readonly maxBatch: number;
  /** Tokens, prefix and generated ones, that the key/value cache has room for in each of `maxBatch` rows. */
  readonly cacheTokens: number;
}

/** Tokens before the caption of a whole image: V_in and [CAP]. */
export const imagePrefixTokens = 2;

/** Tokens before the caption of a region of so many tokens: those and the soft prompts. */
export function regionPrefixTokens({ soft_prompts }: MmgemConfig, regionTokens: number): number {
  return regionTokens + soft_prompts;
}

function longestPrefix(config: MmgemConfig): number {
  return Math.max(imagePrefixTokens, regionPrefixTokens(config, config.roi_grid ** 2));
}

/** @throws MmgemError when a limit is no whole number of at least 1 */
export function limitsOf(config: MmgemConfig, given: Partial<Limits>): Limits {
  const { maxBatch = 16, cacheTokens = longestPrefix(config) + config.max_text_length + 1 } = given;
  for (const [name, value] of Object.entries({ maxBatch, cacheTokens })) {
    if (!Number.isSafeInteger(value) || value < 1)
      throw new MmgemError(`${name} is ${value}; it must be a whole number of at least 1.`);
  }
  return { maxBatch, cacheTokens };
}

/** Elements of every state at the limits, by name. */
export function stateElements(config: MmgemConfig, { maxBatch, cacheTokens }: Limits): ReadonlyMap<string, number> {
  const { vision, language } = config;
  const cache = maxBatch * cacheTokens * language.kv_heads * (language.hidden_size / language.heads);
  return new Map([
    ['image.features', maxBatch * gridSize(vision) ** 2 * vision.width],
    ['caption.prefix', maxBatch * longestPrefix(config) * language.hidden_size],
    ...Array.from({ length: language.layers }, (_, layer) => Object.values(cacheNames(layer)))
      .flat()
      .map((name) => [name, cache] as const),
  ]);
}
