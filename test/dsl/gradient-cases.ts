// A row for every function that has a slope, under its name and what is special about the row.
import type { Dim, Tensor } from '../../dsl/index.ts';
import * as dsl from '../../dsl/index.ts';
import type { Case, Trial } from './gradient-check.ts';

type Rows = Readonly<Record<string, Case>>;

const table = (entries: readonly (readonly [string, Case])[]): Rows => Object.fromEntries(entries);

const matrix = (t: Trial, name = 'x', low?: number, high?: number) =>
  t.float(name, [t.dim('B', 3), t.dim('T', 4)], low, high);
const cube = (t: Trial, name = 'x') => t.float(name, [t.dim('B', 2), t.dim('T', 3), t.dim('W', 4)]);

// ---------------------------------------------------------------- elementwise

type Unary = (x: Tensor) => Tensor;
type Binary = (a: Tensor, b: Tensor) => Tensor;

const unary: Readonly<Record<string, Unary>> = {
  ...{ neg: dsl.neg, abs: dsl.abs, exp: dsl.exp, tanh: dsl.tanh, sigmoid: dsl.sigmoid, erf: dsl.erf, sin: dsl.sin },
  ...{ cos: dsl.cos, square: dsl.square, toFloat: dsl.toFloat, gelu: dsl.gelu, quickGelu: dsl.quickGelu },
  ...{ silu: dsl.silu, relu: dsl.relu, softplus: dsl.softplus },
};
const unaryOfPositive: Readonly<Record<string, Unary>> = { log: dsl.log, sqrt: dsl.sqrt, rsqrt: dsl.rsqrt };
const binary: Readonly<Record<string, Binary>> = {
  ...{ add: dsl.add, sub: dsl.sub, mul: dsl.mul, div: dsl.div, maximum: dsl.maximum, minimum: dsl.minimum },
};
/** Away from the pole of a quotient. */
const positive = [0.4, 2] as const;

const lengths: Readonly<Record<string, number>> = { B: 3, T: 4, M: 2, N: 5, K: 3, L: 2 };
const shapeOf = (t: Trial, names: string): Dim[] => [...names].map((name) => t.dim(name, lengths[name]!));

/** The dimensions of both operands by their names. */
const operandForms: readonly (readonly [form: string, a: string, b: string])[] = [
  ['both of one shape', 'BT', 'BT'],
  ['the dimensions in another order', 'BT', 'TB'],
  ['the right one without B', 'BT', 'T'],
  ['the right one without T', 'BT', 'B'],
  ['the left one without B', 'T', 'BT'],
  ['the left one without T', 'B', 'BT'],
  ['the right one without dimensions', 'BT', ''],
  ['the left one without dimensions', '', 'BT'],
];

const elementwise: Rows = {
  ...table(Object.entries(unary).map(([name, f]) => [name, (t) => f(matrix(t))])),
  ...table(Object.entries(unaryOfPositive).map(([name, f]) => [name, (t) => f(matrix(t, 'x', ...positive))])),
  ...table(
    Object.entries(binary).flatMap(([name, f]) =>
      operandForms.map(([form, a, b]): [string, Case] => [
        `${name}, ${form}`,
        (t) => f(t.float('a', shapeOf(t, a), ...positive), t.float('b', shapeOf(t, b), ...positive)),
      ]),
    ),
  ),
  ...table(
    Object.entries(binary).map(([name, f]) => [
      `${name}, both made of one tensor`,
      (t) => {
        const x = matrix(t, 'x', ...positive);
        return f(x, dsl.exp(dsl.neg(x)));
      },
    ]),
  ),
  'sub, from a constant': (t) => dsl.sub(0.3, matrix(t)),
  'div, of a constant': (t) => dsl.div(0.3, matrix(t, 'x', ...positive)),
  'maximum, with a constant': (t) => dsl.maximum(matrix(t), 0.011),
  'where, along one dimension': (t) => {
    const x = matrix(t);
    return dsl.where(dsl.less(dsl.indices(x.shape[1]), 2), x, dsl.mul(x, matrix(t, 'y')));
  },
  'where, both sides repeated': (t) => {
    const [B, T] = [t.dim('B', 3), t.dim('T', 2)];
    const condition = dsl.less(t.data('c', [B, T], [1, -1, -1, 1, 1, 1]), 0);
    return dsl.where(condition, t.float('a', [T]), t.float('b', [B]));
  },
  'where, the left side a number': (t) => {
    const x = matrix(t);
    return dsl.where(dsl.less(0, dsl.indices(x.shape[0])), 0.5, x);
  },
  'where, the right side a number': (t) => {
    const x = matrix(t);
    return dsl.where(dsl.less(0, dsl.indices(x.shape[0])), x, 0.5);
  },
};

