/**
 * Evaluates graphs with plain loops over arrays, operator by operator, from what their documentation says. It shares no code
 * with the operators: neither their scalar expressions nor their interpretation.
 */
import { evaluateExtent, type Graph, type Sizes, type Tensor } from '../../dsl/index.ts';

/** Elements row-major, with the lengths of the dimensions. */
interface Elements {
  readonly lengths: readonly number[];
  readonly data: readonly number[];
}

/** Error function by Simpson's rule, which is exact to 1e-13 for what the tests ask. */
function erf(x: number): number {
  const end = Math.min(Math.abs(x), 7);
  const steps = 2000;
  let total = 1 + Math.exp(-end * end);
  for (let i = 1; i < steps; i++) total += (i % 2 ? 4 : 2) * Math.exp(-(((end * i) / steps) ** 2));
  return (Math.sign(x) * (2 / Math.sqrt(Math.PI)) * end * total) / steps / 3;
}

const functions: Readonly<Record<string, (a: number, b: number, c: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  max: (a, b) => Math.max(a, b),
  min: (a, b) => Math.min(a, b),
  neg: (a) => -a,
  abs: (a) => (a < 0 ? -a : a),
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  rsqrt: (a) => a ** -0.5,
  tanh: (a) => (Math.exp(a) - Math.exp(-a)) / (Math.exp(a) + Math.exp(-a)),
  sigmoid: (a) => Math.exp(a) / (1 + Math.exp(a)),
  erf,
  sin: Math.sin,
  cos: Math.cos,
  less: (a, b) => (a < b ? 1 : 0),
  lessEqual: (a, b) => (a <= b ? 1 : 0),
  equal: (a, b) => (a === b ? 1 : 0),
  not: (a) => (a ? 0 : 1),
  and: (a, b) => (a && b ? 1 : 0),
  or: (a, b) => (a || b ? 1 : 0),
  where: (a, b, c) => (a ? b : c),
  toFloat: (a) => a,
};

const product = (lengths: readonly number[]): number => lengths.reduce((a, b) => a * b, 1);

/** Every combination of indices, the last running fastest. */
function* positions(lengths: readonly number[]): Generator<number[]> {
  const [first, ...rest] = lengths;
  if (first === undefined) yield [];
  else for (let i = 0; i < first; i++) for (const others of positions(rest)) yield [i, ...others];
}

function at({ lengths, data }: Elements, indices: readonly number[]): number {
  let flat = 0;
  lengths.forEach((length, axis) => {
    if (indices[axis]! < 0 || indices[axis]! >= length) throw new RangeError(`[${indices}] is outside of [${lengths}]`);
    flat = flat * length + indices[axis]!;
  });
  return data[flat]!;
}

function filled(lengths: readonly number[], element: (indices: readonly number[]) => number): Elements {
  return { lengths, data: [...positions(lengths)].map(element) };
}

/** A tensor's elements, by its inputs'. `by` turns indices of the result, in order, into indices by name. */
interface Evaluation {
  readonly x: Tensor;
  readonly inputs: readonly Elements[];
  readonly lengths: readonly number[];
  readonly sizes: Sizes;
}

/** The element of input i at indices that are given by dimension name. */
function named({ x, inputs }: Evaluation, i: number, indices: ReadonlyMap<string, number>): number {
  return at(
    inputs[i]!,
    x.inputs[i]!.shape.map((d) => indices.get(d.name)!),
  );
}

const byName = ({ x }: Evaluation, indices: readonly number[]) => new Map(x.shape.map((d, i) => [d.name, indices[i]!]));
const attributes = <T>({ x }: Evaluation): T => x.attributes as T;
const changed = (list: readonly number[], axis: number, value: number) =>
  list.map((old, i) => (i === axis ? value : old));

/** The result has the same elements in the same order. */
const reshaped = ({ inputs, lengths }: Evaluation): Elements => ({ lengths, data: inputs[0]!.data });

