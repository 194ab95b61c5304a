/** Attention kernels for tests: every order of dimensions, grouped queries, causality, key lengths. */
import { type Extent, extent, productOfExtents as product, symbol } from '../../dsl/extent.ts';
import { accumulator, axis, read, type Scalar } from '../../dsl/scalar.ts';
import type { AttentionKernel, Step } from '../../kernels/ir.ts';
import { buffer, on } from '../support/build-step.ts';
import { offset } from './contract-cases.ts';

export interface AttentionShape {
  readonly batch: number;
  /** Heads of keys and values, and heads of queries for each of them. */
  readonly groups: number;
  readonly perGroup: number;
  readonly queries: number;
  readonly keys: number;
  readonly width: number;
  readonly valueWidth: number;
}

export interface AttentionForm {
  /** How keys and values lie: [batch, key, head, width], [batch, head, key, width] or [batch, head, width, key]. */
  readonly order: 'bkhw' | 'bhkw' | 'bhwk';
  readonly causal: boolean;
  readonly lengths: boolean;
  /** Queries doubled when they are read, and a residual added to what comes out. */
  readonly fused: boolean;
}

export const forms: readonly AttentionForm[] = (['bkhw', 'bhkw', 'bhwk'] as const).flatMap((order) => [
  { order, causal: false, lengths: false, fused: false },
  { order, causal: true, lengths: false, fused: true },
  { order, causal: true, lengths: true, fused: false },
]);

export function attentionStep(shape: AttentionShape, kinds: readonly AttentionForm[], symbolic: boolean): Step {
  const { groups, perGroup, width, valueWidth } = shape;
  const size = (name: string, value: number): Extent => (symbolic ? symbol(name) : extent(value));
  const [B, T, S] = [size('B', shape.batch), size('T', shape.queries), size('S', shape.keys)];
  const heads = groups * perGroup;
  const [b, h, t, s] = [axis('b', B), axis('h', heads), axis('t', T), axis('s', S)];
  const [w, v] = [axis('w', width), axis('v', valueWidth)];
  const group = on('quotient', h, perGroup);
  const ofQuery = (inner: Scalar, inside: number): Scalar =>
    offset([
      [b, product([T, heads * inside])],
      [t, heads * inside],
      [h, inside],
      [inner, 1],
    ]);
  const ofKey = (order: AttentionForm['order'], inner: Scalar, inside: number): Scalar => {
    const whole = product([S, groups * inside]);
    if (order === 'bkhw')
      return offset([
        [b, whole],
        [s, groups * inside],
        [group, inside],
        [inner, 1],
      ]);
    const head = product([S, inside]);
    return order === 'bhkw'
      ? offset([
          [b, whole],
          [group, head],
          [s, inside],
          [inner, 1],
        ])
      : offset([
          [b, whole],
          [group, head],
          [inner, S],
          [s, 1],
        ]);
  };
  const out = ofQuery(v, valueWidth);
  const kernels = kinds.map(({ order, causal, lengths, fused }, index): AttentionKernel => {
    const q = read('q', ofQuery(w, width));
    return {
      kind: 'attention',
      name: `attention_${index}`,
      comment: [`attention over ${order}${causal ? ', causal' : ''}${lengths ? ', with key lengths' : ''}`],
      batch: b,
      head: h,
      query: t,
      key: s,
      width: w,
      valueWidth: v,
      q: fused ? on('mul', q, 2) : q,
      k: read('k', ofKey(order, w, width)),
      v: read('v', ofKey(order, v, valueWidth)),
      scale: 1 / Math.sqrt(width),
      causal,
      ...(lengths && { keyLength: read('lengths', b, 'i32') }),
      writes: [
        { buffer: `y${index}`, offset: out, value: fused ? on('add', accumulator, read('r', out)) : accumulator },
      ],
    };
  });
  const results = product([B, T, heads * valueWidth]);
  return {
    name: 'test',
    sizes: ['B', 'T', 'S'].map((name) => ({ name })),
    buffers: [
      buffer('q', 'input', product([B, T, heads * width])),
      buffer('k', 'input', product([B, S, groups * width])),
      buffer('v', 'input', product([B, S, groups * valueWidth])),
      buffer('lengths', 'input', B, 'i32'),
      buffer('r', 'input', results),
      ...kernels.map((_, index) => buffer(`y${index}`, 'output', results)),
    ],
    kernels,
  };
}
