// What a model directory's config.json says: the sizes and choices from which graph and parameters follow.
import { checkConfig } from './config-check.ts';
import { parseJson } from './files/source.ts';

export type Activation = 'gelu' | 'quick_gelu';
/** Which family of vision transformer: it fixes nothing by itself, and tells where the weights came from. */
export type VisionForm = 'openclip' | 'timm';

export interface VisionConfig {
  /** Side of the square input, pixels. */
  readonly image_size: number;
  /** Side of a patch, pixels. */
  readonly patch_size: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  /** Width of the feed-forward layer as a multiple of `width`. */
  readonly mlp_ratio: number;
  readonly activation: Activation;
  readonly form: VisionForm;
  readonly layer_norm_eps: number;
  /** A layer norm stands before the first block (`visual.ln_pre`). */
  readonly pre_norm: boolean;
  /** The patch embedding has a bias (`visual.conv1.bias`). */
  readonly patch_bias: boolean;
}

export interface LanguageConfig {
  /** Rows of the embedding table, with the two that are added for [EMB] and [CAP]. */
  readonly vocab_size: number;
  readonly hidden_size: number;
  readonly layers: number;
  readonly heads: number;
  /** Key/value heads; query head h reads key/value head h // (heads / kv_heads). */
  readonly kv_heads: number;
  readonly intermediate_size: number;
  readonly rope_theta: number;
  readonly rms_norm_eps: number;
  /** The output head is the embedding table; there is no lm_head.weight. */
  readonly tie_word_embeddings: boolean;
  readonly max_position_embeddings: number;
}

export interface TokenIds {
  readonly bos: number;
  readonly eos: number;
  /** [EMB]: its last hidden state is the text's embedding. */
  readonly emb: number;
  /** [CAP]: asks for a caption. */
  readonly cap: number;
}

export interface MmgemConfig {
  readonly model_type: 'mmgem';
  readonly vision: VisionConfig;
  readonly language: LanguageConfig;
  /** E, the width that image and text embeddings share. */
  readonly embedding_size: number;
  /** Soft prompts that stand for [CAP] when a region is captioned. */
  readonly soft_prompts: number;
  /** Side of the RoIAlign grid before captions, in bins. */
  readonly roi_grid: number;
  /** Side of the RoIAlign grid that is averaged for a region's embedding. */
  readonly roi_grid_retrieval: number;
  /** [CAP] stands before the image's token instead of behind it. */
  readonly cap_first: boolean;
  /**
   * What stands before the caption of a whole image: the image's token and [CAP], as in stage 1 and unless told, or the tokens and soft
   * prompts of a region that is the whole image, as stage 2 learns it.
   */
  readonly caption_prefix?: 'cap' | 'soft_prompts';
  readonly tokens: TokenIds;
  /** Most tokens of a text, without BOS, [EMB], [CAP], EOS. */
  readonly max_text_length: number;
}

/** Side of the patch grid. */
export function gridSize({ image_size, patch_size }: VisionConfig): number {
  return image_size / patch_size;
}

/** Width of the vision transformer's feed-forward layer. */
export function mlpWidth({ width, mlp_ratio }: VisionConfig): number {
  return Math.round(width * mlp_ratio);
}

/** Width of one head of the language model. */
export function headWidth({ hidden_size, heads }: LanguageConfig): number {
  return hidden_size / heads;
}

/**
 * Checks a parsed config.json.
 * @throws MmgemError naming file, field, what is wrong and what would be right
 */
export function parseConfig(json: unknown, fileName: string): MmgemConfig {
  checkConfig(json, fileName);
  return json as MmgemConfig;
}

/**
 * The configuration of a golden file, whose metadata field `config` holds the fields of the reference's Config as JSON.
 * @throws MmgemError when the field is missing or one of its values is unusable
 */
export function configFromGolden(metadata: ReadonlyMap<string, string>, fileName = 'golden file'): MmgemConfig {
  const golden = parseJson(metadata.get('config') ?? '{}', fileName) as Record<string, number | boolean | undefined>;
  const { vocab, image, patch } = golden;
  const config = {
    model_type: 'mmgem',
    vision: {
      image_size: image,
      patch_size: patch,
      width: golden.v_width,
      layers: golden.v_layers,
      heads: golden.v_heads,
      mlp_ratio: golden.v_mlp,
      activation: golden.quick_gelu ? 'quick_gelu' : 'gelu',
      form: 'openclip',
      layer_norm_eps: 1e-5,
      pre_norm: true,
      patch_bias: false,
    },
    language: {
      vocab_size: vocab,
      hidden_size: golden.d,
      layers: golden.l_layers,
      heads: golden.l_heads,
      kv_heads: golden.l_kv_heads,
      intermediate_size: golden.ffn,
      rope_theta: golden.rope_theta,
      rms_norm_eps: golden.rms_eps,
      tie_word_embeddings: false,
      max_position_embeddings: 2048,
    },
    embedding_size: golden.e,
    soft_prompts: golden.n_soft,
    roi_grid: golden.roi_grid,
    roi_grid_retrieval: golden.roi_grid_retrieval,
    cap_first: false,
    tokens: { bos: golden.bos, eos: golden.eos, emb: Number(vocab) - 2, cap: Number(vocab) - 1 },
    max_text_length: 50,
  };
  return parseConfig(config, fileName);
}
