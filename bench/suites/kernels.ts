/** Kernels on their own: products of the shapes of ViT-B, ViT-L and TinyLlama, square ones, attention, norms, RoIAlign. */
import { attentionWorkload, type NormShape, normWorkload, productWorkload, roiAlignWorkload } from './operators.ts';
import type { Suite, WorkloadCase } from './suite.ts';
import type { Workload } from './workload.ts';

type When = WorkloadCase['when'];

function kernel(name: string, workload: () => Workload, when?: When): WorkloadCase {
  return { kind: 'workload', micro: true, name, workload, ...(when && { when }) };
}

/** [rows, depth, columns] */
const products: readonly (readonly [title: string, shape: readonly [number, number, number], when?: When])[] = [
  ['product 128³', [128, 128, 128], 'quick'],
  ['product 768³', [768, 768, 768]],
  ['product 1024³', [1024, 1024, 1024]],
  ['product 1536³', [1536, 1536, 1536]],
  ['product 2048³', [2048, 2048, 2048]],
  ['ViT-B in_proj 197×768·2304', [197, 768, 2304]],
  ['ViT-B out_proj 197×768·768', [197, 768, 768]],
  ['ViT-B c_fc 197×768·3072', [197, 768, 3072]],
  ['ViT-B c_proj 197×3072·768', [197, 3072, 768]],
  ['ViT-L in_proj 257×1024·3072', [257, 1024, 3072]],
  ['ViT-L out_proj 257×1024·1024', [257, 1024, 1024]],
  ['ViT-L c_fc 257×1024·4096', [257, 1024, 4096]],
  ['ViT-L c_proj 257×4096·1024', [257, 4096, 1024]],
  ['TinyLlama q_proj 128×2048·2048', [128, 2048, 2048]],
  ['TinyLlama gate_proj 128×2048·5632', [128, 2048, 5632]],
  ['TinyLlama down_proj 128×5632·2048', [128, 5632, 2048]],
  ['TinyLlama gate_proj, 1 row', [1, 2048, 5632]],
  ['TinyLlama lm_head, 1 row', [1, 2048, 32002]],
];

const attentions: readonly (readonly [string, Parameters<typeof attentionWorkload>[0], When?])[] = [
  ['attention, 3 heads, 17 tokens', { batch: 2, heads: 3, tokens: 17, width: 64 }, 'quick'],
  ['attention of ViT-B, batch 1', { batch: 1, heads: 12, tokens: 197, width: 64 }],
  ['attention of ViT-B, batch 8', { batch: 8, heads: 12, tokens: 197, width: 64 }],
  ['attention of ViT-L, batch 1', { batch: 1, heads: 16, tokens: 257, width: 64 }],
  ['attention of TinyLlama, causal', { batch: 1, heads: 32, tokens: 128, width: 64, causal: true }],
];

const norms: readonly (readonly [string, NormShape, When?])[] = [
  ['layer norm 17×192', { norm: 'layerNorm', rows: 17, width: 192 }, 'quick'],
  ['layer norm of ViT-B, batch 8', { norm: 'layerNorm', rows: 8 * 197, width: 768 }],
  ['layer norm of ViT-L, batch 8', { norm: 'layerNorm', rows: 8 * 257, width: 1024 }],
  ['RMS norm of TinyLlama', { norm: 'rmsNorm', rows: 128, width: 2048 }],
];

const regions: readonly (readonly [string, Parameters<typeof roiAlignWorkload>[0], When?])[] = [
  ['RoIAlign of 4 boxes', { channels: 32, side: 8, regions: 4, bins: 3 }, 'quick'],
  ['RoIAlign of ViT-B, 16 boxes', { channels: 768, side: 14, regions: 16, bins: 7 }],
  ['RoIAlign of ViT-L, 16 boxes', { channels: 1024, side: 16, regions: 16, bins: 7 }],
];

export const kernelSuite: Suite = {
  name: 'kernels',
  about: 'One operator at a time; the right operand of a product is a weight, arranged beforehand',
  cases: [
    ...products.map(([title, shape, when]) => kernel(title, () => productWorkload(...shape), when)),
    ...attentions.map(([title, shape, when]) => kernel(title, () => attentionWorkload(shape), when)),
    ...norms.map(([title, shape, when]) => kernel(title, () => normWorkload(shape), when)),
    ...regions.map(([title, shape, when]) => kernel(title, () => roiAlignWorkload(shape), when)),
  ],
};
