/** What random graphs are made of: a table of ways to make one more tensor, undefined where there is nothing to make it from. */

import type { Dim, Tensor } from '../../../dsl/index.ts';
import * as dsl from '../../../dsl/index.ts';
import type { Growth } from './growth.ts';

export type Operation = (g: Growth) => Tensor | undefined;

/** Functions whose values stay small and that have no jumps, so that float32 results are comparable. */
const unary: readonly ((x: Tensor) => Tensor)[] = [
  dsl.neg,
  dsl.abs,
  dsl.tanh,
  dsl.sigmoid,
  dsl.erf,
  (x) => dsl.sin(dsl.mul(dsl.tanh(x), 3)),
  (x) => dsl.cos(dsl.mul(dsl.tanh(x), 3)),
  dsl.gelu,
  dsl.quickGelu,
  dsl.silu,
  dsl.relu,
  dsl.softplus,
  (x) => dsl.exp(dsl.minimum(x, 1)),
  (x) => dsl.log(dsl.add(dsl.abs(x), 0.5)),
  (x) => dsl.sqrt(dsl.add(dsl.abs(x), 0.25)),
  (x) => dsl.rsqrt(dsl.add(dsl.square(x), 0.5)),
  (x) => dsl.mul(x, 0.5),
  (x) => dsl.sub(1, x),
];

const binary: readonly ((a: Tensor, b: Tensor) => Tensor)[] = [
  dsl.add,
  dsl.sub,
  dsl.mul,
  dsl.maximum,
  dsl.minimum,
  (a, b) => dsl.div(a, dsl.add(dsl.abs(b), 1)),
];

const hasDims = (x: Tensor): boolean => x.shape.length > 0;

/** Whether b's dimensions are among those of x, of the same size. */
export function liesWithin(x: Tensor, b: Tensor): boolean {
  return b.shape.every((d) =>
    x.shape.some((other) => other.name === d.name && dsl.equalExtents(other.extent, d.extent)),
  );
}

function elementwise(g: Growth): Tensor | undefined {
  const a = g.tensor();
  if (!a) return undefined;
  const partners = g.pool.filter((b) => b !== a && liesWithin(a, b));
  const b = partners.length > 0 && g.chance(0.7) ? g.pick(partners) : g.source(g.some(a.shape));
  return g.chance(0.5) ? g.pick(binary)(a, b) : g.pick(binary)(b, a);
}

/** a and b, which share some dimensions, each expanded to all of them. */
function outer(g: Growth): Tensor | undefined {
  const [a, b] = [g.tensor(), g.tensor()];
  if (!a || !b) return undefined;
  const shape = [...a.shape];
  for (const d of b.shape) {
    const match = shape.find((other) => other.name === d.name);
    if (match && !dsl.equalExtents(match.extent, d.extent)) return undefined;
    if (!match) shape.push(d);
  }
  return g.fits(shape) ? g.pick(binary)(dsl.expand(a, g.shuffled(shape)), b) : undefined;
}

/** Where an index is below a bound, one tensor, else another. */
function where(g: Growth): Tensor | undefined {
  const x = g.tensor(hasDims);
  if (!x) return undefined;
  const along = g.pick(x.shape);
  const condition = dsl.less(dsl.indices(along), g.integer(0, g.length(along)));
  const other = g.pool.find((y) => y !== x && liesWithin(x, y)) ?? 0.5;
  return g.chance(0.5) ? dsl.where(condition as Tensor, x, other) : dsl.where(condition as Tensor, other, x);
}

function reduce(g: Growth): Tensor | undefined {
  const x = g.tensor(hasDims);
  if (!x) return undefined;
  const over = g.some(x.shape).map((d) => d.name);
  const names = over.length > 0 ? over : [g.pick(x.shape).name];
  const operator = g.pick([dsl.sum, dsl.mean, dsl.max] as readonly ((x: Tensor, ...over: string[]) => Tensor)[]);
  return operator(x, ...g.shuffled(names));
}

