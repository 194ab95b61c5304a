/** The vision transformer for TensorFlow.js, as model/graph/vit.ts says, in OpenCLIP's form. */
import { gridSize, type MmgemConfig } from '../../model/config.ts';
import type { Workload } from '../suites/workload.ts';
import type { Tfjs, TfjsTensor } from './tfjs.ts';

export function layerNormTfjs(
  tf: Tfjs,
  x: TfjsTensor,
  weight: TfjsTensor,
  bias: TfjsTensor,
  epsilon: number,
): TfjsTensor {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  const variance = tf.mean(tf.square(centred), -1, true);
  return tf.add(tf.mul(tf.mul(centred, tf.rsqrt(tf.add(variance, epsilon))), weight), bias);
}

export function vitTfjs({ vision }: MmgemConfig, batch: number): NonNullable<Workload['tfjs']> {
  const { width, heads, layers, patch_size: patch, layer_norm_eps: epsilon } = vision;
  const grid = gridSize(vision);
  const tokens = grid ** 2 + 1;
  return (tf, operands) => {
    const p = (name: string): TfjsTensor => operands[name]!;
    // x [B · tokens, inner]: its products are of matrices, which the backend multiplies without a copy of the weight for each image.
    const linear = (x: TfjsTensor, name: string, suffix = '.'): TfjsTensor =>
      tf.add(tf.matMul(x, p(`${name}${suffix}weight`), false, true), p(`${name}${suffix}bias`));
    const norm = (x: TfjsTensor, name: string): TfjsTensor =>
      layerNormTfjs(tf, x, p(`${name}.weight`), p(`${name}.bias`), epsilon);
    const gelu = (x: TfjsTensor): TfjsTensor => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));
    const perHead = (x: TfjsTensor): TfjsTensor =>
      tf.transpose(tf.reshape(x, [batch, tokens, heads, width / heads]), [0, 2, 1, 3]);

    const rows = tf.transpose(tf.reshape(p('images'), [batch * 3, grid, patch, grid, patch]), [0, 1, 3, 2, 4]);
    const pixels = tf.transpose(tf.reshape(rows, [batch, 3, grid ** 2, patch ** 2]), [0, 2, 1, 3]);
    const filters = tf.reshape(p('visual.conv1.weight'), [width, 3 * patch ** 2]);
    const product = tf.matMul(tf.reshape(pixels, [batch * grid ** 2, 3 * patch ** 2]), filters, false, true);
    const first = tf.tile(tf.reshape(p('visual.class_embedding'), [1, 1, width]), [batch, 1, 1]);
    const all = tf.concat([first, tf.reshape(product, [batch, grid ** 2, width])], 1);
    let x = tf.reshape(tf.add(all, p('visual.positional_embedding')), [batch * tokens, width]);
    x = norm(x, 'visual.ln_pre');
    for (let i = 0; i < layers; i++) {
      const block = `visual.transformer.resblocks.${i}`;
      const projected = linear(norm(x, `${block}.ln_1`), `${block}.attn.in_proj`, '_');
      const [q, k, v] = tf.split(projected, 3, 1).map(perHead) as [TfjsTensor, TfjsTensor, TfjsTensor];
      const scores = tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(width / heads));
      const mixed = tf.transpose(tf.matMul(tf.softmax(scores), v), [0, 2, 1, 3]);
      x = tf.add(x, linear(tf.reshape(mixed, [batch * tokens, width]), `${block}.attn.out_proj`));
      const wide = linear(norm(x, `${block}.ln_2`), `${block}.mlp.c_fc`);
      x = tf.add(x, linear(gelu(wide), `${block}.mlp.c_proj`));
    }
    return norm(x, 'visual.ln_post');
  };
}
