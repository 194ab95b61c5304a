/**
 * The language model: a causal Llama (Touvron et al. 2023) with grouped queries, rotary positions and SwiGLU. Text encoder
 * and caption decoder at once. x [B, T, D] → hidden states [B, T, D].
 */
import {
  add,
  addExtents,
  attention,
  type Dim,
  dim,
  fixedExtent,
  gather,
  index,
  indices,
  linear,
  merge,
  mul,
  permute,
  rename,
  rmsNorm,
  rope,
  silu,
  size,
  slice,
  split,
  state,
  subtractExtents,
  symbol,
  type Tensor,
  update,
} from '../../dsl/index.ts';
import type { ModelGraph } from './model.ts';

export type HiddenStates = Tensor<readonly [Dim<'B'>, Dim<'T'>, Dim<'D'>]>;
export type LastHidden = Tensor<readonly [Dim<'B'>, Dim<'D'>]>;
export type TokenIds = Tensor<readonly [Dim<'B'>, Dim<'T'>]>;
export type Logits<T extends string = 'T'> = Tensor<readonly [Dim<'B'>, Dim<T>, Dim<'V'>]>;
type PerHead<G extends string, T extends string> = Tensor<readonly [Dim<'B'>, Dim<G>, Dim<T>, Dim<'K'>]>;

/** Where the tokens stand, and which keys and values their queries see. */
export interface Context {
  readonly positions: Tensor<readonly [Dim<'T'>]>;
  /** Adds the keys and values of a layer's new tokens, and gives all that there are. */
  remember(layer: number, k: PerHead<'G', 'T'>, v: PerHead<'G', 'T'>): readonly [PerHead<'G', 'S'>, PerHead<'G', 'S'>];
}

/** The tokens are the whole sequence. */
export function wholeSequence(tokens: Dim<'T'>): Context {
  return { positions: indices(tokens), remember: (_, k, v) => [rename(k, 'T', 'S'), rename(v, 'T', 'S')] };
}

/** Names of a layer's two cache states, [B, G, capacity, K]. */
export const cacheNames = (layer: number) => ({ k: `cache.${layer}.k`, v: `cache.${layer}.v` });

/** A layer's cache, keys first. */
export function cacheStates({ dims }: ModelGraph, layer: number) {
  const shape = [dims.B, dims.language.G, dims.capacity, dims.language.K] as const;
  const { k, v } = cacheNames(layer);
  return [state(k, shape), state(v, shape)] as const;
}

/**
 * The tokens follow P others (the size `P`) whose keys and values lie in the cache, and are written behind them in place:
 * the same program for every position.
 */
export function afterCache(m: ModelGraph, tokens: Dim<'T'>): Context & { readonly updates: readonly Tensor[] } {
  const past = symbol('P');
  const end = addExtents(past, tokens.extent);
  const updates: Tensor[] = [];
  const write = (cache: PerHead<'G', 'S'>, fresh: PerHead<'G', 'T'>): PerHead<'G', 'S'> => {
    const written = update(cache, rename(fresh, 'T', 'S'), { along: 'S', start: past });
    updates.push(written);
    return slice(written, 'S', { end });
  };
  return {
    positions: add(indices(tokens), size(past, 'i32')),
    remember: (layer, k, v) => {
      const [keys, values] = cacheStates(m, layer);
      return [write(keys, k), write(values, v)];
    },
    updates,
  };
}

/** Embeddings of token ids, [B, T] → [B, T, D]. */
export function embedTokens(m: ModelGraph, ids: TokenIds): HiddenStates {
  return permute(gather(embeddingTable(m), ids, 'V'), ['B', 'T', 'D']);
}

/** All layers, without the final norm. */
export function llmLayers(m: ModelGraph, x: HiddenStates, context: Context): HiddenStates {
  const layers = Array.from({ length: m.config.language.layers }, (_, i) => i);
  return layers.reduce((h, layer) => swiglu(m, layer, selfAttention(m, layer, h, context)), x);
}

