/** A graph while it grows at random: tensors so far, sizes, and values of what is given from outside. */
import {
  type Dim,
  dim,
  type ExtentLike,
  evaluateExtent,
  fixedExtent,
  input,
  multiplyExtents,
  parameter,
  type Shape,
  type StorageType,
  state,
  type Tensor,
} from '../../../dsl/index.ts';
import { type Random, random } from '../../../model/random.ts';

/** 1, primes, powers of two and their neighbours, and a row longer than a tile. */
const lengths = [1, 2, 3, 4, 5, 7, 8, 9, 13, 16, 17, 33];
/** Sizes with factors in common, so that groupings and steps of dimensions often fit each other. */
const divisibleLengths = [1, 2, 3, 4, 6, 8];
/** Chance that a new dimension is symbolic. */
const symbolic = 0.4;

export class Growth {
  readonly random: Random;
  /** f32 tensors that operations may use. */
  readonly pool: Tensor[] = [];
  readonly sizes: Record<string, number> = {};
  readonly given: Record<string, Float32Array | Int32Array> = {};
  readonly updates: Tensor[] = [];
  readonly largest: number;
  readonly readsOldStates: boolean;
  readonly #learns: boolean;
  readonly #lengths: readonly number[];
  #names = 0;

  /**
   * @param largest most elements of one tensor
   * @param divisible sizes have factors in common
   * @param readsOldStates what a state was before its update may be used beside what it is afterwards
   * @param learns some of what comes from outside is a state
   */
  constructor(
    seed: number,
    {
      largest,
      divisible,
      readsOldStates,
      learns = false,
    }: { largest: number; divisible: boolean; readsOldStates: boolean; learns?: boolean },
  ) {
    this.random = random(seed, 'random graph');
    this.largest = largest;
    this.readsOldStates = readsOldStates;
    this.#learns = learns;
    this.#lengths = divisible ? divisibleLengths : lengths;
  }

  chance(probability: number): boolean {
    return this.random.uniform() < probability;
  }

  /** A whole number from `low` to `high`, both included. */
  integer(low: number, high: number): number {
    return low + (this.random.integer() % (high - low + 1));
  }

  pick<T>(list: readonly T[]): T {
    return list[this.integer(0, list.length - 1)]!;
  }

  shuffled<T>(list: readonly T[]): T[] {
    return list
      .map((value) => ({ value, at: this.random.uniform() }))
      .sort((a, b) => a.at - b.at)
      .map(({ value }) => value);
  }

  /** A part of the list in its order, perhaps empty, perhaps all. */
  some<T>(list: readonly T[]): T[] {
    return list.filter(() => this.chance(0.5));
  }

  name(prefix: string): string {
    this.#names++;
    return `${prefix}${this.#names}`;
  }

  /** A new dimension of a random size, fixed or symbolic. */
  dim(atMost = 33): Dim {
    const name = this.name('D');
    const length = this.pick(this.#lengths.filter((n) => n <= Math.max(1, atMost)));
    if (!this.chance(symbolic)) return dim(name, length);
    this.sizes[name] = length;
    return this.chance(0.5) ? dim(name) : dim(name, undefined, { max: 40 });
  }

  /** A dimension of a size that is known, under a new name. */
  sized(size: ExtentLike): Dim {
    return dim(this.name('D'), size);
  }

  length(of: Dim): number {
    return evaluateExtent(of.extent, this.sizes);
  }

  count(shape: Shape): number {
    return shape.reduce((product, d) => product * this.length(d), 1);
  }

  fits(shape: Shape): boolean {
    return this.count(shape) <= this.largest;
  }

  /** Dimensions for a tensor from outside: some that others have already, some new. */
  shape(rank: number): Dim[] {
    const shape: Dim[] = [];
    const known = new Map(this.pool.flatMap((x) => x.shape).map((d) => [d.name, d]));
    for (let i = 0; i < rank; i++) {
      const candidates = [...known.values()].filter((d) => !shape.some((other) => other.name === d.name));
      const next = candidates.length > 0 && this.chance(0.5) ? this.pick(candidates) : this.dim(i < 2 ? 33 : 5);
      if (this.fits([...shape, next])) shape.push(next);
    }
    return shape;
  }

  /** A tensor of normal numbers from outside: an input or a parameter, or a state that learns. */
  source(shape: Shape, storage: StorageType = 'f32'): Tensor {
    if (this.#learns && this.chance(0.4)) return this.state(shape);
    const name = this.name('x');
    this.given[name] = Float32Array.from({ length: this.count(shape) }, () => this.random.normal());
    return this.chance(0.5) ? input(name, shape, storage) : parameter(name, shape, storage);
  }

  /** i32 from outside, each in [0, below). */
  ids(shape: Shape, below: number): Tensor {
    const name = this.name('ids');
    this.given[name] = Int32Array.from({ length: this.count(shape) }, () => this.integer(0, below - 1));
    return input(name, shape, 'i32');
  }

  /** A state that begins with normal numbers. */
  state(shape: Shape): Tensor {
    const name = this.name('s');
    this.given[name] = Float32Array.from({ length: this.count(shape) }, () => this.random.normal());
    return state(name, shape);
  }

  /** A tensor of the pool, the later the likelier, that meets the condition. */
  tensor(condition: (x: Tensor) => boolean = () => true): Tensor | undefined {
    const candidates = this.pool.filter(condition);
    if (candidates.length === 0) return undefined;
    return this.chance(0.6) ? candidates.at(-this.integer(1, Math.min(3, candidates.length))) : this.pick(candidates);
  }

  /** Ways to write a size as a product of two. */
  factorizations(d: Dim): (readonly [ExtentLike, ExtentLike])[] {
    const fixed = fixedExtent(d.extent);
    if (fixed !== undefined) {
      return Array.from({ length: fixed }, (_, i) => i + 1).flatMap((n) =>
        fixed % n === 0 ? [[n, fixed / n] as const] : [],
      );
    }
    const known = this.pool.flatMap((x) => x.shape).map((other) => other.extent);
    return known.flatMap((a) =>
      known.flatMap((b) => (multiplyExtents(a, b).key === d.extent.key ? [[a, b] as const] : [])),
    );
  }
}