// ---------------------------------------------------------------- reductions and norms

const reductions: Rows = table(
  Object.entries({ sum: dsl.sum, max: dsl.max, mean: dsl.mean } as Readonly<
    Record<string, (x: Tensor, ...over: string[]) => Tensor>
  >).flatMap(([name, f]): [string, Case][] => [
    [`${name}, over the first dimension`, (t) => f(cube(t), 'B')],
    [`${name}, over the last`, (t) => f(cube(t), 'W')],
    [`${name}, over two that are not neighbours`, (t) => f(cube(t), 'W', 'B')],
    [`${name}, over all`, (t) => f(cube(t), 'T', 'W', 'B')],
  ]),
);

const norms: Rows = {
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

// ---------------------------------------------------------------- products

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

const products: Rows = {
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

// ---------------------------------------------------------------- movement

const movement: Rows = {
  permute: (t) => dsl.permute(cube(t), ['W', 'B', 'T']),
  rename: (t) => dsl.rename(cube(t), 'T', 'S'),
  'rename, to the same name': (t) => dsl.rename(cube(t), 'T', 'T'),
  split: (t) => {
    const [H, K] = [t.dim('H', 2), t.dim('K', 3)];
    const x = t.float('x', [t.dim('B', 2), dsl.dim('W', dsl.multiplyExtents(H.extent, K.extent))]);
    return dsl.split(x, 'W', [H, K]);
  },
  merge: (t) => dsl.merge(cube(t), ['T', 'W'], 'M'),
  'expand, in another order': (t) => {
    const x = matrix(t);
    const [B, T] = x.shape;
    return dsl.expand(x, [t.dim('N', 2), T, t.dim('M', 3), B]);
  },
  'slice, at the end': (t) => dsl.slice(cube(t), 'T', { start: 1 }),
  'slice, in the middle': (t) => dsl.slice(cube(t), 'W', { start: 1, end: 3 }),
  'slice, from a symbolic place': (t) => {
    const P = t.dim('P', 2);
    const x = t.float('x', [dsl.dim('T', dsl.addExtents(P.extent, 3)), t.dim('W', 2)]);
    return dsl.slice(x, 'T', { start: P.extent });
  },
  'slice, every third': (t) => dsl.slice(t.float('x', [t.dim('B', 2), dsl.dim('T', 9)]), 'T', { start: 1, step: 3 }),
  'slice, every second up to the last': (t) => dsl.slice(t.float('x', [dsl.dim('T', 7)]), 'T', { step: 2 }),
  'index, of the first': (t) => dsl.index(cube(t), 'T', 0),
  'index, of the last': (t) => dsl.index(cube(t), 'W', 3),
  'index, at a symbolic place': (t) => {
    const P = t.dim('P', 2);
    return dsl.index(t.float('x', [dsl.dim('T', dsl.addExtents(P.extent, 2)), t.dim('W', 2)]), 'T', P.extent);
  },
  'pad, with a number': (t) => dsl.pad(cube(t), 'T', { before: 2, after: 1, value: 0.7 }),
  'pad, with symbolic lengths': (t) =>
    dsl.pad(cube(t), 'T', { before: t.dim('P', 2).extent, after: t.dim('Q', 1).extent }),
  'pad, with a step': (t) =>
    dsl.pad(t.float('x', [t.dim('B', 2), dsl.dim('T', 3)]), 'T', { before: 1, after: 2, step: 3 }),
  concat: (t) => {
    const [B, W] = [t.dim('B', 2), t.dim('W', 3)];
    const part = (name: string, size: number) => t.float(name, [B, dsl.dim('T', t.dim(`T${name}`, size).extent), W]);
    const [a, b] = [part('a', 2), part('b', 1)];
    return dsl.concat([a, b, a], 'T');
  },
  checkpoint: (t) => {
    const x = cube(t);
    const w = t.float('w', [x.shape[2]]);
    return dsl.checkpoint((y) => dsl.tanh(dsl.mul(dsl.sin(y), w)), x);
  },
};

// ---------------------------------------------------------------- gathers

const gathers: Rows = {
  'gather, an embedding with repeated ids and rows that nobody asks for': (t) => {
    const w = t.float('w', [t.dim('V', 5), t.dim('D', 3)]);
    return dsl.gather(w, t.whole('ids', [t.dim('B', 2), t.dim('T', 3)], [3, 0, 3, 3, 4, 0]), 'V');
  },
  'gather, along the second of three dimensions': (t) =>
    dsl.gather(cube(t), t.whole('ids', [t.dim('N', 4)], [2, 0, 2, 2]), 'T'),
  'gather, one id for each row': (t) => {
    const x = cube(t);
    return dsl.gather(x, t.whole('ids', [x.shape[0]], [2, 0]), 'T');
  },
  'gather, one id for all': (t) => dsl.gather(cube(t), t.whole('id', [], [1]), 'T'),
  'gather, several ids for each row': (t) => {
    const x = cube(t);
    return dsl.gather(x, t.whole('ids', [t.dim('N', 4), x.shape[0]], [2, 0, 1, 0, 2, 2, 2, 0]), 'T');
  },
  'gather, of dimensions called as the derivative calls its own': (t) => {
    const w = t.float('w', [t.dim('start', 3), t.dim('other', 2), t.dim('occurrence', 2)]);
    return dsl.gather(w, t.whole('ids', [t.dim('place', 4)], [2, 0, 2, 2]), 'start');
  },
};

/** Inside, across two edges, beyond the map, thinner than a pixel: image, x1, y1, x2, y2. */
const boxes = [
  ...[1, 0.6, 0.4, 3.7, 2.9],
  ...[0, -1.4, 1.2, 2.1, 4.6],
  ...[1, 7, 7, 9, 9],
  ...[0, 2.2, 1.1, 2.25, 1.15],
];

const roiAlign: Rows = table(
  [true, false].flatMap((aligned) =>
    [0, 1, 3].flatMap((sampling) =>
      [1, 0.5].map((scale): [string, Case] => [
        `roiAlign, ${sampling || 'as many as fit'} samples, scale ${scale}${aligned ? ', aligned' : ''}`,
        (t) => {
          const x = t.float('x', [t.dim('B', 2), t.dim('C', 2), t.dim('Y', 4), t.dim('X', 5)]);
          const given = t.data('boxes', [t.dim('R', 4), dsl.dim('corner', 5)], boxes);
          return dsl.roiAlign(x, given, {
            rows: t.dim('row', 2),
            columns: t.dim('column', 3),
            aligned,
            sampling,
            scale,
          });
        },
      ]),
    ),
  ),
);

const roiAlignNames: Case = (t) => {
  const x = t.float('x', [t.dim('pixelRow', 2), t.dim('image', 2), t.dim('pixelColumn', 3), t.dim('region', 3)]);
  const given = t.data('boxes', [t.dim('R', 1), dsl.dim('corner', 5)], [1, 0.6, 0.4, 2.7, 2.9]);
  return dsl.roiAlign(x, given, { rows: t.dim('row', 2), columns: t.dim('column', 2) });
};

// ---------------------------------------------------------------- attention

interface AttentionForm extends Omit<dsl.AttentionOptions<'B'>, 'keyLengths'> {
  readonly heads?: number;
  readonly groups?: number;
  readonly queries?: number;
  readonly keys?: number;
  readonly keyLengths?: readonly number[];
}

function attention({ heads = 2, groups = heads, queries = 3, keys = 4, keyLengths, ...options }: AttentionForm): Case {
  return (t) => {
    const [B, T, S] = [t.dim('B', 2), t.dim('T', queries), t.dim('S', keys)];
    const [H, G] = [dsl.dim('H', heads), dsl.dim('G', groups)];
    const [K, V] = [dsl.dim('K', 3), t.dim('V', 2)];
    const lengths = keyLengths && { keyLengths: t.whole('lengths', [B], keyLengths) };
    return dsl.attention(
      ...([t.float('q', [B, H, T, K]), t.float('k', [B, G, S, K]), t.float('v', [B, G, S, V])] as const),
      { ...options, ...lengths },
    );
  };
}

const attentions: Rows = table(
  Object.entries({
    plain: {},
    'with a scale': { scale: 0.9 },
    causal: { causal: true },
    'causal, as many queries as keys': { causal: true, queries: 4 },
    'causal, more queries than keys': { causal: true, queries: 5, keys: 3 },
    grouped: { heads: 4, groups: 2 },
    'one group': { heads: 3, groups: 1, causal: true },
    'with key lengths': { keyLengths: [2, 4] },
    'with a length of no keys': { keyLengths: [0, 3], causal: true },
    'causal, grouped, with key lengths': { causal: true, heads: 4, groups: 2, keyLengths: [3, 1] },
  } satisfies Readonly<Record<string, AttentionForm>>).map(([form, options]) => [
    `attention, ${form}`,
    attention(options),
  ]),
);

const streams: Rows = {
  streamedLogSumExp: (t) => {
    const D = t.dim('D', 3);
    const [left, right] = [t.float('left', [t.dim('B', 4), D]), t.float('right', [t.dim('N', 5), D])];
    return dsl.streamedLogSumExp({ left, right, depth: 'D', row: 'B', column: 'N', scale: 0.8 });
  },
  'streamedLogSumExp, causal, with key lengths': (t) => {
    const [B, D] = [t.dim('B', 2), t.dim('D', 3)];
    const [left, right] = [t.float('left', [B, t.dim('T', 3), D]), t.float('right', [B, t.dim('S', 4), D])];
    const keyLengths = t.whole('lengths', [B], [4, 2]);
    return dsl.streamedLogSumExp({ left, right, depth: 'D', row: 'T', column: 'S', causal: true, keyLengths });
  },
  'streamedLogSumExp, one right side for every batch entry': (t) => {
    const D = t.dim('D', 3);
    const left = t.float('left', [t.dim('B', 2), t.dim('T', 3), D]);
    return dsl.streamedLogSumExp({
      left,
      right: t.float('right', [t.dim('S', 4), D]),
      depth: 'D',
      row: 'T',
      column: 'S',
    });
  },
  'streamedLogSumExp, the dimensions in another order': (t) => {
    const [B, D] = [t.dim('B', 2), t.dim('D', 3)];
    const [left, right] = [t.float('left', [D, t.dim('T', 3), B]), t.float('right', [t.dim('S', 4), D, B])];
    return dsl.streamedLogSumExp({ left, right, depth: 'D', row: 'T', column: 'S' });
  },
};

const rope: Case = (t) => {
  const half = t.dim('half', 2);
  const T = t.dim('T', 3);
  const x = t.float('x', [t.dim('B', 2), T, dsl.dim('K', dsl.multiplyExtents(half.extent, 2))]);
  const frequencies = t.float('frequencies', [dsl.dim('K', half.extent)]);
  return dsl.rope(x, t.whole('positions', [T], [0, 5, 2]), frequencies);
};

export const cases: Rows = {
  ...elementwise,
  ...reductions,
  ...norms,
  ...products,
  ...movement,
  ...gathers,
  ...roiAlign,
  'roiAlign, of dimensions called as the derivative calls its own': roiAlignNames,
  ...attentions,
  ...streams,
  rope,
};

/** Exports of the dsl that make tensors through which nothing flows, or that nothing flows into. */
export const withoutSlope: readonly string[] = [
  ...['floor', 'ceil', 'not', 'toInt', 'less', 'lessEqual', 'equal', 'and', 'or'],
  ...['argmax', 'sample', 'topK', 'detach', 'update'],
  ...['constant', 'indices', 'input', 'parameter', 'size', 'state'],
];
