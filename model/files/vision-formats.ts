// The key names of public vision transformers, one table per format.
import type { Activation, VisionForm } from '../config.ts';
import type { Checkpoint } from './checkpoint.ts';
import { clipNormalization, halfNormalization, type Normalization } from './preprocessor.ts';

export type VisionFormatName = 'openclip' | 'huggingface' | 'timm';

/** Our name, then theirs; several of theirs are stacked row upon row. */
export type Renaming = readonly [ours: string, ...theirs: string[]];

export interface VisionFormat {
  readonly name: VisionFormatName;
  readonly form: VisionForm;
  /** What may stand before the tower's names. */
  readonly prefixes: readonly string[];
  /** A tensor that every tower of the format has and no other. */
  readonly mark: string;
  /** Outside the blocks; names without the prefix, ours without `visual.`. */
  readonly stem: readonly Renaming[];
  /** What stands before a block's number. */
  readonly blocks: string;
  readonly block: readonly Renaming[];
  /** Tensors of the tower that MM-GEM has no use for. */
  readonly unused: RegExp;
  readonly defaults: {
    readonly activation: Activation;
    readonly normalization: Normalization;
    readonly cropFraction: number;
    readonly layerNormEps: (preNorm: boolean) => number;
  };
}

/** What our optional tensors begin with: a model has all of a group, or none. */
const optionalGroups: readonly string[] = ['conv1.bias', 'ln_pre.'];

const both = (ours: string, theirs: string): Renaming[] => [
  [`${ours}.weight`, `${theirs}.weight`],
  [`${ours}.bias`, `${theirs}.bias`],
];

const openclip: VisionFormat = {
  name: 'openclip',
  form: 'openclip',
  prefixes: ['visual.', ''],
  mark: 'class_embedding',
  stem: [
    ['conv1.weight', 'conv1.weight'],
    ['class_embedding', 'class_embedding'],
    ['positional_embedding', 'positional_embedding'],
    ...both('ln_pre', 'ln_pre'),
    ...both('ln_post', 'ln_post'),
  ],
  blocks: 'transformer.resblocks.',
  block: [
    ...both('ln_1', 'ln_1'),
    ['attn.in_proj_weight', 'attn.in_proj_weight'],
    ['attn.in_proj_bias', 'attn.in_proj_bias'],
    ...both('attn.out_proj', 'attn.out_proj'),
    ...both('ln_2', 'ln_2'),
    ...both('mlp.c_fc', 'mlp.c_fc'),
    ...both('mlp.c_proj', 'mlp.c_proj'),
  ],
  unused: /^proj$/,
  defaults: {
    activation: 'gelu',
    normalization: clipNormalization,
    cropFraction: 1,
    layerNormEps: () => 1e-5,
  },
};

const huggingface: VisionFormat = {
  name: 'huggingface',
  form: 'openclip',
  prefixes: ['vision_model.', 'clip.vision_model.', ''],
  mark: 'embeddings.class_embedding',
  stem: [
    ['conv1.weight', 'embeddings.patch_embedding.weight'],
    ['class_embedding', 'embeddings.class_embedding'],
    ['positional_embedding', 'embeddings.position_embedding.weight'],
    ...both('ln_pre', 'pre_layrnorm'), // their spelling
    ...both('ln_post', 'post_layernorm'),
  ],
  blocks: 'encoder.layers.',
  block: [
    ...both('ln_1', 'layer_norm1'),
    ['attn.in_proj_weight', 'self_attn.q_proj.weight', 'self_attn.k_proj.weight', 'self_attn.v_proj.weight'],
    ['attn.in_proj_bias', 'self_attn.q_proj.bias', 'self_attn.k_proj.bias', 'self_attn.v_proj.bias'],
    ...both('attn.out_proj', 'self_attn.out_proj'),
    ...both('ln_2', 'layer_norm2'),
    ...both('mlp.c_fc', 'mlp.fc1'),
    ...both('mlp.c_proj', 'mlp.fc2'),
  ],
  unused: /^embeddings\.position_ids$/,
  defaults: { ...openclip.defaults, activation: 'quick_gelu' }, // the default of Hugging Face's CLIPVisionConfig
};

const timm: VisionFormat = {
  name: 'timm',
  form: 'timm',
  prefixes: ['visual.trunk.', 'trunk.', ''],
  mark: 'cls_token',
  stem: [
    ...both('conv1', 'patch_embed.proj'),
    ['class_embedding', 'cls_token'],
    ['positional_embedding', 'pos_embed'],
    ...both('ln_pre', 'norm_pre'),
    ...both('ln_post', 'norm'),
  ],
  blocks: 'blocks.',
  block: [
    ...both('ln_1', 'norm1'),
    ['attn.in_proj_weight', 'attn.qkv.weight'],
    ['attn.in_proj_bias', 'attn.qkv.bias'],
    ...both('attn.out_proj', 'attn.proj'),
    ...both('ln_2', 'norm2'),
    ...both('mlp.c_fc', 'mlp.fc1'),
    ...both('mlp.c_proj', 'mlp.fc2'),
  ],
  unused: /^head\.(weight|bias)$/,
  defaults: {
    activation: 'gelu',
    normalization: halfNormalization,
    cropFraction: 0.9,
    layerNormEps: (preNorm) => (preNorm ? 1e-5 : 1e-6), // timm's conversions of CLIP are the ones with norm_pre
  },
};

export const visionFormats: readonly VisionFormat[] = [openclip, huggingface, timm];

/** The format of a checkpoint and what stands before its tower's names, `module.` of data-parallel training included. */
export function detectVisionFormat(checkpoint: Checkpoint): { format: VisionFormat; prefix: string } | undefined {
  for (const format of visionFormats) {
    for (const prefix of format.prefixes.flatMap((p) => [p, `module.${p}`])) {
      if (checkpoint.has(prefix + format.mark)) return { format, prefix };
    }
  }
  return undefined;
}

/** The stem that a checkpoint has: all that is required, and the optional groups of which it has anything. */
export function presentStem(checkpoint: Checkpoint, { stem }: VisionFormat, prefix: string): Renaming[] {
  return stem.filter(([ours]) => {
    const group = optionalGroups.find((start) => ours.startsWith(start));
    if (group === undefined) return true;
    return stem.some(([other, theirs]) => other.startsWith(group) && checkpoint.has(prefix + theirs));
  });
}
