/**
 * Runs kernels as data in float64: the meaning of kernels/ir.ts, slow and plain. What the printers print is compared
 * with this. Nothing is rounded to a storage type. A kernel's reads never see its own writes.
 */
import { type AxisValues, type Environment, evaluator } from '../../dsl/evaluate.ts';
import { type Extent, evaluateExtent, type Sizes } from '../../dsl/extent.ts';
import { type Axis, accumulator, dependsOn, reductionValue, type Scalar, selectedIndex } from '../../dsl/scalar.ts';
import type {
  AttentionKernel,
  ContractKernel,
  Kernel,
  MapKernel,
  RowKernel,
  SelectKernel,
  Step,
  StreamKernel,
  Write,
} from '../../kernels/ir.ts';

export type Buffers = Record<string, Float64Array | number[]>;

/** The axes' values and what has been accumulated under them, and expressions evaluated there. */
class Point {
  readonly #axes: AxisValues = new Map();
  readonly #results = new Map<string, number>();
  readonly #evaluators = new Map<string, () => number>();
  readonly #environment: Environment;

  constructor(buffers: Buffers, sizes: Sizes) {
    this.#environment = { sizes, axes: this.#axes, results: this.#results, buffers: new Map(Object.entries(buffers)) };
  }

  move(axis: Axis, value: number): void {
    this.#axes.set(axis.name, value);
  }

  /** Says what a reduction's value, the accumulator or the selected index is. */
  set(result: Scalar, value: number): void {
    this.#results.set(result.key, value);
  }

