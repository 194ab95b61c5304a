// Configurations with a name, for `mmgem init` and for tests.
import type { LanguageConfig, MmgemConfig, VisionConfig } from './config.ts';
import { MmgemError } from './errors.ts';

export type ConfigName = 'nano' | 'mini' | 'vit-b-16+tinyllama' | 'vit-l-14+tinyllama' | 'vit-l-14-336+tinyllama';

/** OpenCLIP's vision transformers; sizes from their published model configurations. */
const openclip = {
  mlp_ratio: 4,
  activation: 'gelu',
  form: 'openclip',
  layer_norm_eps: 1e-5,
  pre_norm: true,
  patch_bias: false,
} as const satisfies Partial<VisionConfig>;

const vitB16: VisionConfig = { image_size: 224, patch_size: 16, width: 768, layers: 12, heads: 12, ...openclip };
const vitL14: VisionConfig = { image_size: 224, patch_size: 14, width: 1024, layers: 24, heads: 16, ...openclip };

/** TinyLlama-1.1B and the two added rows. */
const tinyLlama: LanguageConfig = {
  vocab_size: 32002,
  hidden_size: 2048,
  layers: 22,
  heads: 32,
  kv_heads: 4,
  intermediate_size: 5632,
  rope_theta: 10000,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: false,
  max_position_embeddings: 2048,
};

/** The paper's model on TinyLlama: 64 soft prompts, 7×7 bins, texts of at most 50 tokens. */
function withTinyLlama(vision: VisionConfig, embedding_size: number): MmgemConfig {
  return {
    model_type: 'mmgem',
    vision,
    language: tinyLlama,
    embedding_size,
    soft_prompts: 64,
    roi_grid: 7,
    roi_grid_retrieval: 7,
    cap_first: false,
    tokens: { bos: 1, eos: 2, emb: 32000, cap: 32001 },
    max_text_length: 50,
  };
}

/**
 * 5.3 M parameters, for the english-4k tokenizer of 4,094 entries: what two processor cores train on scenes in an hour. 8 × 8 patches
 * of 12 pixels show the textures of small figures. The head is tied, as a small vocabulary leaves little to learn twice.
 */
const nano: MmgemConfig = {
  model_type: 'mmgem',
  vision: {
    image_size: 96,
    patch_size: 12,
    width: 192,
    layers: 6,
    heads: 3,
    mlp_ratio: 4,
    activation: 'gelu',
    form: 'openclip',
    layer_norm_eps: 1e-5,
    pre_norm: false,
    patch_bias: true,
  },
  language: {
    vocab_size: 4096,
    hidden_size: 192,
    layers: 4,
    heads: 4,
    kv_heads: 2,
    intermediate_size: 512,
    rope_theta: 10000,
    rms_norm_eps: 1e-5,
    tie_word_embeddings: true,
    max_position_embeddings: 512,
  },
  embedding_size: 256,
  soft_prompts: 16,
  roi_grid: 3,
  roi_grid_retrieval: 4,
  cap_first: false,
  tokens: { bos: 1, eos: 2, emb: 4094, cap: 4095 },
  max_text_length: 50,
};

/**
 * 10.9 M parameters, for the same tokenizer. The vision part is ViT-Ti/16 to the letter, at 160 pixels, so that it can start from public
 * ImageNet weights.
 */
const mini: MmgemConfig = {
  ...nano,
  vision: {
    image_size: 160,
    patch_size: 16,
    width: 192,
    layers: 12,
    heads: 3,
    mlp_ratio: 4,
    activation: 'gelu',
    form: 'timm',
    layer_norm_eps: 1e-6,
    pre_norm: false,
    patch_bias: true,
  },
  language: { ...nano.language, hidden_size: 256, layers: 6, intermediate_size: 640 },
};

export const namedConfigs: Readonly<Record<ConfigName, MmgemConfig>> = {
  nano,
  mini,
  'vit-b-16+tinyllama': withTinyLlama(vitB16, 512),
  'vit-l-14+tinyllama': withTinyLlama(vitL14, 768),
  'vit-l-14-336+tinyllama': withTinyLlama({ ...vitL14, image_size: 336 }, 768),
};

/** @throws MmgemError listing the names when there is none such */
export function namedConfig(name: string): MmgemConfig {
  if (!Object.hasOwn(namedConfigs, name)) {
    throw new MmgemError(
      `config ${JSON.stringify(name)} is not known. Choose one of ${Object.keys(namedConfigs).join(', ')}.`,
    );
  }
  return namedConfigs[name as ConfigName];
}
