/** Single operators as workloads, written for mmgem and for each peer that has them. */
import {
  attention,
  dim,
  input,
  layerNorm,
  linear,
  parameter,
  permute,
  rename,
  rmsNorm,
  roiAlign,
  trace,
} from '../../dsl/index.ts';
import { attentionJax } from '../peers/jax.ts';
import { OnnxGraph, transposed } from '../peers/onnx.ts';
import { causalMask, rmsNormOnnx } from '../peers/onnx-parts.ts';
import { layerNormTfjs } from '../peers/vit-tfjs.ts';
import { exactly, normal, type Operand, type Workload, weight } from './workload.ts';

const floats = (data: ReadonlyMap<string, ArrayLike<number>>, name: string): Float32Array =>
  data.get(name) as Float32Array;

/** x [rows, depth], w [columns, depth] → x wᵀ [rows, columns]. */
export function productWorkload(rows: number, depth: number, columns: number): Workload {
  const [R, I, O] = [dim('R', rows), dim('I', depth), dim('O', columns)];
  return {
    weights: new Map([['w', weight([columns, depth])]]),
    inputs: new Map([['x', normal([rows, depth])]]),
    sizes: {},
    graph: () => trace('product', { y: linear(input('x', [R, I]), parameter('w', [O, I])) }),
    onnx(data) {
      const g = new OnnxGraph();
      const y = g.node('MatMul', ['x', g.weight([depth, columns], transposed(floats(data, 'w'), columns, depth))]);
      return g.model([{ name: 'x', shape: [rows, depth] }], { name: y, shape: [rows, columns] });
    },
    jax: ({ numpy }, { x, w }) => numpy.matmul(x!, w!.transpose([1, 0])),
    tfjs: (tf, { x, w }) => tf.matMul(x!, w!, false, true),
  };
}

export interface AttentionShape {
  readonly batch: number;
  readonly heads: number;
  readonly tokens: number;
  readonly width: number;
  readonly causal?: boolean;
}

/** q, k, v [batch, tokens, heads, width], as projections make them → the same shape. */
export function attentionWorkload({ batch, heads, tokens, width, causal = false }: AttentionShape): Workload {
  const shape = [batch, tokens, heads, width];
  const [B, T, H, K] = [dim('B', batch), dim('T', tokens), dim('H', heads), dim('K', width)];
  const scale = 1 / Math.sqrt(width);
  return {
    weights: new Map(),
    inputs: new Map(['q', 'k', 'v'].map((name) => [name, normal(shape)])),
    sizes: {},
    graph() {
      const perHead = (name: string) => permute(input(name, [B, T, H, K]), ['B', 'H', 'T', 'K']);
      const [q, k, v] = [perHead('q'), rename(perHead('k'), 'T', 'S'), rename(perHead('v'), 'T', 'S')];
      return trace('attention', { y: permute(attention(q, k, v, { causal }), ['B', 'T', 'H', 'K']) });
    },
    onnx() {
      const g = new OnnxGraph();
      const transpose = (x: string, perm: readonly number[]): string => g.node('Transpose', [x], { perm });
      const [q, k, v] = [transpose('q', [0, 2, 1, 3]), transpose('k', [0, 2, 3, 1]), transpose('v', [0, 2, 1, 3])];
      const scores = g.node('Mul', [g.node('MatMul', [q, k]), g.scalar(scale)]);
      const masked = causal ? g.node('Add', [scores, g.weight([tokens, tokens], causalMask(tokens))]) : scores;
      const y = transpose(g.node('MatMul', [g.node('Softmax', [masked]), v]), [0, 2, 1, 3]);
      return g.model(
        ['q', 'k', 'v'].map((name) => ({ name, shape })),
        { name: y, shape },
      );
    },
    ...(!causal && {
      jax: (jax, { q, k, v }) => attentionJax(jax, q!, k!, v!, scale),
      tfjs(tf, { q, k, v }) {
        const [a, b, c] = [q!, k!, v!].map((x) => tf.transpose(x, [0, 2, 1, 3]));
        const weights = tf.softmax(tf.mul(tf.matMul(a!, b!, false, true), scale));
        return tf.transpose(tf.matMul(weights, c!), [0, 2, 1, 3]);
      },
    }),
  };
}

