/** The vision transformer forward: images [B, 3, Y, X] → tokens [B, 1 + N, C]. */
import { input, trace } from '../../dsl/index.ts';
import type { MmgemConfig } from '../../model/config.ts';
import { namedConfig } from '../../model/configs.ts';
import { modelGraph } from '../../model/graph/model.ts';
import { vit } from '../../model/graph/vit.ts';
import { visionShapes } from '../../model/parameters.ts';
import { vitJax } from '../peers/vit-jax.ts';
import { vitOnnx } from '../peers/vit-onnx.ts';
import { vitTfjs } from '../peers/vit-tfjs.ts';
import type { Suite, WorkloadCase } from './suite.ts';
import { normal, type Operands, type Workload, weight } from './workload.ts';

/** As OpenCLIP's transformers, and small: what a quick run measures. */
function small(): MmgemConfig {
  const base = namedConfig('vit-b-16+tinyllama');
  return { ...base, vision: { ...base.vision, image_size: 64, width: 192, layers: 2, heads: 3 } };
}

export function vitWorkload(config: MmgemConfig, batch: number): Workload {
  const { vision } = config;
  const images = [batch, 3, vision.image_size, vision.image_size];
  const weights: Operands = new Map([...visionShapes(vision)].map(([name, shape]) => [name, weight(shape)]));
  return {
    weights,
    inputs: new Map([['images', normal(images)]]),
    sizes: { B: batch },
    graph() {
      const m = modelGraph(config);
      return trace('vit', { y: vit(m, input('images', [m.dims.B, ...m.dims.image])) });
    },
    onnx: (data) => vitOnnx(config, batch, (key) => data.get(key) as Float32Array),
    jax: vitJax(config, batch),
    tfjs: vitTfjs(config, batch),
  };
}

const models: readonly (readonly [name: string, config: () => MmgemConfig, when?: 'quick'])[] = [
  ['small ViT', small, 'quick'],
  ['ViT-B/16', () => namedConfig('vit-b-16+tinyllama')],
  ['ViT-L/14', () => namedConfig('vit-l-14+tinyllama')],
];

const cases = models.flatMap(([name, config, when]) =>
  [1, 8].map(
    (batch): WorkloadCase => ({
      kind: 'workload',
      name: `${name}, batch ${batch}`,
      batch,
      per: { count: batch, unit: 'images' },
      ...(when && { when }),
      workload: () => vitWorkload(config(), batch),
    }),
  ),
);

export const vitSuite: Suite = {
  name: 'vit',
  about: 'A vision transformer, forward: images to tokens, random weights, the same for all',
  cases,
};