  size(extent: Extent): number {
    return evaluateExtent(extent, this.#environment.sizes);
  }

  value(x: Scalar): number {
    let evaluate = this.#evaluators.get(x.key);
    if (!evaluate) {
      evaluate = evaluator(x, this.#environment);
      this.#evaluators.set(x.key, evaluate);
    }
    return evaluate();
  }
}

/** Calls `body` at every point of the axes, the last one innermost. */
function forEach(point: Point, axes: readonly Axis[], body: () => void): void {
  const [first, ...rest] = axes;
  if (!first) {
    body();
    return;
  }
  const end = point.size(first.extent);
  for (let i = 0; i < end; i++) {
    point.move(first, i);
    forEach(point, rest, body);
  }
}

/** Stores what has been written when the kernel is over. */
class Pending {
  readonly #stores: { readonly buffer: string; readonly offset: number; readonly value: number }[] = [];

  add(point: Point, writes: readonly Write[]): void {
    for (const { buffer, offset, value } of writes)
      this.#stores.push({ buffer, offset: point.value(offset), value: point.value(value) });
  }

  flush(buffers: Buffers): void {
    for (const { buffer, offset, value } of this.#stores) {
      const elements = buffers[buffer];
      if (!elements) throw new Error(`there is no buffer ${buffer}`);
      if (offset < 0 || offset >= elements.length)
        throw new RangeError(`element ${offset} of ${buffer}, which has ${elements.length}, is written`);
      elements[offset] = value;
    }
  }
}

function map(kernel: MapKernel, point: Point, pending: Pending): void {
  forEach(point, kernel.axes, () => pending.add(point, kernel.writes));
}

function row(kernel: RowKernel, point: Point, pending: Pending): void {
  const eachElement = kernel.writes.filter((write) => dependsOn(write.offset, kernel.along));
  const eachRow = kernel.writes.filter((write) => !eachElement.includes(write));
  forEach(point, [kernel.row], () => {
    kernel.reductions.forEach(({ reduce, value }, index) => {
      let result = reduce === 'sum' ? 0 : Number.NEGATIVE_INFINITY;
      forEach(point, [kernel.along], () => {
        const element = point.value(value);
        result = reduce === 'sum' ? result + element : Math.max(result, element);
      });
      point.set(reductionValue(index), result);
    });
    pending.add(point, eachRow);
    if (eachElement.length > 0) forEach(point, [kernel.along], () => pending.add(point, eachElement));
  });
}

function contract(kernel: ContractKernel, point: Point, pending: Pending): void {
  forEach(point, [kernel.batch, kernel.m, kernel.n], () => {
    let sum = 0;
    forEach(point, [kernel.k], () => {
      sum += point.value(kernel.left) * point.value(kernel.right);
    });
    point.set(accumulator, sum);
    pending.add(point, kernel.writes);
  });
}

/** A query that sees no key accumulates 0. */
function attention(kernel: AttentionKernel, point: Point, pending: Pending): void {
  const [queries, keys] = [point.size(kernel.query.extent), point.size(kernel.key.extent)];
  forEach(point, [kernel.batch, kernel.head], () => {
    for (let query = 0; query < queries; query++) {
      point.move(kernel.query, query);
      const visible = Math.min(
        keys,
        kernel.causal ? keys - queries + query + 1 : keys,
        kernel.keyLength ? point.value(kernel.keyLength) : keys,
      );
      const scores: number[] = [];
      for (let key = 0; key < visible; key++) {
        point.move(kernel.key, key);
        let sum = 0;
        forEach(point, [kernel.width], () => {
          sum += point.value(kernel.q) * point.value(kernel.k);
        });
        scores.push(sum * kernel.scale);
      }
      const weights = softmax(scores);
      forEach(point, [kernel.valueWidth], () => {
        let sum = 0;
        weights.forEach((weight, key) => {
          point.move(kernel.key, key);
          sum += weight * point.value(kernel.v);
        });
        point.set(accumulator, sum);
        pending.add(point, kernel.writes);
      });
    }
  });
}

function stream(kernel: StreamKernel, point: Point, pending: Pending): void {
  forEach(point, [...kernel.batch, kernel.row], () => {
    const [first, end] = [point.value(kernel.first), point.value(kernel.end)];
    const sums = new Map<number, number>();
    const weights: number[] = [];
    forEach(point, [kernel.member], () => {
      for (let column = first; column < end; column++) {
        point.move(kernel.column, column);
        kernel.scores.forEach(({ depth, left, right }, index) => {
          let score = 0;
          forEach(point, [depth], () => {
            score += point.value(left) * point.value(right);
          });
          point.set(reductionValue(index), score);
        });
        const weight = point.value(kernel.weight);
        weights.push(weight);
        if (!kernel.width) continue;
        forEach(point, [kernel.width], () => {
          const at = point.value(kernel.width!);
          sums.set(at, (sums.get(at) ?? 0) + weight * point.value(kernel.value!));
        });
      }
    });
    if (!kernel.width) {
      const largest = Math.max(...weights);
      const total = weights.reduce((sum, weight) => sum + Math.exp(weight - largest), 0);
      point.set(accumulator, weights.length === 0 ? Number.NEGATIVE_INFINITY : largest + Math.log(total));
      pending.add(point, kernel.writes);
      return;
    }
    forEach(point, [kernel.width], () => {
      point.set(accumulator, sums.get(point.value(kernel.width!)) ?? 0);
      pending.add(point, kernel.writes);
    });
  });
}

function softmax(scores: readonly number[]): number[] {
  const largest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - largest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

/** Indices by descending value, of equal ones the lower first. */
function descending(values: readonly number[]): number[] {
  return values.map((_, index) => index).sort((a, b) => values[b]! - values[a]! || a - b);
}

/** The index that `sample` of kernels/ir.ts draws. Temperature 0 is argmax. */
function drawn(values: readonly number[], temperature: number, topK: number, topP: number, uniform: number): number {
  const order = descending(values);
  if (temperature === 0) return order[0]!;
  const candidates = topK > 0 ? order.slice(0, topK) : order;
  const probabilities = softmax(candidates.map((index) => values[index]! / temperature));
  let reached = 0;
  let kept = 0;
  while (kept < candidates.length && (kept === 0 || reached < topP)) reached += probabilities[kept++]!;
  const left = candidates.slice(0, kept).map((index, rank) => ({ index, probability: probabilities[rank]! }));
  left.sort((a, b) => a.index - b.index);
  let before = 0;
  for (const { index, probability } of left) {
    before += probability;
    if (uniform * reached < before) return index;
  }
  return left.at(-1)!.index;
}

function select(kernel: SelectKernel, point: Point, pending: Pending): void {
  const { selection } = kernel;
  forEach(point, [kernel.row], () => {
    const values: number[] = [];
    forEach(point, [kernel.along], () => values.push(point.value(kernel.value)));
    if (selection.op === 'topK') {
      const order = descending(values);
      forEach(point, [selection.slot], () => {
        point.set(selectedIndex, order[point.value(selection.slot)]!);
        pending.add(point, kernel.writes);
      });
      return;
    }
    const of = (x: Scalar): number => point.value(x);
    const index =
      selection.op === 'argmax'
        ? descending(values)[0]!
        : drawn(values, of(selection.temperature), of(selection.topK), of(selection.topP), of(selection.uniform));
    point.set(selectedIndex, index);
    pending.add(point, kernel.writes);
  });
}

/** Runs one kernel; arrays in `buffers` are changed in place. */
export function evaluateKernel(kernel: Kernel, buffers: Buffers, sizes: Sizes): void {
  const point = new Point(buffers, sizes);
  const pending = new Pending();
  switch (kernel.kind) {
    case 'map':
      map(kernel, point, pending);
      break;
    case 'row':
      row(kernel, point, pending);
      break;
    case 'contract':
      contract(kernel, point, pending);
      break;
    case 'attention':
      attention(kernel, point, pending);
      break;
    case 'stream':
      stream(kernel, point, pending);
      break;
    case 'select':
      select(kernel, point, pending);
      break;
  }
  pending.flush(buffers);
}

/**
 * Runs a step's kernels in order. `buffers` holds inputs, parameters (in plain form) and states under the names of their
 * declarations; temporaries and outputs that are missing are added, filled with zeros. Arrays are changed in place.
 * @throws RangeError when an element outside a buffer is read or written.
 */
export function evaluateStep(step: Step, buffers: Buffers, sizes: Sizes): void {
  for (const { name, role, size } of step.buffers) {
    if (role === 'temporary' || role === 'output') buffers[name] ??= new Float64Array(evaluateExtent(size, sizes));
    else if (!buffers[name]) throw new Error(`${step.name} needs the ${role} ${name}`);
  }
  for (const kernel of step.kernels) evaluateKernel(kernel, buffers, sizes);
}
