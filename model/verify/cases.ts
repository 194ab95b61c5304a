/** The operator cases of golden files: what each of them means in the dsl, a row a case. */

import type { Dim, Tensor } from '../../dsl/index.ts';
import * as dsl from '../../dsl/index.ts';
import type { HostArray } from '../../runtime/seam.ts';
import { type CaseDescription, CaseInputs } from './case-inputs.ts';

/** A case as a graph's result. */
export interface CaseGraph {
  /** Row-major the same as the golden tensor `out`. */
  readonly out: Tensor;
  /** Inputs that follow from the case's attributes instead of standing in the file. */
  readonly given?: Readonly<Record<string, HostArray>>;
}

type CaseBuilder = (c: CaseInputs) => Tensor | CaseGraph;

/** PyTorch's name of an axis, which may count from the end, as a name. */
const axisName = (x: Tensor, axis: number): string => x.shape.at(axis)!.name;

const matmul: CaseBuilder = (c) =>
  dsl.contract(c.batched('a', ['M', 'K']) as Tensor, c.batched('b', ['K', 'N']) as Tensor, 'K');

const linear: CaseBuilder = (c) => dsl.linear(c.batched('x', ['I']), c.input('w', ['O', 'I']), c.input('b', ['O']));

function binary(operator: (a: Tensor, b: Tensor) => Tensor): CaseBuilder {
  return (c) => {
    const { operands, shape } = c.broadcast('a', 'b');
    const [a, b] = operands as [Tensor, Tensor];
    const full = [a, b].some((x) => x.shape.length === shape.length);
    return operator(full ? a : dsl.expand(a, shape), b);
  };
}

function unary(operator: (x: Tensor) => Tensor): CaseBuilder {
  return (c) => operator(c.axes('x'));
}

const attention: CaseBuilder = (c) =>
  dsl.attention(
    c.input('q', ['B', 'H', 'T', 'K']),
    c.input('k', ['B', 'G', 'S', 'K']),
    c.input('v', ['B', 'G', 'S', 'V']),
    {
      causal: c.flag('causal'),
      ...(c.has('kv_len') && { keyLengths: c.input('kv_len', ['B'], 'i32') }),
    },
  );

/** Both directions of the contrastive loss, added (MM-GEM, eq. 2). */
const infoNce: CaseBuilder = (c) => {
  const [v, t] = [dsl.l2Normalize(c.input('v', ['B', 'E']), 'E'), dsl.l2Normalize(c.input('t', ['C', 'E']), 'E')];
  const logits = dsl.mul(dsl.contract(v, t, 'E'), dsl.exp(c.input('s', [])));
  const [images, texts] = logits.shape;
  const toText = dsl.crossEntropy(logits, dsl.indices(images));
  return dsl.add(toText, dsl.crossEntropy(dsl.permute(logits, ['C', 'B']), dsl.indices(texts)));
};

const slice: CaseBuilder = (c) => {
  const [start, end, step] = ['start', 'end', 'step'].map((name) => c.numbers(name)) as [number[], number[], number[]];
  return start.reduce(
    (x, from, axis) => dsl.slice(x, axisName(x, axis), { start: from, end: end[axis]!, step: step[axis]! }),
    c.axes('x'),
  );
};

const pad: CaseBuilder = (c) => {
  const [before, after, value] = [c.numbers('before'), c.numbers('after'), c.number('value')];
  return before.reduce(
    (x, count, axis) => dsl.pad(x, axisName(x, axis), { before: count, after: after[axis]!, value }),
    c.axes('x'),
  );
};

const rope: CaseBuilder = (c) => {
  const x = c.batched('x', ['T', 'K']);
  const width = dsl.fixedExtent((x.shape as readonly Dim[]).at(-1)!.extent)!;
  const frequencies = dsl.input('frequencies', [dsl.dim('K', width / 2)]);
  return {
    out: dsl.rope(x, c.input('pos', ['T'], 'i32'), frequencies),
    given: { frequencies: dsl.ropeFrequencies(width, c.number('theta')) },
  };
};

const patchEmbed: CaseBuilder = (c) =>
  dsl.patchEmbed(c.input('x', ['B', 'colour', 'Y', 'X']), c.input('w', ['W', 'colour', 'patchY', 'patchX']), 'N');