function reduce(e: Evaluation, combine: (values: readonly number[]) => number): Elements {
  const { axes } = attributes<{ axes: readonly number[] }>(e);
  const [x] = e.inputs as [Elements];
  const groups = new Map<string, number[]>();
  for (const indices of positions(x.lengths)) {
    const kept = indices.filter((_, axis) => !axes.includes(axis)).join();
    groups.set(kept, [...(groups.get(kept) ?? []), at(x, indices)]);
  }
  return filled(e.lengths, (indices) => combine(groups.get(indices.join())!));
}

function contract(e: Evaluation): Elements {
  const { over } = attributes<{ over: readonly string[] }>(e);
  const [a] = e.x.inputs as [Tensor];
  const summed = over.map((name) => e.inputs[0]!.lengths[a.shape.findIndex((d) => d.name === name)]!);
  return filled(e.lengths, (indices) => {
    let total = 0;
    for (const k of positions(summed)) {
      const names = new Map([...byName(e, indices), ...over.map((name, i) => [name, k[i]!] as const)]);
      total += named(e, 0, names) * named(e, 1, names);
    }
    return total;
  });
}

function attention(e: Evaluation): Elements {
  const { causal, scale } = attributes<{ causal: boolean; scale: number }>(e);
  const [q, k, v, keyLengths] = e.inputs as [Elements, Elements, Elements, Elements?];
  const [, heads, queries, width] = q.lengths as [number, number, number, number];
  const [, groups, keys] = k.lengths as [number, number, number];
  return filled(e.lengths, ([b, h, t, column]) => {
    const group = Math.floor(h! / (heads / groups));
    let [above, below] = [0, 0];
    for (let s = 0; s < keys; s++) {
      if (keyLengths && s >= at(keyLengths, [b!])) continue;
      if (causal && s > keys - queries + t!) continue;
      let score = 0;
      for (let i = 0; i < width; i++) score += at(q, [b!, h!, t!, i]) * at(k, [b!, group, s, i]);
      const weight = Math.exp(score * scale);
      above += weight * at(v, [b!, group, s, column!]);
      below += weight;
    }
    return below > 0 ? above / below : 0;
  });
}

interface StreamAttributes {
  readonly weight: 'logit' | 'probability' | 'scaledProbability' | 'scoreGradient';
  readonly scale: number;
  readonly row: string;
  readonly column: string;
  readonly members: readonly string[];
  readonly depths: readonly string[];
  readonly width?: string;
  readonly causal: boolean;
  readonly keys: 'row' | 'column';
  readonly keyLengths: boolean;
}

/** The length of a dimension, by its name, in whichever input has it. */
function lengthOf({ x, inputs }: Evaluation, name: string): number {
  const input = x.inputs.findIndex(({ shape }) => shape.some((d) => d.name === name));
  return inputs[input]!.lengths[x.inputs[input]!.shape.findIndex((d) => d.name === name)]!;
}

/** `combine` is called with the weights of a row's visible columns, and the values there. */
function stream(e: Evaluation, combine: (weights: readonly number[], values: readonly number[]) => number): Elements {
  const { weight, scale, row, column, members, depths, width, causal, keys, keyLengths } =
    attributes<StreamAttributes>(e);
  const [rows, columns] = [lengthOf(e, row), lengthOf(e, column)];
  const [key, query] = keys === 'row' ? [row, column] : [column, row];
  const hidden = keys === 'row' ? rows - columns : columns - rows;
  const scalarsFrom = 2 * depths.length;
  const value = e.inputs.length - (keyLengths ? 2 : 1);
  return filled(e.lengths, (indices) => {
    const [weights, values]: [number[], number[]] = [[], []];
    for (const member of positions(members.map((name) => lengthOf(e, name)))) {
      for (let c = 0; c < columns; c++) {
        const names = new Map([
          ...byName(e, indices),
          ...members.map((name, i) => [name, member[i]!] as const),
          [column, c] as const,
        ]);
        if (causal && names.get(key)! > names.get(query)! + hidden) continue;
        if (keyLengths && names.get(key)! >= named(e, e.inputs.length - 1, names)) continue;
        const scores = depths.map((depth, i) => {
          let score = 0;
          for (let k = 0; k < lengthOf(e, depth); k++) {
            names.set(depth, k);
            score += named(e, 2 * i, names) * named(e, 2 * i + 1, names);
          }
          return score;
        });
        if (width !== undefined) names.set(width, indices.at(-1)!);
        const scalar = (i: number): number => named(e, scalarsFrom + i, names);
        const logit = scale * scores[0]!;
        if (weight === 'logit') weights.push(logit);
        else {
          const probability = Math.exp(logit - scalar(0));
          const factors = {
            probability: () => 1,
            scaledProbability: () => scalar(1),
            scoreGradient: () => scale * (scores[1]! - scalar(1)),
          };
          weights.push(probability * factors[weight]());
        }
        values.push(width === undefined ? 1 : named(e, value, names));
      }
    }
    return combine(weights, values);
  });
}

