/** The smallest model that has every part, for tests of training in the interpreter. */
import { ropeFrequencies } from '../../dsl/index.ts';
import { headWidth, type MmgemConfig } from '../../model/config.ts';
import { namedConfig } from '../../model/configs.ts';
import type { RegionBatch } from '../../model/data/batch.ts';
import { initParameter } from '../../model/initial-parameters.ts';
import { parameterShapes } from '../../model/parameters.ts';
import { type Random, random } from '../../model/random.ts';

const nano = namedConfig('nano');

export const microConfig: MmgemConfig = {
  ...nano,
  vision: { ...nano.vision, image_size: 8, patch_size: 4, width: 8, layers: 1, heads: 2, mlp_ratio: 2 },
  language: {
    ...nano.language,
    vocab_size: 16,
    hidden_size: 8,
    layers: 1,
    heads: 4,
    kv_heads: 2,
    intermediate_size: 12,
  },
  embedding_size: 6,
  soft_prompts: 2,
  roi_grid: 2,
  roi_grid_retrieval: 2,
  tokens: { bos: 1, eos: 2, emb: 14, cap: 15 },
  max_text_length: 8,
};

/** Random parameters of the configuration, large enough that every part of it matters, and its table of frequencies. */
export function microParameters(config: MmgemConfig, seed: number): Record<string, Float32Array> {
  const parameters = [...parameterShapes(config)].map(([name, shape]) => {
    const noise = random(seed, `noise ${name}`);
    return [
      name,
      initParameter(name, shape, config, seed).map((value) => value + 0.1 * (noise.uniform() - 0.5)),
    ] as const;
  });
  const { language } = config;
  return {
    ...Object.fromEntries(parameters),
    'rope.frequencies': ropeFrequencies(headWidth(language), language.rope_theta),
  };
}

/** A batch of regions, which holds what pairs need too. Texts are of different lengths. */
export function microBatch(config: MmgemConfig, rows: number, seed: number): RegionBatch {
  const next = random(seed, 'batch');
  const texts = Array.from({ length: rows }, (_, i) => words(next, 2 + (i % 3)));
  const [T, captionTokens] = [6, 4];
  const { bos, emb } = config.tokens;
  const side = config.vision.image_size;
  const padded = (lists: readonly (readonly number[])[], length: number) =>
    Int32Array.from(lists.flatMap((list) => [...list, ...Array<number>(length - list.length).fill(0)]));
  return {
    kind: 'regions',
    sizes: { B: rows, T, captionTokens },
    keys: texts.map((_, i) => `${i}`),
    images: Float32Array.from({ length: rows * 3 * side * side }, () => 2 * next.uniform() - 1),
    boxes: Float32Array.from(
      texts.flatMap((_, i) => [
        i,
        0.4 * next.uniform(),
        0.4 * next.uniform(),
        0.6 + 0.4 * next.uniform(),
        0.6 + 0.4 * next.uniform(),
      ]),
    ),
    embeddingIds: padded(
      texts.map((text) => [bos, ...text, emb]),
      T,
    ),
    embeddingLengths: Int32Array.from(texts, (text) => text.length + 2),
    captionIds: padded(texts, captionTokens),
    captionLengths: Int32Array.from(texts, (text) => text.length),
  };
}

const words = (next: Random, count: number): number[] =>
  Array.from({ length: count }, () => 3 + Math.floor(next.uniform() * 11));