const roiAlign: CaseBuilder = (c) =>
  dsl.roiAlign(c.input('x', ['B', 'C', 'Y', 'X']), c.input('rois', ['R', 'box']), {
    rows: dsl.dim('row', c.number('out')),
    columns: dsl.dim('column', c.number('out')),
    scale: c.number('scale'),
    sampling: c.number('sampling'),
    aligned: c.flag('aligned'),
  });

const last = (x: Tensor): string => axisName(x, -1);

const builders: Readonly<Record<string, CaseBuilder>> = {
  matmul,
  matmul_batched: matmul,
  matmul_broadcast: matmul,
  linear,
  linear_large: linear,
  add_broadcast: binary(dsl.add),
  mul_broadcast: binary(dsl.mul),
  div: binary(dsl.div),
  exp: unary(dsl.exp),
  log: unary(dsl.log),
  sqrt: unary(dsl.sqrt),
  rsqrt: unary(dsl.rsqrt),
  tanh: unary(dsl.tanh),
  sigmoid: unary(dsl.sigmoid),
  erf: unary(dsl.erf),
  gelu: unary(dsl.gelu),
  quick_gelu: unary(dsl.quickGelu),
  silu: unary(dsl.silu),
  sin: unary(dsl.sin),
  cos: unary(dsl.cos),
  relu: unary(dsl.relu),
  softplus: unary(dsl.softplus),
  sum_axis: (c) => {
    const x = c.axes('x');
    return dsl.sum(x, axisName(x, c.number('axis')));
  },
  mean_axes: (c) => {
    const x = c.axes('x');
    return dsl.mean(x, ...c.numbers('axes').map((axis) => axisName(x, axis)));
  },
  max_axis: (c) => {
    const x = c.axes('x');
    return dsl.max(x, axisName(x, c.number('axis')));
  },
  softmax: unary((x) => dsl.softmax(x, last(x))),
  softmax_long: unary((x) => dsl.softmax(x, last(x))),
  log_softmax: unary((x) => dsl.logSoftmax(x, last(x))),
  logsumexp_large: unary((x) => dsl.logSumExp(x, last(x))),
  layer_norm: (c) => dsl.layerNorm(c.batched('x', ['W']), c.input('w', ['W']), c.input('b', ['W']), c.number('eps')),
  rms_norm: (c) => dsl.rmsNorm(c.batched('x', ['W']), c.input('w', ['W']), c.number('eps')),
  l2_normalize: unary((x) => dsl.l2Normalize(x, last(x))),
  transpose: (c) => {
    const x = c.axes('x');
    return dsl.permute(
      x,
      c.numbers('axes').map((axis) => axisName(x, axis)),
    );
  },
  concat: (c) => {
    const [a, b] = [c.axes('a'), c.axes('b')];
    return dsl.concat([a, b], axisName(a, c.number('axis')));
  },
  slice,
  pad,
  expand: (c) => {
    const shape = c.numbers('shape').map((size, axis) => dsl.dim(`axis${axis}`, size));
    return dsl.expand(c.axes('x', { squeeze: true }), shape);
  },
  where: (c) => dsl.where(dsl.not(dsl.equal(c.axes('m', { storage: 'i32' }), 0)), c.axes('a'), c.axes('b')),
  gather_rows: (c) => dsl.gather(c.input('w', ['V', 'D']) as Tensor, c.batched('ids', [], 'i32'), 'V'),
  patch_embed: patchEmbed,
  rope,
  attention,
  attention_causal: attention,
  attention_gqa: attention,
  attention_decode: attention,
  attention_long: attention,
  attention_key_lengths: attention,
  cross_entropy: (c) => dsl.crossEntropy(c.batched('x', ['V']), c.batched('y', [], 'i32') as never, c.number('ignore')),
  info_nce: infoNce,
  info_nce_cold: infoNce,
  roi_align: roiAlign,
};

/** Names of the cases that there is a graph for. `roi_align_3` is a case of `roi_align`. */
export const caseNames: readonly string[] = Object.keys(builders);

/**
 * The graph of a case, or undefined for a name that the table lacks.
 * @throws MmgemError naming the case when a tensor or an attribute is missing or of the wrong form; ShapeError when shapes do not fit
 */
export function buildCase(description: CaseDescription): CaseGraph | undefined {
  const build = builders[description.name] ?? builders[description.name.replace(/_\d+$/, '')];
  if (!build) return undefined;
  const built = build(new CaseInputs(description));
  return 'out' in built ? built : { out: built };
}
