/** Random products for tests of the contract bodies: operands of every kind, epilogues, fixed and symbolic sizes. */
import { addExtents, type Extent, extent, productOfExtents as product, symbol } from '../../dsl/extent.ts';
import { accumulator, axis, read, type Scalar, whole } from '../../dsl/scalar.ts';
import type { BufferDeclaration, ContractKernel, Step, Write } from '../../kernels/ir.ts';
import { buffer, on } from '../support/build-step.ts';

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Shape {
  readonly batch: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

/** Extents of a case: each fixed, or a symbol of the same name. */
export interface Extents {
  readonly B: Extent;
  readonly M: Extent;
  readonly N: Extent;
  readonly K: Extent;
}

export function extentsOf({ batch, m, n, k }: Shape, symbolic: (name: string) => boolean): Extents {
  const pick = (name: string, size: number): Extent => (symbolic(name) ? symbol(name) : extent(size));
  return { B: pick('B', batch), M: pick('M', m), N: pick('N', n), K: pick('K', k) };
}

/** Offsets of elements of plain tensors: `offset([[b, M * K], [m, K], [k, 1]])`. */
export function offset(terms: readonly (readonly [Scalar, Extent | number])[]): Scalar {
  return terms.map(([index, stride]) => on('mul', index, whole(stride))).reduce((sum, term) => on('add', sum, term));
}

interface Point {
  readonly b: Scalar;
  readonly m: Scalar;
  readonly n: Scalar;
  readonly k: Scalar;
}

type Operands = Readonly<Record<string, (at: Point, of: Extents) => Scalar>>;

const rowOfLeft = ({ b, m, k }: Point, { M, K }: Extents): Scalar =>
  offset([
    [b, product([M, K])],
    [m, K],
    [k, 1],
  ]);
const columnOfLeft = ({ b, m, k }: Point, { M, K }: Extents): Scalar =>
  offset([
    [b, product([M, K])],
    [k, M],
    [m, 1],
  ]);
const rowOfRight = ({ n, k }: Point, { K }: Extents): Scalar =>
  offset([
    [n, K],
    [k, 1],
  ]);
const columnOfRight = ({ n, k }: Point, { N }: Extents): Scalar =>
  offset([
    [k, N],
    [n, 1],
  ]);

/** Left operands, by what is special about them. */
export const lefts: Operands = {
  rows: (at, of) => read('x', rowOfLeft(at, of)),
  columns: (at, of) => read('x', columnOfLeft(at, of)),
  scaled: (at, of) => on('mul', read('x', rowOfLeft(at, of)), read('scales', at.k)),
  'scaled columns': (at, of) => on('mul', read('x', columnOfLeft(at, of)), 0.5),
  /** Rows in reverse order of pairs: their addresses are no linear function of m. */
  shuffled: (at, of) => {
    const row = on('sub', on('add', at.m, 1), on('mul', on('remainder', at.m, 2), 2));
    const inside = on('where', on('less', row, whole(of.M)), row, at.m);
    return read('x', rowOfLeft({ ...at, m: inside }, of));
  },
  chosen: (at, of) =>
    on('where', on('less', at.k, 3), read('x', rowOfLeft(at, of)), on('neg', read('x', rowOfLeft(at, of)))),
};

/** Right operands. */
export const rights: Operands = {
  rows: (at, of) => read('w', rowOfRight(at, of)),
  columns: (at, of) => read('w', columnOfRight(at, of)),
  scaled: (at, of) => on('mul', read('w', rowOfRight(at, of)), read('scales', at.k)),
  'scaled columns': (at, of) => on('mul', read('w', columnOfRight(at, of)), 0.5),
  batched: (at, of) =>
    read(
      'ws',
      offset([
        [at.b, product([of.N, of.K])],
        [at.n, of.K],
        [at.k, 1],
      ]),
    ),
};

const result = ({ b, m, n }: Point, { M, N }: Extents): Scalar =>
  offset([
    [b, product([M, N])],
    [m, N],
    [n, 1],
  ]);
const transposed = ({ b, m, n }: Point, { M, N }: Extents): Scalar =>
  offset([
    [b, product([M, N])],
    [n, M],
    [m, 1],
  ]);

/** Columns in groups of 3, the groups M apart: neighbours lie a symbolic stride apart, or side by side, or neither. */
const regrouped = ({ b, m, n }: Point, { M, N }: Extents): Scalar =>
  offset([
    [b, product([M, addExtents(N, 2)])],
    [on('quotient', n, 3), product([M, 3])],
    [m, 3],
    [on('remainder', n, 3), 1],
  ]);

type Epilogue = (at: Point, of: Extents) => Omit<Write, 'buffer'>[];

/** Epilogues: what is written where. */
export const epilogues: Readonly<Record<string, Epilogue>> = {
  plain: (at, of) => [{ offset: result(at, of), value: accumulator }],
  bias: (at, of) => [{ offset: result(at, of), value: on('add', accumulator, read('bias', at.n)) }],
  gelu: (at, of) => {
    const sum = on('add', accumulator, read('bias', at.n));
    const half = on('mul', sum, 0.5);
    return [{ offset: result(at, of), value: on('mul', half, on('add', on('erf', on('mul', sum, Math.SQRT1_2)), 1)) }];
  },
  residual: (at, of) => {
    const value = on('add', on('mul', accumulator, 0.25), read('r', result(at, of)));
    return [{ offset: result(at, of), value }];
  },
  transposed: (at, of) => [{ offset: transposed(at, of), value: on('mul', accumulator, read('rows', at.m)) }],
  two: (at, of) => [
    { offset: result(at, of), value: on('max', accumulator, 0) },
    { offset: transposed(at, of), value: on('sub', accumulator, read('bias', at.n)) },
  ],
  regrouped: (at, of) => [{ offset: regrouped(at, of), value: on('add', accumulator, read('bias', at.n)) }],
};

export interface Product {
  readonly left: string;
  readonly right: string;
  readonly epilogue: string;
}

/** A step of products of the same extents, right operands in plain form. Every write goes to an output of its own. */
export function contractStep(
  products: readonly Product[],
  extents: Extents,
): Step & { readonly kernels: ContractKernel[] } {
  const { B, M, N, K } = extents;
  const [batch, m, n, k] = [axis('b', B), axis('m', M), axis('n', N), axis('k', K)];
  const at: Point = { b: batch, m, n, k };
  // Two columns more than there are, for writes in groups.
  const results = product([B, M, addExtents(N, 2)]);
  const kernels = products.map(
    ({ left, right, epilogue }, index): ContractKernel => ({
      kind: 'contract',
      name: `product_${index}`,
      comment: [`${left} left, ${right} right, ${epilogue} epilogue`],
      batch,
      m,
      n,
      k,
      left: lefts[left]!(at, extents),
      right: rights[right]!(at, extents),
      writes: epilogues[epilogue]!(at, extents).map((write, i) => ({ buffer: `y${index}_${i}`, ...write })),
    }),
  );
  const outputs = kernels.flatMap(({ writes }) => writes.map((write) => buffer(write.buffer, 'output', results)));
  const buffers: BufferDeclaration[] = [
    buffer('x', 'input', product([B, M, K])),
    buffer('w', 'parameter', product([N, K])),
    buffer('ws', 'parameter', product([B, N, K])),
    buffer('scales', 'input', K),
    buffer('bias', 'input', N),
    buffer('rows', 'input', M),
    buffer('r', 'input', results),
    ...outputs,
  ];
  return { name: 'test', sizes: ['B', 'M', 'N', 'K'].map((name) => ({ name })), buffers, kernels };
}
