/** Random graphs, the same for the same seed, for tests that compare one way to compute with another. */
import { type Graph, type Tensor, trace } from '../../dsl/index.ts';
import { Growth } from './random-graphs/growth.ts';
import { movements } from './random-graphs/movements.ts';
import { computations } from './random-graphs/operations.ts';

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
  for (let i = g.integer(1, 3); i > 0; i--) g.pool.push(g.source(g.shape(g.integer(i === 1 ? 1 : 0, 3))));
  const { pool, given, sizes, updates } = g;
  for (let i = g.integer(2, operations); i > 0; i--) {
    const next = g.chance(onlyMovement ? 1 : 0.4) ? moved(g) : g.pick(computations)(g);
    if (next) pool.push(next);
  }
  const outputs = [...new Set([pool.at(-1)!, ...g.some(pool.slice(-4, -1))])];
  const graph = trace(`random_${seed}`, Object.fromEntries(outputs.map((x, i) => [`out${i}`, x])), updates);
  return { graph, given, sizes };
}

function moved(g: Growth): Tensor | undefined {
  const x = g.tensor(({ shape }) => shape.length > 0);
  return x && g.pick(movements)(g, x);
}