/** Hidden states after the final norm, of a whole sequence. */
export function llm(m: ModelGraph, x: HiddenStates): HiddenStates {
  const weight = m.vector('model.norm.weight', [m.dims.D]);
  return rmsNorm(llmLayers(m, x, wholeSequence(x.shape[1])), weight, m.config.language.rms_norm_eps);
}

/** The hidden state of one token each, after the final norm: [B, D]. */
export function finalNorm(m: ModelGraph, x: LastHidden): LastHidden {
  return rmsNorm(x, m.vector('model.norm.weight', [m.dims.D]), m.config.language.rms_norm_eps);
}

/** The last token's hidden state, after the final norm. */
export function lastHidden(m: ModelGraph, layers: HiddenStates): LastHidden {
  return finalNorm(m, index(layers, 'T', subtractExtents(layers.shape[1].extent, 1)));
}

/** Scores of every token of the vocabulary; where the head is tied it is the embedding table. */
export function logits<S extends readonly Dim[]>(
  m: ModelGraph,
  hidden: Tensor<readonly [...S, Dim<'D'>]>,
): Tensor<readonly [...S, Dim<'V'>]> {
  const { V, D } = m.dims;
  const head = m.config.language.tie_word_embeddings ? embeddingTable(m) : m.matrix('lm_head.weight', [V, D]);
  return linear(hidden, head);
}

/** The length of a dimension that is fixed. */
const lengthOf = ({ extent }: Dim): number => fixedExtent(extent)!;

const embeddingTable = (m: ModelGraph) => m.matrix('model.embed_tokens.weight', [m.dims.V, m.dims.D]);

function selfAttention(m: ModelGraph, layer: number, x: HiddenStates, context: Context): HiddenStates {
  const { D } = m.dims;
  const { H, G, K } = m.dims.language;
  const block = `model.layers.${layer}`;
  const { hidden_size, rms_norm_eps } = m.config.language;
  const h = rmsNorm(x, m.vector(`${block}.input_layernorm.weight`, [D]), rms_norm_eps);
  const heads = <N extends string>(part: 'q' | 'k' | 'v', count: Dim<N>): PerHead<N, 'T'> => {
    const width = dim('A', lengthOf(count) * lengthOf(K));
    const projected = linear(h, m.matrix(`${block}.self_attn.${part}_proj.weight`, [width, D]));
    return permute(split(projected, 'A', [count, K]), ['B', count.name, 'T', 'K']) as unknown as PerHead<N, 'T'>;
  };
  const frequencies = m.vector('rope.frequencies', [dim('K', lengthOf(K) / 2)]);
  const q = rope(heads('q', H), context.positions, frequencies);
  const k = rope(heads('k', G), context.positions, frequencies);
  const [keys, values] = context.remember(layer, k, heads('v', G));
  const mixed = attention(q, keys, values, { causal: true });
  const joined = merge(permute(mixed, ['B', 'T', 'H', 'K']), ['H', 'K'], 'A');
  return add(x, linear(joined, m.matrix(`${block}.self_attn.o_proj.weight`, [D, dim('A', hidden_size)])));
}

function swiglu(m: ModelGraph, layer: number, x: HiddenStates): HiddenStates {
  const { D } = m.dims;
  const { F } = m.dims.language;
  const block = `model.layers.${layer}`;
  const h = rmsNorm(x, m.vector(`${block}.post_attention_layernorm.weight`, [D]), m.config.language.rms_norm_eps);
  const gate = linear(h, m.matrix(`${block}.mlp.gate_proj.weight`, [F, D]));
  const up = linear(h, m.matrix(`${block}.mlp.up_proj.weight`, [F, D]));
  return add(x, linear(mul(silu(gate), up), m.matrix(`${block}.mlp.down_proj.weight`, [D, F])));
}