/** Indices of the row of the first input that `indices` begin with, largest value first, of equal ones the lower. */
function ranking({ inputs: [x] }: Evaluation, indices: readonly number[]): number[] {
  const order: number[] = [];
  const value = (i: number): number => at(x!, [...indices, i]);
  while (order.length < x!.lengths.at(-1)!) {
    let best = -1;
    for (let i = 0; i < x!.lengths.at(-1)!; i++) {
      if (!order.includes(i) && (best < 0 || value(i) > value(best))) best = i;
    }
    order.push(best);
  }
  return order;
}

function sample(e: Evaluation): Elements {
  return filled(e.lengths, (indices) => {
    const [temperature, topK, topP, uniform] = e.inputs
      .slice(1)
      .map((setting) => (setting.lengths.length === 0 ? setting.data[0]! : at(setting, indices))) as [
      number,
      number,
      number,
      number,
    ];
    const order = ranking(e, indices);
    if (temperature === 0) return order[0]!;
    const likely = topK > 0 ? order.slice(0, topK) : order;
    const weight = (i: number): number => Math.exp(at(e.inputs[0]!, [...indices, i]) / temperature);
    const all = likely.reduce((total, i) => total + weight(i), 0);
    const nucleus: number[] = [];
    let mass = 0;
    for (const i of likely) {
      if (nucleus.length > 0 && mass / all >= topP) break;
      nucleus.push(i);
      mass += weight(i);
    }
    nucleus.sort((a, b) => a - b);
    let below = 0;
    const drawn = nucleus.find((i) => {
      below += weight(i) / mass;
      return uniform < below;
    });
    return drawn ?? nucleus.at(-1)!;
  });
}

function concat(e: Evaluation): Elements {
  const axis = attributes<number>(e);
  return filled(e.lengths, (indices) => {
    let [part, rest] = [0, indices[axis]!];
    while (rest >= e.inputs[part]!.lengths[axis]!) rest -= e.inputs[part++]!.lengths[axis]!;
    return at(e.inputs[part]!, changed(indices, axis, rest));
  });
}

function update(e: Evaluation): Elements {
  const { axis, start } = attributes<{ axis: number; start: Parameters<typeof evaluateExtent>[0] }>(e);
  const from = evaluateExtent(start, e.sizes);
  const [before, value] = e.inputs as [Elements, Elements];
  return filled(e.lengths, (indices) => {
    const inner = indices[axis]! - from;
    return inner >= 0 && inner < value.lengths[axis]! ? at(value, changed(indices, axis, inner)) : at(before, indices);
  });
}

type Place = { readonly at: number };

