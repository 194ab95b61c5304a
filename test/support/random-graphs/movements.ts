/** Ways to move a random tensor's elements: undefined where its shape does not allow it. */
import * as dsl from '../../../dsl/index.ts';
import { type Dim, dim, type Tensor } from '../../../dsl/index.ts';
import type { Growth } from './growth.ts';

/** Takes a tensor with at least one dimension. */
export type Movement = (g: Growth, x: Tensor) => Tensor | undefined;

const permute: Movement = (g, x) => dsl.permute(x, g.shuffled(x.shape.map((d) => d.name)));

const rename: Movement = (g, x) => dsl.rename(x, g.pick(x.shape).name, g.name('D')) as Tensor;

const split: Movement = (g, x) => {
  const whole = g.pick(x.shape);
  const ways = g.factorizations(whole);
  return ways.length === 0
    ? undefined
    : (dsl.split(
        x,
        whole.name,
        g.pick(ways).map((size) => g.sized(size)),
      ) as Tensor);
};

const merge: Movement = (g, x) => {
  const from = g.integer(0, x.shape.length - 1);
  const names = x.shape.slice(from, g.integer(from + 1, x.shape.length)).map((d) => d.name);
  return dsl.merge(x, names as [string, ...string[]], g.name('D')) as Tensor;
};

const expand: Movement = (g, x) => {
  const shape = g.shuffled([...x.shape, g.dim(5)]);
  return g.fits(shape) ? dsl.expand(x, shape) : undefined;
};

const slice: Movement = (g, x) => {
  const along = g.pick(x.shape);
  const [length, fixed] = [g.length(along), dsl.fixedExtent(along.extent)];
  if (length < 2) return undefined;
  const start = g.integer(0, length - 2);
  if (fixed !== undefined)
    return dsl.slice(x, along.name, { start, end: g.integer(start + 1, length), step: g.pick([1, 2, 3, 4]) });
  return dsl.slice(x, along.name, g.chance(0.5) ? { start } : { start, end: g.integer(start + 1, length) });
};

const index: Movement = (g, x) => {
  const along = g.pick(x.shape);
  return dsl.index(x, along.name, g.integer(0, g.length(along) - 1)) as Tensor;
};

const pad: Movement = (g, x) => {
  const along = g.pick(x.shape);
  const result = dsl.pad(x, along.name, {
    before: g.integer(0, 3),
    after: g.integer(0, 3),
    value: g.pick([0, 0.5, -1]),
    step: g.chance(0.7) ? 1 : g.integer(2, 4),
  });
  return g.fits(result.shape) ? result : undefined;
};

const concat: Movement = (g, x) => {
  const along = g.pick(x.shape);
  const others = Array.from({ length: g.integer(1, 2) }, () => {
    const size = g.chance(0.5) ? along.extent : g.integer(1, 4);
    return g.chance(0.3) ? x : g.source(x.shape.map((d) => (d === along ? dim(d.name, size) : d)));
  });
  const [first, ...rest] = g.shuffled([x, ...others]) as [Tensor, ...Tensor[]];
  const result = dsl.concat([first, ...rest], along.name);
  return g.fits(result.shape) ? result : undefined;
};

const rope: Movement = (g, x) => {
  const [tokens, width] = x.shape.slice(-2);
  const fixed = width && dsl.fixedExtent(width.extent);
  if (!tokens || !fixed || fixed % 2 !== 0) return undefined;
  const positions = g.ids([tokens], 20) as Tensor<readonly [Dim]>;
  const frequencies = g.source([dim(width.name, fixed / 2)]) as Tensor<readonly [Dim]>;
  return dsl.rope(x as Tensor<readonly [...Dim[], Dim, Dim]>, positions, frequencies);
};

/** Every n-th element of dimensions that were merged and shifted: offsets that no dimension divides. */
const shiftedSteps: Movement = (g, x) => {
  const merged = merge(g, g.chance(0.5) ? x : permute(g, x)!)!;
  const along = merged.shape.find((d) => !x.shape.some((other) => other.name === d.name))!;
  if (dsl.fixedExtent(along.extent) === undefined) return undefined;
  const padded = dsl.pad(merged, along.name, { before: g.integer(1, 3) });
  return dsl.slice(padded, along.name, { start: g.integer(0, 1), step: g.pick([2, 3, 4, 6]) });
};

export const movements: readonly Movement[] = [
  permute,
  permute,
  rename,
  split,
  split,
  merge,
  merge,
  expand,
  slice,
  index,
  pad,
  concat,
  shiftedSteps,
  rope,
];
