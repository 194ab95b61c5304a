/** Random graphs, the same for the same seed, for tests that compare one way to compute with another. */
import {
  add,
  type Graph,
  gradients,
  mean,
  mul,
  rsqrt,
  square,
  sub,
  sum,
  type Tensor,
  trace,
  update,
} from '../../dsl/index.ts';
import type { SourceAttributes } from '../../dsl/ops/sources.ts';
import { Growth } from './random-graphs/growth.ts';
import { movements } from './random-graphs/movements.ts';
import { computations, differentiable, liesWithin, type Operation } from './random-graphs/operations.ts';

export interface RandomGraph {
  readonly graph: Graph;
  /** Inputs, parameters and states by name. */
  readonly given: Readonly<Record<string, Float32Array | Int32Array>>;
  readonly sizes: Readonly<Record<string, number>>;
}

export interface RandomGraphOptions {
  /** How many operations at most. */
  readonly operations?: number;
  /** Most elements of one tensor. */
  readonly largest?: number;
  /** Movement alone: nothing is computed. */
  readonly onlyMovement?: boolean;
  /** What a state was before its update may be used beside what it is afterwards. */
  readonly readsOldStates?: boolean;
}

/** A graph of elementwise functions, movement, reductions, products, attention, norms, gathers and state updates. */
export function randomGraph(
  seed: number,
  { operations = 14, largest = 700, onlyMovement = false, readsOldStates = false }: RandomGraphOptions = {},
): RandomGraph {
  const g = new Growth(seed, { largest, divisible: onlyMovement, readsOldStates });
  const outputs = grown(g, operations, onlyMovement ? [] : computations);
  const graph = trace(`random_${seed}`, Object.fromEntries(outputs.map((x, i) => [`out${i}`, x])), g.updates);
  return { graph, given: g.given, sizes: g.sizes };
}

/** Grows by at most so many operations, a part of them movement, and returns some of the last tensors. */
function grown(g: Growth, most: number, operations: readonly Operation[]): Tensor[] {
  for (let i = g.integer(1, 3); i > 0; i--) g.pool.push(g.source(g.shape(g.integer(i === 1 ? 1 : 0, 3))));
  const { pool } = g;
  for (let i = g.integer(2, most); i > 0; i--) {
    const next = operations.length === 0 || g.chance(0.4) ? moved(g) : g.pick(operations)(g);
    if (next) pool.push(next);
  }
  return [...new Set([pool.at(-1)!, ...g.some(pool.slice(-4, -1))])];
}

/** A random graph that learns, with the loss and the gradients by the names of what they belong to. */
export interface RandomTraining extends RandomGraph {
  readonly loss: Tensor<readonly []>;
}

/**
 * A graph whose outputs are `loss` and `gradient/NAME` for everything from outside that the loss depends on. States take a step against
 * their gradients, some of them one that is scaled by the norm of all; `after/NAME` is made of what a state is then and of what was
 * made before.
 */
export function randomTraining(
  seed: number,
  { operations = 10, largest = 300 }: Pick<RandomGraphOptions, 'operations' | 'largest'> = {},
): RandomTraining {
  const g = new Growth(seed, { largest, divisible: false, readsOldStates: false, learns: true });
  const losses = grown(g, operations, differentiable).map((x) => mean(square(x), ...namesOf(x)) as Tensor);
  const loss = losses.reduce((a, b) => add(a, b)) as Tensor as Tensor<readonly []>;
  const sources = trace('loss', { loss }).nodes.filter((x) => x.operator.kind === 'source' && dependsOn(loss, x));
  const slopes = gradients(loss, sources);
  const norm = slopes.map((slope) => sum(square(slope), ...namesOf(slope)) as Tensor).reduce((a, b) => add(a, b));
  const outputs: Record<string, Tensor> = { loss };
  const updates: Tensor[] = [];
  sources.forEach((x, i) => {
    const { name } = x.attributes as SourceAttributes;
    outputs[`gradient/${name}`] = slopes[i]!;
    if (x.operator.name !== 'state') return;
    const step = g.chance(0.5) ? slopes[i]! : mul(slopes[i]!, rsqrt(add(norm, 1)));
    const after = update(x, sub(x, mul(step, 0.1)));
    updates.push(after);
    const before = g.pick([x, ...g.pool.filter((y) => liesWithin(x, y))]);
    if (g.chance(0.5)) outputs[`after/${name}`] = sub(after, mul(before, 2));
  });
  return { graph: trace(`training_${seed}`, outputs, g.shuffled(updates)), given: g.given, sizes: g.sizes, loss };
}

const namesOf = ({ shape }: Tensor): string[] => shape.map(({ name }) => name);

function dependsOn(loss: Tensor<readonly []>, x: Tensor): boolean {
  try {
    return gradients(loss, [x]).length > 0;
  } catch {
    return false;
  }
}

function moved(g: Growth): Tensor | undefined {
  const x = g.tensor(({ shape }) => shape.length > 0);
  return x && g.pick(movements)(g, x);
}
