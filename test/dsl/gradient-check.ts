// What a case of gradients is made of, and how its gradients are held against finite differences.
import * as assert from 'uvu/assert';
import { evaluateExtent } from '../../dsl/extent.ts';
import {
  type Dim,
  dim,
  formatShape,
  gradients,
  input,
  interpret,
  mul,
  printGraph,
  type Shape,
  sum,
  type Tensor,
  trace,
} from '../../dsl/index.ts';
import type { SourceAttributes } from '../../dsl/ops/sources.ts';
import { random } from '../../model/random.ts';

/** Dimensions, fixed or symbolic, and inputs with their values. Those made by `float` are differentiated. */
export class Trial {
  readonly sizes: Record<string, number> = {};
  readonly given: Record<string, number[]> = {};
  readonly floats: Tensor[] = [];
  readonly #symbolic: boolean;

  constructor(symbolic: boolean) {
    this.#symbolic = symbolic;
  }

  dim<const N extends string>(name: N, size: number): Dim<N> {
    if (!this.#symbolic) return dim(name, size);
    this.sizes[name] = size;
    return dim(name);
  }

  /** Values between two bounds, apart from each other and from 0: where functions have kinks. */
  float<const S extends Shape>(name: string, shape: S, low = -1.5, high = 1.5): Tensor<S> {
    const x = input(name, shape);
    const count = shape.reduce((product, { extent }) => product * evaluateExtent(extent, this.sizes), 1);
    const { uniform } = random(count, name);
    const shuffled = Array.from({ length: count }, (_, rank) => ({ rank, place: uniform() })).sort(
      (a, b) => a.place - b.place,
    );
    const shift = 0.27 + 0.11 * this.floats.length;
    this.given[name] = shuffled.map(({ rank }) => low + ((high - low) * (rank + shift)) / count);
    this.floats.push(x as Tensor);
    return x;
  }

  /** Floats that are not differentiated. */
  data<const S extends Shape>(name: string, shape: S, values: readonly number[]): Tensor<S> {
    this.given[name] = [...values];
    return input(name, shape);
  }

  whole<const S extends Shape>(name: string, shape: S, values: readonly number[]): Tensor<S> {
    this.given[name] = [...values];
    return input(name, shape, 'i32');
  }
}

/** A function of the trial's floats. */
export type Case = (trial: Trial) => Tensor;

const nameOf = (x: Tensor): string => (x.attributes as SourceAttributes).name;

/** The sum of all elements, each with a weight of its own. */
export function weighted(trial: Trial, y: Tensor): Tensor<readonly []> {
  const weights = new Trial(false);
  Object.assign(weights.sizes, trial.sizes);
  const products = mul(y, weights.float('weights', y.shape, 0.3, 1.7));
  Object.assign(trial.given, weights.given);
  return sum(products, ...y.shape.map(({ name }) => name)) as Tensor as Tensor<readonly []>;
}

const step = 1e-5;

/** (f(x + h·d) − f(x − h·d)) / 2h for a direction d. */
function slopeAlong(direction: readonly number[], x: readonly number[], f: (x: number[]) => number): number {
  const moved = (by: number): number[] => x.map((value, i) => value + by * direction[i]!);
  return (f(moved(step)) - f(moved(-step))) / (2 * step);
}

/** Two directions in general position: where a gradient is wrong in any element, the slope along them is wrong. */
function directions(count: number): number[][] {
  const { normal } = random(count, 'directions');
  return [1, 2].map(() => Array.from({ length: count }, normal));
}

/** How far a gradient lies off the finite differences, as a part of its size. */
function errorOf(gradient: ArrayLike<number>, x: readonly number[], f: (x: number[]) => number): number {
  const errors = directions(x.length).map((direction) => {
    const terms = direction.map((d, i) => d * gradient[i]!);
    const [due, size] = [terms.reduce((a, b) => a + b, 0), terms.reduce((a, b) => a + Math.abs(b), 0)];
    return Math.abs(slopeAlong(direction, x, f) - due) / (size + 1e-6);
  });
  return Math.max(...errors);
}

/** The gradients of a scalar with respect to each of the trial's floats, by name. */
export function gradientsOf(trial: Trial, loss: Tensor<readonly []>): Record<string, Tensor> {
  const slopes = gradients(loss, trial.floats);
  return Object.fromEntries(trial.floats.map((x, i) => [nameOf(x), slopes[i]!]));
}

/** Fails where a gradient has another shape than what it belongs to, or lies off by more than one in a million. */
export function assertGradients(make: Case, symbolic: boolean): void {
  const trial = new Trial(symbolic);
  const loss = weighted(trial, make(trial));
  const slopes = gradientsOf(trial, loss);
  const graph = trace('gradients', slopes);
  const { outputs } = interpret(graph, trial.given, trial.sizes);
  const forward = trace('loss', { loss });
  for (const x of trial.floats) {
    const name = nameOf(x);
    assert.is(formatShape(slopes[name]!.shape), formatShape(x.shape), `the shape of the gradient of ${name}`);
    const [gradient, values] = [outputs[name]!, trial.given[name]!];
    const f = (moved: number[]): number =>
      interpret(forward, { ...trial.given, [name]: moved }, trial.sizes).outputs.loss![0]!;
    const error = errorOf(gradient, values, f);
    if (error <= 1e-6) continue;
    const due = values.map((_, i) =>
      slopeAlong(
        values.map((_, at) => +(at === i)),
        values,
        f,
      ),
    );
    assert.unreachable(
      `the gradient of ${name} is off by ${error}:\n${gradient.join(' ')}\ninstead of\n${due.join(' ')}\n${printGraph(graph)}`,
    );
  }
}
