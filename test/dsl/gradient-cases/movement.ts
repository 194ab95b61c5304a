// The same elements in other places, and elements that data tell.
import * as dsl from '../../../dsl/index.ts';
import type { Case } from '../gradient-check.ts';
import { cube, matrix, type Rows, table } from './shapes.ts';

export const movement: Rows = {
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

export const gathers: Rows = {
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

const options: Rows = table(
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

const clashingNames: Case = (t) => {
  const x = t.float('x', [t.dim('pixelRow', 2), t.dim('image', 2), t.dim('pixelColumn', 3), t.dim('region', 3)]);
  const given = t.data('boxes', [t.dim('R', 1), dsl.dim('corner', 5)], [1, 0.6, 0.4, 2.7, 2.9]);
  return dsl.roiAlign(x, given, { rows: t.dim('row', 2), columns: t.dim('column', 2) });
};

export const roiAlign: Rows = {
  ...options,
  'roiAlign, of dimensions called as the derivative calls its own': clashingNames,
};
