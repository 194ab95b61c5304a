// Attention, and what is beside it in a block: streams of scores, rotary positions.
import * as dsl from '../../../dsl/index.ts';
import type { Case } from '../gradient-check.ts';
import { type Rows, table } from './shapes.ts';

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

export const attentions: Rows = table(
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

export const streams: Rows = {
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

export const rope: Case = (t) => {
  const half = t.dim('half', 2);
  const T = t.dim('T', 3);
  const x = t.float('x', [t.dim('B', 2), T, dsl.dim('K', dsl.multiplyExtents(half.extent, 2))]);
  const frequencies = t.float('frequencies', [dsl.dim('K', half.extent)]);
  return dsl.rope(x, t.whole('positions', [T], [0, 5, 2]), frequencies);
};
