// Reductions and products, and what is composed of them.
import type { Tensor } from '../../../dsl/index.ts';
import * as dsl from '../../../dsl/index.ts';
import type { Case } from '../gradient-check.ts';
import { cube, matrix, type Rows, shapeOf, table } from './shapes.ts';

export const reductions: Rows = table(
  Object.entries({ sum: dsl.sum, max: dsl.max, mean: dsl.mean } as Readonly<
    Record<string, (x: Tensor, ...over: string[]) => Tensor>
  >).flatMap(([name, f]): [string, Case][] => [
    [`${name}, over the first dimension`, (t) => f(cube(t), 'B')],
    [`${name}, over the last`, (t) => f(cube(t), 'W')],
    [`${name}, over two that are not neighbours`, (t) => f(cube(t), 'W', 'B')],
    [`${name}, over all`, (t) => f(cube(t), 'T', 'W', 'B')],
  ]),
);

export const norms: Rows = {
  ...table(
    Object.entries({
      softmax: dsl.softmax,
      logSoftmax: dsl.logSoftmax,
      logSumExp: dsl.logSumExp,
      l2Normalize: dsl.l2Normalize,
    } as Readonly<Record<string, (x: Tensor, along: string) => Tensor>>).flatMap(([name, f]): [string, Case][] => [
      [`${name}, along the last dimension`, (t) => f(cube(t), 'W')],
      [`${name}, along the first`, (t) => f(cube(t), 'B')],
    ]),
  ),
  layerNorm: (t) => {
    const x = cube(t);
    const W = x.shape[2];
    return dsl.layerNorm(x, t.float('weight', [W]), t.float('bias', [W]), 1e-3);
  },
  rmsNorm: (t) => {
    const x = cube(t);
    return dsl.rmsNorm(x, t.float('weight', [x.shape[2]]), 1e-3);
  },
  'crossEntropy, of matrices, with rows that are ignored': (t) => {
    const x = cube(t);
    const [B, T] = x.shape;
    return dsl.crossEntropy(x, t.whole('y', [B, T], [3, -100, 0, 2, 2, -100]));
  },
  'crossEntropy, of vectors': (t) => {
    const x = matrix(t);
    return dsl.crossEntropy(x, t.whole('y', [x.shape[0]], [1, 3, 0]));
  },
  'crossEntropyRows, with a row that is ignored': (t) => {
    const x = matrix(t);
    return dsl.crossEntropyRows(x, t.whole('y', [x.shape[0]], [1, 7, 0]), 7);
  },
};

/** Every choice of which roles have a dimension: a batch, rows of a, columns of b, and what is summed over. */
const contractions: Rows = table(
  Array.from({ length: 16 }, (_, bits): [string, Case] => {
    const [batch, m, n, k] = ['B', 'M', 'N', 'K'].map((name, i) => (bits & (1 << i) ? name : '')) as [
      string,
      string,
      string,
      string,
    ];
    return [
      `contract, of [${k}${m}${batch}] and [${batch}${n}${k}] over [${k}]`,
      (t) => dsl.contract(t.float('a', shapeOf(t, k + m + batch)), t.float('b', shapeOf(t, batch + n + k)), ...k),
    ];
  }),
);

export const products: Rows = {
  ...contractions,
  'contract, with several dimensions in each role': (t) =>
    dsl.contract(t.float('a', shapeOf(t, 'KMBTL')), t.float('b', shapeOf(t, 'LNTKB')), 'L', 'K'),
  'contract, of a tensor with itself': (t) => {
    const x = matrix(t);
    return dsl.contract(x, x, 'T');
  },
  'contract, of a tensor with itself under another name': (t) => {
    const x = matrix(t);
    return dsl.contract(x, dsl.rename(x, 'B', 'other'), 'T');
  },
  'linear, without a bias': (t) => {
    const x = cube(t);
    return dsl.linear(x, t.float('w', [t.dim('F', 3), x.shape[2]]));
  },
  'linear, with a bias': (t) => {
    const x = cube(t);
    const F = t.dim('F', 3);
    return dsl.linear(x, t.float('w', [F, x.shape[2]]), t.float('b', [F]));
  },
  patchEmbed: (t) => {
    const colour = dsl.dim('colour', 2);
    const images = t.float('images', [t.dim('B', 2), colour, dsl.dim('Y', 4), dsl.dim('X', 6)]);
    const weight = t.float('weight', [t.dim('W', 3), colour, dsl.dim('patchY', 2), dsl.dim('patchX', 3)]);
    return dsl.patchEmbed(images, weight, 'N');
  },
};
