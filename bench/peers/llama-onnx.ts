/** The language model as an ONNX model, node for node what model/graph/llm.ts says: the logits of the last token. */
import { ropeFrequencies } from '../../dsl/index.ts';
import { headWidth, type MmgemConfig } from '../../model/config.ts';
import type { Data } from '../suites/workload.ts';
import { OnnxGraph, type OnnxValue, transposed } from './onnx.ts';
import { causalMask, rmsNormOnnx } from './onnx-parts.ts';

export interface LlamaShape {
  /** New tokens: several without a past, or one behind it. */
  readonly tokens: number;
  /** Tokens whose keys and values are there already; they are inputs, `past.0.k` [1, G, past, K]. */
  readonly past: number;
}

/** ids [1, tokens] → logits [1, V]. */
export function llamaOnnx({ language }: MmgemConfig, { tokens, past }: LlamaShape, data: Data): Uint8Array {
  const { hidden_size: d, heads, kv_heads: groups, layers, intermediate_size: f, vocab_size: vocab } = language;
  const k = headWidth(language);
  const g = new OnnxGraph();
  const values = (name: string): Float32Array => data.get(name) as Float32Array;
  const linear = (x: string, name: string, inner: number, outer: number): string =>
    g.node('MatMul', [x, g.weight([inner, outer], transposed(values(name), outer, inner))]);
  const norm = (x: string, name: string): string =>
    rmsNormOnnx(g, x, g.weight([d], values(name)), language.rms_norm_eps);
  const shaped = (x: string, ...shape: number[]): string => g.node('Reshape', [x, g.integers(shape)]);
  const part = (x: string, axis: number, from: number, to: number): string =>
    g.node('Slice', [x, g.integers([from]), g.integers([to]), g.integers([axis])]);

  const angles = Array.from({ length: tokens }, (_, i) =>
    Array.from(ropeFrequencies(k, language.rope_theta), (frequency) => (past + i) * frequency),
  ).flat();
  const table = (of: (angle: number) => number): string =>
    g.weight([1, 1, tokens, k / 2], Float32Array.from(angles, of));
  const [cosine, sine] = [table(Math.cos), table(Math.sin)];
  const rope = (x: string): string => {
    const [low, high] = [part(x, 3, 0, k / 2), part(x, 3, k / 2, k)];
    const turned = (a: string, b: string, operator: string): string =>
      g.node(operator, [g.node('Mul', [a, cosine]), g.node('Mul', [b, sine])]);
    return g.node('Concat', [turned(low, high, 'Sub'), turned(high, low, 'Add')], { axis: 3 });
  };
  const perHead = (x: string, count: number): string =>
    g.node('Transpose', [shaped(x, 1, tokens, count, k)], { perm: [0, 2, 1, 3] });
  const inputs: OnnxValue[] = [{ name: 'ids', shape: [1, tokens], type: 'int64' }];
  const behind = (name: string, fresh: string): string => {
    if (past === 0) return fresh;
    inputs.push({ name, shape: [1, groups, past, k] });
    return g.node('Concat', [name, fresh], { axis: 2 });
  };
  const keys = past + tokens;
  /** Every group of keys stands once for each query head that shares it. */
  const repeated = (x: string): string => {
    const shape = g.integers([1, groups, heads / groups, keys, k]);
    return shaped(g.node('Expand', [shaped(x, 1, groups, 1, keys, k), shape]), 1, heads, keys, k);
  };

  let x = g.node('Gather', [g.weight([vocab, d], values('model.embed_tokens.weight')), 'ids']);
  const mask = tokens > 1 ? g.weight([tokens, tokens], causalMask(tokens)) : undefined;
  for (let layer = 0; layer < layers; layer++) {
    const block = `model.layers.${layer}`;
    const h = norm(x, `${block}.input_layernorm.weight`);
    const project = (name: string, count: number): string =>
      perHead(linear(h, `${block}.self_attn.${name}_proj.weight`, d, count * k), count);
    const q = rope(project('q', heads));
    const allKeys = repeated(behind(`past.${layer}.k`, rope(project('k', groups))));
    const allValues = repeated(behind(`past.${layer}.v`, project('v', groups)));
    const product = g.node('MatMul', [q, g.node('Transpose', [allKeys], { perm: [0, 1, 3, 2] })]);
    const scores = g.node('Mul', [product, g.scalar(1 / Math.sqrt(k))]);
    const weights = g.node('Softmax', [mask === undefined ? scores : g.node('Add', [scores, mask])]);
    const mixed = g.node('Transpose', [g.node('MatMul', [weights, allValues])], { perm: [0, 2, 1, 3] });
    x = g.node('Add', [x, linear(shaped(mixed, 1, tokens, d), `${block}.self_attn.o_proj.weight`, d, d)]);
    const h2 = norm(x, `${block}.post_attention_layernorm.weight`);
    const gate = linear(h2, `${block}.mlp.gate_proj.weight`, d, f);
    const active = g.node('Mul', [gate, g.node('Sigmoid', [gate])]);
    const product2 = g.node('Mul', [active, linear(h2, `${block}.mlp.up_proj.weight`, d, f)]);
    x = g.node('Add', [x, linear(product2, `${block}.mlp.down_proj.weight`, f, d)]);
  }
  const last = norm(shaped(part(x, 1, tokens - 1, tokens), 1, d), 'model.norm.weight');
  const head = language.tie_word_embeddings ? 'model.embed_tokens.weight' : 'lm_head.weight';
  return g.model(inputs, { name: linear(last, head, d, vocab), shape: [1, vocab] });
}