function normalise(g: Growth): Tensor | undefined {
  const x = g.tensor(hasDims);
  if (!x) return undefined;
  const along = g.pick(x.shape).name;
  const last = x.shape.at(-1)!;
  const weight = (): Tensor<readonly [Dim]> => g.source([last]) as Tensor<readonly [Dim]>;
  const rows = x as Tensor<readonly [...Dim[], Dim]>;
  return g.pick<() => Tensor>([
    () => dsl.softmax(x, along),
    () => dsl.logSoftmax(x, along),
    () => dsl.logSumExp(x, along) as Tensor,
    () => dsl.l2Normalize(x, along),
    () => dsl.layerNorm(rows, weight(), weight(), 1e-5),
    () => dsl.rmsNorm(rows, weight(), 1e-5),
  ])();
}

function crossEntropy(g: Growth): Tensor | undefined {
  const x = g.tensor((candidate) => candidate.shape.length > 1);
  if (!x) return undefined;
  const targets = g.ids(x.shape.slice(0, -1), g.length(x.shape.at(-1)!));
  return g.chance(0.5)
    ? dsl.crossEntropy(x as never, targets as never)
    : dsl.crossEntropyRows(x as never, targets as never, 1);
}

/** A product with a fresh operand, or with one of the pool that shares dimensions. */
function contract(g: Growth): Tensor | undefined {
  const a = g.tensor(hasDims);
  if (!a) return undefined;
  const over = g.some(a.shape);
  const batch = g.some(a.shape.filter((d) => !over.includes(d)));
  const fresh = g.chance(0.8) ? [g.dim(17)] : [];
  const partner = g.pool.find(
    (b) => b !== a && over.length > 0 && over.every((d) => liesWithin(b, { ...a, shape: [d] })),
  );
  const b = partner && g.chance(0.5) ? partner : g.source(g.shuffled([...batch, ...fresh, ...over]));
  const shared = b.shape.filter((d) => a.shape.some((other) => other.name === d.name));
  if (shared.some((d) => !liesWithin(a, { ...b, shape: [d] }))) return undefined;
  const kept = [...a.shape.filter((d) => !over.includes(d)), ...b.shape.filter((d) => !shared.includes(d))];
  const work = [...kept, ...over];
  if (!g.fits(kept) || g.count(work) > 64 * g.largest || !g.fits(b.shape)) return undefined;
  const names = over.map((d) => d.name);
  return g.chance(0.5) ? dsl.contract(a, b, ...names) : dsl.contract(b, a, ...names);
}

function linear(g: Growth): Tensor | undefined {
  const x = g.tensor(hasDims);
  if (!x) return undefined;
  const [out, inner] = [g.dim(33), x.shape.at(-1)!];
  if (!g.fits([...x.shape.slice(0, -1), out]) || !g.fits([out, inner])) return undefined;
  const weight = g.source([out, inner]) as Tensor<readonly [Dim, Dim]>;
  const bias = g.chance(0.7) ? [g.source([out]) as Tensor<readonly [Dim]>] : [];
  return dsl.linear(x as Tensor<readonly [...Dim[], Dim]>, weight, ...bias);
}

function attention(g: Growth): Tensor | undefined {
  const [batch, queries, keys] = [g.dim(3), g.dim(17), g.dim(17)];
  const [groups, width] = [g.integer(1, 3), g.pick([4, 5, 8])];
  const heads = groups * g.integer(1, 2);
  const [h, k] = [g.sized(heads), g.sized(width)];
  const causal = g.chance(0.5) && g.length(queries) <= g.length(keys);
  // Projections come as [batch, tokens, heads · width], as models have them.
  const project = (tokens: Dim, into: Dim): Tensor => {
    const flat = g.source([batch, tokens, g.sized(dsl.multiplyExtents(into.extent, width))]);
    return dsl.permute(dsl.split(flat, flat.shape[2]!.name, [into, k]), [batch.name, into.name, tokens.name, k.name]);
  };
  const group = g.sized(groups);
  const keyLengths = dsl.add(g.ids([batch], g.length(keys)), 1) as Tensor<readonly [Dim]>;
  type Rank4 = Tensor<readonly [Dim, Dim, Dim, Dim]>;
  return dsl.attention(project(queries, h) as Rank4, project(keys, group) as Rank4, project(keys, group) as Rank4, {
    causal,
    ...(g.chance(0.4) && { keyLengths }),
  });
}

