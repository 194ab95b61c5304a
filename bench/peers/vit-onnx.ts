/** The vision transformer as an ONNX model, node for node what model/graph/vit.ts says, in OpenCLIP's form. */
import type { MmgemConfig } from '../../model/config.ts';
import { OnnxGraph, transposed } from './onnx.ts';

/** A parameter by its key, row-major. */
export type ReadParameter = (key: string) => Float32Array;

/** images [B, 3, S, S] → tokens after ln_post [B, 1 + N, W]. LayerNormalization's default epsilon is CLIP's 1e-5. */
export function vitOnnx({ vision }: MmgemConfig, batch: number, parameter: ReadParameter): Uint8Array {
  const { width, heads, layers, patch_size: patch, image_size: side } = vision;
  const tokens = (side / patch) ** 2 + 1;
  const g = new OnnxGraph();
  const weight = (key: string, ...shape: number[]): string => g.weight(shape, parameter(key));
  const norm = (x: string, key: string): string =>
    g.node('LayerNormalization', [x, weight(`${key}.weight`, width), weight(`${key}.bias`, width)]);
  const linear = (x: string, w: string, b: string, inner: number, outer: number): string =>
    g.node('Add', [
      g.node('MatMul', [x, g.weight([inner, outer], transposed(parameter(w), outer, inner))]),
      weight(b, outer),
    ]);
  const reshape = (x: string, ...shape: number[]): string => g.node('Reshape', [x, g.integers(shape)]);

  const embedded = g.node('Conv', ['images', weight('visual.conv1.weight', width, 3, patch, patch)], {
    kernel_shape: [patch, patch],
    strides: [patch, patch],
  });
  const patches = g.node('Transpose', [reshape(embedded, batch, width, tokens - 1)], { perm: [0, 2, 1] });
  const one = g.node('Expand', [weight('visual.class_embedding', 1, 1, width), g.integers([batch, 1, width])]);
  const all = g.node('Concat', [one, patches], { axis: 1 });
  let x = norm(g.node('Add', [all, weight('visual.positional_embedding', tokens, width)]), 'visual.ln_pre');
  for (let i = 0; i < layers; i++) {
    const block = `visual.transformer.resblocks.${i}`;
    const qkv = linear(
      norm(x, `${block}.ln_1`),
      `${block}.attn.in_proj_weight`,
      `${block}.attn.in_proj_bias`,
      width,
      3 * width,
    );
    const split = g.node('Transpose', [reshape(qkv, batch, tokens, 3, heads, width / heads)], {
      perm: [2, 0, 3, 1, 4],
    });
    const [q, k, v] = [0, 1, 2].map((part) =>
      reshape(
        g.node('Slice', [split, g.integers([part]), g.integers([part + 1]), g.integers([0])]),
        batch,
        heads,
        tokens,
        width / heads,
      ),
    ) as [string, string, string];
    const scores = g.node('MatMul', [q, g.node('Transpose', [k], { perm: [0, 1, 3, 2] })]);
    const weights = g.node('Softmax', [g.node('Mul', [scores, g.scalar(1 / Math.sqrt(width / heads))])]);
    const mixed = reshape(
      g.node('Transpose', [g.node('MatMul', [weights, v])], { perm: [0, 2, 1, 3] }),
      batch,
      tokens,
      width,
    );
    x = g.node('Add', [x, linear(mixed, `${block}.attn.out_proj.weight`, `${block}.attn.out_proj.bias`, width, width)]);
    const hidden = width * vision.mlp_ratio;
    const h = linear(norm(x, `${block}.ln_2`), `${block}.mlp.c_fc.weight`, `${block}.mlp.c_fc.bias`, width, hidden);
    const erf = g.node('Erf', [g.node('Mul', [h, g.scalar(Math.SQRT1_2)])]);
    const active = g.node('Mul', [g.node('Mul', [h, g.scalar(0.5)]), g.node('Add', [erf, g.scalar(1)])]);
    x = g.node('Add', [x, linear(active, `${block}.mlp.c_proj.weight`, `${block}.mlp.c_proj.bias`, hidden, width)]);
  }
  const output = norm(x, 'visual.ln_post');
  return g.model([{ name: 'images', shape: [batch, 3, side, side] }], { name: output, shape: [batch, tokens, width] });
}