export interface NormShape {
  readonly norm: 'layerNorm' | 'rmsNorm';
  readonly rows: number;
  readonly width: number;
}

const epsilon = 1e-5;

/** x [rows, width], normalised along its rows. */
export function normWorkload({ norm, rows, width }: NormShape): Workload {
  const shape = [rows, width];
  const [R, W] = [dim('R', rows), dim('W', width)];
  const inputs = new Map([['x', normal(shape)]]);
  const [gain, bias] = [normal([width]), normal([width])];
  if (norm === 'rmsNorm') {
    return {
      weights: new Map([['gain', gain]]),
      inputs,
      sizes: {},
      graph: () => trace('rmsNorm', { y: rmsNorm(input('x', [R, W]), parameter('gain', [W]), epsilon) }),
      onnx(data) {
        const g = new OnnxGraph();
        const y = rmsNormOnnx(g, 'x', g.weight([width], floats(data, 'gain')), epsilon);
        return g.model([{ name: 'x', shape }], { name: y, shape });
      },
      tfjs: (tf, { x, gain: g }) => tf.mul(tf.mul(x!, tf.rsqrt(tf.add(tf.mean(tf.square(x!), -1, true), epsilon))), g!),
    };
  }
  return {
    weights: new Map([
      ['gain', gain],
      ['bias', bias],
    ]),
    inputs,
    sizes: {},
    graph: () =>
      trace('layerNorm', { y: layerNorm(input('x', [R, W]), parameter('gain', [W]), parameter('bias', [W]), epsilon) }),
    onnx(data) {
      const g = new OnnxGraph();
      const vectors = ['gain', 'bias'].map((name) => g.weight([width], floats(data, name)));
      return g.model([{ name: 'x', shape }], { name: g.node('LayerNormalization', ['x', ...vectors]), shape });
    },
    jax: ({ nn }, { x, gain: g, bias: b }) => nn.standardize(x!, -1, { epsilon }).mul(g!).add(b!),
    tfjs: (tf, { x, gain: g, bias: b }) => layerNormTfjs(tf, x!, g!, b!, epsilon),
  };
}

export interface RoiAlignShape {
  readonly channels: number;
  readonly side: number;
  readonly regions: number;
  readonly bins: number;
}

/** x [1, channels, side, side], boxes in its pixels → [regions, channels, bins, bins]; aligned, 2 × 2 samples a bin. */
export function roiAlignWorkload({ channels, side, regions, bins }: RoiAlignShape): Workload {
  const corners = Array.from({ length: regions }, (_, i) => {
    const [x, y] = [(side * (i % 4)) / 8, (side * (i % 3)) / 8];
    return [x, y, x + side / 2, y + side / 3];
  });
  const boxes = (columns: readonly (readonly number[])[]): Operand =>
    exactly([regions, columns[0]!.length], Float32Array.from(columns.flat()));
  const shape = [1, channels, side, side];
  const bin = { output_height: bins, output_width: bins, sampling_ratio: 2 };
  return {
    weights: new Map(),
    inputs: new Map([
      ['x', normal(shape)],
      ['boxes', boxes(corners.map((box) => [0, ...box]))],
    ]),
    sizes: {},
    graph() {
      const x = input('x', [dim('B', 1), dim('C', channels), dim('Y', side), dim('X', side)]);
      const rows = { rows: dim('row', bins), columns: dim('column', bins), sampling: 2, aligned: true };
      return trace('roiAlign', { y: roiAlign(x, input('boxes', [dim('R', regions), dim('corner', 5)]), rows) });
    },
    onnx() {
      const g = new OnnxGraph();
      const slice = g.node('Slice', ['boxes', g.integers([1]), g.integers([5]), g.integers([1])]);
      const y = g.node('RoiAlign', ['x', slice, g.integers(corners.map(() => 0))], {
        ...bin,
        mode: 'avg',
        coordinate_transformation_mode: 'half_pixel',
      });
      return g.model(
        [
          { name: 'x', shape },
          { name: 'boxes', shape: [regions, 5] },
        ],
        { name: y, shape: [regions, channels, bins, bins] },
      );
    },
  };
}