function gather(g: Growth): Tensor | undefined {
  const x = g.tensor(hasDims);
  if (!x) return undefined;
  const along = g.pick(x.shape);
  const shared = g.some(x.shape.filter((d) => d !== along));
  const shape = g.chance(0.7) ? [...shared, g.dim(9)] : shared;
  const size = g.length(along);
  const ids = g.chance(0.7)
    ? g.ids(shape, size)
    : dsl.sub(
        dsl.sub(dsl.size(along, 'i32'), 1),
        dsl.minimum(g.ids(shape, size + 3), dsl.sub(dsl.size(along, 'i32'), 1)) as Tensor,
      );
  const result = dsl.gather(x, ids as Tensor, along.name) as Tensor;
  return g.fits(result.shape) ? result : undefined;
}

/** Reads along a dimension where scores from outside, which have no near ties, are largest, or at a place drawn by them. */
function select(g: Growth): Tensor | undefined {
  const x = g.tensor(hasDims);
  if (!x) return undefined;
  const along = g.pick(x.shape);
  const rows = g.some(x.shape.filter((d) => d !== along));
  const number = (value: number): Tensor<readonly []> => dsl.constant(value);
  const ids = g.pick<() => Tensor>([
    () => dsl.argmax(g.source(g.shuffled([...rows, along])), along.name) as Tensor,
    () =>
      dsl.topK(
        g.source(g.shuffled([...rows, along])),
        along.name,
        g.integer(1, g.length(along)),
        g.name('D'),
      ) as Tensor,
    () =>
      dsl.sample(g.source([...rows, along]) as Tensor<readonly [...Dim[], Dim]>, {
        temperature: number(g.pick([0, 0.5, 2])),
        topK: dsl.constant(g.integer(0, 5), 'i32'),
        topP: number(g.pick([0.3, 0.8, 1])),
        uniform: dsl.sigmoid(g.source(rows)),
      }) as Tensor,
  ])();
  const result = dsl.gather(x, ids, along.name) as Tensor;
  return g.fits(result.shape) ? result : undefined;
}

/** Writes over the first or last part of a state and goes on with its new contents. */
function update(g: Growth): Tensor | undefined {
  const value = g.tensor((x) => hasDims(x) && !g.updates.includes(x));
  if (!value) return undefined;
  const along = g.pick(value.shape);
  const start = g.integer(0, 2);
  const longer = dsl.dim(along.name, dsl.addExtents(along.extent, start + g.integer(0, 2)));
  const shape = value.shape.map((d) => (d === along ? longer : d));
  if (!g.fits(shape)) return undefined;
  const state = g.state(shape);
  if (g.readsOldStates && g.chance(0.3)) g.pool.push(dsl.mul(state, 2));
  const result = dsl.update(state, value, { along: along.name, start });
  g.updates.push(result);
  return result;
}

/** A block whose backward pass computes it again, with something that comes from outside of it. */
function checkpoint(g: Growth): Tensor | undefined {
  const x = g.tensor();
  if (!x) return undefined;
  const [first, second] = [g.pick(unary), g.pick(unary)];
  const partner = g.pool.find((y) => y !== x && liesWithin(x, y)) ?? g.source(g.some(x.shape));
  const block = (y: Tensor): Tensor => second(dsl.mul(first(y), partner));
  return g.chance(0.3) ? dsl.checkpoint((y) => dsl.tanh(dsl.checkpoint(block, first(y))), x) : dsl.checkpoint(block, x);
}

/** What gradients flow through. */
export const differentiable: readonly Operation[] = [
  (g) => g.pick(unary)(g.tensor()!),
  elementwise,
  elementwise,
  outer,
  where,
  reduce,
  reduce,
  normalise,
  normalise,
  crossEntropy,
  contract,
  contract,
  linear,
  linear,
  attention,
  gather,
  select,
  checkpoint,
];

export const computations: readonly Operation[] = [
  (g) => g.pick(unary)(g.tensor()!),
  elementwise,
  elementwise,
  outer,
  where,
  reduce,
  reduce,
  normalise,
  crossEntropy,
  contract,
  contract,
  linear,
  attention,
  gather,
  select,
  update,
];