const operators: Readonly<Record<string, (e: Evaluation) => Elements>> = {
  constant: (e) => ({ lengths: [], data: [attributes<{ value: number }>(e).value] }),
  size: (e) => ({ lengths: [], data: [evaluateExtent(attributes<{ extent: never }>(e).extent, e.sizes)] }),
  indices: ({ lengths }) => filled(lengths, ([i]) => i!),
  detach: reshaped,
  rename: reshaped,
  split: reshaped,
  merge: reshaped,
  permute: (e) => filled(e.lengths, (indices) => named(e, 0, byName(e, indices))),
  expand: (e) => filled(e.lengths, (indices) => named(e, 0, byName(e, indices))),
  index: (e) => {
    const { at: axis, position } = attributes<Place & { position: Parameters<typeof evaluateExtent>[0] }>(e);
    const where = evaluateExtent(position, e.sizes);
    return filled(e.lengths, (indices) => at(e.inputs[0]!, [...indices.slice(0, axis), where, ...indices.slice(axis)]));
  },
  slice: (e) => {
    const {
      at: axis,
      start,
      step,
    } = attributes<Place & { start: Parameters<typeof evaluateExtent>[0]; step: number }>(e);
    const from = evaluateExtent(start, e.sizes);
    return filled(e.lengths, (indices) => at(e.inputs[0]!, changed(indices, axis, from + step * indices[axis]!)));
  },
  pad: (e) => {
    const {
      at: axis,
      before,
      value,
      step,
    } = attributes<Place & { before: Parameters<typeof evaluateExtent>[0]; value: number; step: number }>(e);
    const from = evaluateExtent(before, e.sizes);
    return filled(e.lengths, (indices) => {
      const inner = (indices[axis]! - from) / step;
      return Number.isInteger(inner) && inner >= 0 && inner < e.inputs[0]!.lengths[axis]!
        ? at(e.inputs[0]!, changed(indices, axis, inner))
        : value;
    });
  },
  concat,
  gather: (e) =>
    filled(e.lengths, (indices) => {
      const names = byName(e, indices);
      return named(e, 0, new Map([...names, [attributes<string>(e), named(e, 1, names)]]));
    }),
  contract,
  attention,
  streamedSum: (e) => stream(e, (weights, values) => weights.reduce((sum, weight, i) => sum + weight * values[i]!, 0)),
  streamedLogSumExp: (e) =>
    stream(e, (weights) => Math.log(weights.reduce((sum, weight) => sum + Math.exp(weight), 0))),
  argmax: (e) => filled(e.lengths, (indices) => ranking(e, indices)[0]!),
  topK: (e) => filled(e.lengths, (indices) => ranking(e, indices.slice(0, -1))[indices.at(-1)!]!),
  sample,
  update,
};

const reductions: Readonly<Record<string, (values: readonly number[]) => number>> = {
  sum: (values) => values.reduce((a, b) => a + b, 0),
  max: (values) => values.reduce((a, b) => Math.max(a, b)),
};

function evaluate(e: Evaluation): Elements {
  const { kind, name } = e.x.operator;
  if (kind === 'reduce') return reduce(e, reductions[name]!);
  const operator = operators[name];
  if (operator) return operator(e);
  const apply = functions[name];
  if (!apply) throw new Error(`the naive evaluator knows no ${name}`);
  return filled(e.lengths, (indices) => {
    const [a = 0, b = 0, c = 0] = e.inputs.map((_, i) => named(e, i, byName(e, indices)));
    return apply(a, b, c);
  });
}

/** The elements of every node of the graph, by the node's key. */
export function evaluateNaively(
  graph: Graph,
  given: Readonly<Record<string, ArrayLike<number>>>,
  sizes: Sizes,
): ReadonlyMap<string, readonly number[]> {
  const results = new Map<string, Elements>();
  for (const x of graph.nodes) {
    const lengths = x.shape.map((d) => evaluateExtent(d.extent, sizes));
    if (x.operator.kind === 'source') {
      const { name } = x.attributes as { name: string };
      results.set(x.key, { lengths, data: Array.from(given[name]!) });
    } else {
      results.set(x.key, evaluate({ x, lengths, sizes, inputs: x.inputs.map(({ key }) => results.get(key)!) }));
    }
    if (results.get(x.key)!.data.length !== product(lengths)) throw new Error(`${x.operator.name} has a wrong length`);
  }
  return new Map([...results].map(([key, { data }]) => [key, data]));
}
