/**
 * The vision transformer (Dosovitskiy et al. 2021): images [B, 3, Y, X] → tokens [B, 1 + N, C], class token first. OpenCLIP's
 * form has a layer norm before the first block, timm's has none and a bias on the patches.
 */
import {
  add,
  attention,
  concat,
  type Dim,
  dim,
  expand,
  gelu,
  index,
  layerNorm,
  linear,
  merge,
  patchEmbed,
  permute,
  quickGelu,
  rename,
  slice,
  split,
  type Tensor,
} from '../../dsl/index.ts';
import type { ModelGraph } from './model.ts';

/** [B, 3, Y, X], normalised as preprocessor_config.json says. */
export type Images = Tensor<readonly [Dim<'B'>, Dim<'colour'>, Dim<'Y'>, Dim<'X'>]>;
export type VisionTokens = Tensor<readonly [Dim<'B'>, Dim<'N'>, Dim<'C'>]>;

const activations = { gelu, quick_gelu: quickGelu };

/** Every token after ln_post, [B, 1 + N, C], class token first. */
export function vit(m: ModelGraph, images: Images): VisionTokens {
  return norm(m, 'visual.ln_post', hiddenTokens(m, images));
}

/** V, the patch tokens after ln_post without the class token: [B, N, C]. */
export function featureMap(m: ModelGraph, images: Images): VisionTokens {
  return norm(m, 'visual.ln_post', slice(hiddenTokens(m, images), 'N', { start: 1 }));
}

/** The class token after ln_post, [B, C]: what timm's classifier reads. */
export function classToken(m: ModelGraph, images: Images): Tensor<readonly [Dim<'B'>, Dim<'C'>]> {
  const token = index(hiddenTokens(m, images), 'N', 0);
  const { C } = m.dims;
  const [weight, bias] = [m.vector('visual.ln_post.weight', [C]), m.vector('visual.ln_post.bias', [C])];
  return layerNorm(token, weight, bias, m.config.vision.layer_norm_eps);
}

function hiddenTokens(m: ModelGraph, images: Images): VisionTokens {
  const embedded = embedPatches(m, images);
  const start = m.config.vision.pre_norm ? norm(m, 'visual.ln_pre', embedded) : embedded;
  const blocks = Array.from({ length: m.config.vision.layers }, (_, i) => `visual.transformer.resblocks.${i}`);
  return blocks.reduce((x, block) => mlp(m, block, selfAttention(m, block, x)), start);
}

/** Class token and patches, with their positions added. */
function embedPatches(m: ModelGraph, images: Images): VisionTokens {
  const { C, patch } = m.dims;
  const product = patchEmbed(images, m.matrix('visual.conv1.weight', [C, ...patch]), 'N');
  const patches = m.config.vision.patch_bias ? add(product, m.vector('visual.conv1.bias', [C])) : product;
  const classEmbedding = expand(m.vector('visual.class_embedding', [C]), [images.shape[0], dim('N', 1), C]);
  const tokens = concat([classEmbedding, patches], 'N');
  return add(tokens, m.vector('visual.positional_embedding', [dim('N', m.dims.grid ** 2 + 1), C])) as VisionTokens;
}

function selfAttention(m: ModelGraph, block: string, x: VisionTokens): VisionTokens {
  const { C } = m.dims;
  const { H, K } = m.dims.vision;
  const packed = dim('QKV', m.config.vision.width * 3);
  const inWeight = m.matrix(`${block}.attn.in_proj_weight`, [packed, C]);
  const inBias = m.vector(`${block}.attn.in_proj_bias`, [packed]);
  const projected = linear(norm(m, `${block}.ln_1`, x), inWeight, inBias);
  const heads = permute(split(projected, 'QKV', [dim('part', 3), H, K]), ['part', 'B', 'H', 'N', 'K']);
  const [q, k, v] = [index(heads, 'part', 0), index(heads, 'part', 1), index(heads, 'part', 2)];
  const mixed = attention(q, rename(k, 'N', 'S'), rename(v, 'N', 'S'));
  const joined = merge(permute(mixed, ['B', 'N', 'H', 'K']), ['H', 'K'], 'A');
  const outWeight = m.matrix(`${block}.attn.out_proj.weight`, [C, dim('A', m.config.vision.width)]);
  return add(x, linear(joined, outWeight, m.vector(`${block}.attn.out_proj.bias`, [C])));
}

function mlp(m: ModelGraph, block: string, x: VisionTokens): VisionTokens {
  const { C } = m.dims;
  const { F } = m.dims.vision;
  const wide = linear(
    norm(m, `${block}.ln_2`, x),
    m.matrix(`${block}.mlp.c_fc.weight`, [F, C]),
    m.vector(`${block}.mlp.c_fc.bias`, [F]),
  );
  const active = activations[m.config.vision.activation](wide);
  const [weight, bias] = [m.matrix(`${block}.mlp.c_proj.weight`, [C, F]), m.vector(`${block}.mlp.c_proj.bias`, [C])];
  return add(x, linear(active, weight, bias));
}

function norm(m: ModelGraph, name: string, x: VisionTokens): VisionTokens {
  const { C } = m.dims;
  return layerNorm(x, m.vector(`${name}.weight`, [C]), m.vector(`${name}.bias`, [C]), m.config.vision.layer_norm_eps);
}
