/** The vision transformer for @jax-js/jax, as model/graph/vit.ts says, in OpenCLIP's form. */
import { gridSize, type MmgemConfig, mlpWidth } from '../../model/config.ts';
import type { Workload } from '../suites/workload.ts';
import { attentionJax, type JaxArray } from './jax.ts';

export function vitJax({ vision }: MmgemConfig, batch: number): NonNullable<Workload['jax']> {
  const { width, heads, layers, patch_size: patch, layer_norm_eps: epsilon } = vision;
  const [grid, hidden] = [gridSize(vision), mlpWidth(vision)];
  const tokens = grid ** 2 + 1;
  return (jax, operands) => {
    const { numpy: np, nn } = jax;
    const p = (name: string): JaxArray => operands[name]!.ref;
    const linear = (x: JaxArray, name: string, suffix = '.'): JaxArray =>
      np.matmul(x, p(`${name}${suffix}weight`).transpose([1, 0])).add(p(`${name}${suffix}bias`));
    const norm = (x: JaxArray, name: string): JaxArray =>
      nn
        .standardize(x, -1, { epsilon })
        .mul(p(`${name}.weight`))
        .add(p(`${name}.bias`));

    const pixels = p('images')
      .reshape([batch * 3, grid, patch, grid, patch])
      .transpose([0, 1, 3, 2, 4])
      .reshape([batch, 3, grid ** 2, patch ** 2])
      .transpose([0, 2, 1, 3])
      .reshape([batch, grid ** 2, 3 * patch ** 2]);
    const filters = p('visual.conv1.weight').reshape([width, 3 * patch ** 2]);
    const patches = np.matmul(pixels, filters.transpose([1, 0]));
    const first = np.broadcastTo(p('visual.class_embedding').reshape([1, 1, width]), [batch, 1, width]);
    let x = norm(np.concatenate([first, patches], 1).add(p('visual.positional_embedding')), 'visual.ln_pre');
    for (let i = 0; i < layers; i++) {
      const block = `visual.transformer.resblocks.${i}`;
      const projected = linear(norm(x.ref, `${block}.ln_1`), `${block}.attn.in_proj`, '_');
      const [q, k, v] = np
        .split(projected, 3, 2)
        .map((part) => part.reshape([batch, tokens, heads, width / heads])) as [JaxArray, JaxArray, JaxArray];
      const mixed = attentionJax(jax, q, k, v, Math.sqrt(heads / width)).reshape([batch, tokens, width]);
      x = x.add(linear(mixed, `${block}.attn.out_proj`));
      const wide = linear(norm(x.ref, `${block}.ln_2`), `${block}.mlp.c_fc`).reshape([batch, tokens, hidden]);
      x = x.add(linear(nn.gelu(wide, { approximate: false }), `${block}.mlp.c_proj`));
    }
    return norm(x, 'visual.ln_post');
  };
}
