/** Products: sums over shared dimensions of two tensors. */
import type { Dim, Shape } from '../dim.ts';
import { equalExtents, evaluateExtent, type Sizes } from '../extent.ts';
import type { CombiningOperator, Values } from '../operator.ts';
import { findDim, makeTensor, type Names, shapeError, type Tensor, type Without } from '../tensor.ts';
import { add } from './elementwise.ts';
import { stridesOf } from './reduce.ts';
import { sumTo } from './sumTo.ts';

export interface ContractAttributes {
  /** Names of the dimensions summed over. */
  readonly over: readonly string[];
}

/** What part each dimension plays: shared and kept, of one operand alone, or summed over. */
export interface ContractRoles {
  readonly batch: readonly Dim[];
  readonly m: readonly Dim[];
  readonly n: readonly Dim[];
  readonly k: readonly Dim[];
}

/** The roles of the dimensions of a contract node. */
export function contractRoles({ inputs, attributes }: Tensor): ContractRoles {
  const { over } = attributes as ContractAttributes;
  const [a, b] = inputs as [Tensor, Tensor];
  const has = (x: Tensor, d: Dim): boolean => x.shape.some((other) => other.name === d.name);
  return {
    batch: a.shape.filter((d) => has(b, d) && !over.includes(d.name)),
    m: a.shape.filter((d) => !has(b, d)),
    n: b.shape.filter((d) => !has(a, d)),
    k: over.map((name) => a.shape.find((d) => d.name === name)!),
  };
}

/** Offsets into x for every combination of the dimensions `dims`, the last running fastest. */
function offsetsOf(x: Tensor, dims: readonly Dim[], sizes: Sizes): number[] {
  const strides = stridesOf(x.shape.map((d) => evaluateExtent(d.extent, sizes)));
  return dims.reduce<number[]>(
    (offsets, { name, extent }) => {
      const stride = strides[x.shape.findIndex((d) => d.name === name)] ?? 0;
      const steps = Array.from({ length: evaluateExtent(extent, sizes) }, (_, i) => i * stride);
      return offsets.flatMap((offset) => steps.map((step) => offset + step));
    },
    [0],
  );
}

function interpretContract(result: Tensor, [a, b]: readonly Values[], sizes: Sizes): Values {
  const [left, right] = result.inputs as [Tensor, Tensor];
  const { batch, m, n, k } = contractRoles(result);
  const offsets = (x: Tensor, dims: readonly Dim[]): number[] => offsetsOf(x, dims, sizes);
  const [kLeft, kRight] = [offsets(left, k), offsets(right, k)];
  const out = new Float64Array(offsets(result, result.shape).length);
  const [batchOut, mOut, nOut] = [batch, m, n].map((dims) => offsets(result, dims)) as [number[], number[], number[]];
  const [batchLeft, batchRight, mLeft, nRight] = [
    offsets(left, batch),
    offsets(right, batch),
    offsets(left, m),
    offsets(right, n),
  ];
  batchOut.forEach((batchAt, i) => {
    mOut.forEach((mAt, j) => {
      nOut.forEach((nAt, l) => {
        const [from, to] = [batchLeft[i]! + mLeft[j]!, batchRight[i]! + nRight[l]!];
        let total = 0;
        for (let q = 0; q < kLeft.length; q++) total += a![from + kLeft[q]!]! * b![to + kRight[q]!]!;
        out[batchAt + mAt + nAt] = total;
      });
    });
  });
  return out;
}

const contractOperator: CombiningOperator = {
  kind: 'contract',
  name: 'contract',
  interpret: interpretContract,
  // Each operand's gradient is that of the result times the other operand, summed over what the other has alone.
  derivative: (gradient, result) => {
    const [a, b] = result.inputs as [Tensor, Tensor];
    const { m, n } = contractRoles(result);
    const names = (dims: readonly Dim[]): string[] => dims.map(({ name }) => name);
    return [
      sumTo(contract(gradient, b, ...names(n)) as Tensor, a.shape),
      sumTo(contract(gradient, a, ...names(m)) as Tensor, b.shape),
    ];
  },
};

/** The dimensions of a that stay, then those that b alone has. */
export type Contracted<A extends Shape, B extends Shape, N extends string> = readonly [
  ...Without<A, N>,
  ...Without<B, N | Names<A>>,
];

/**
 * Σ over the named dimensions of a · b. Other dimensions that both have are a batch; the result has the rest of a's
 * dimensions, then those of b alone.
 */
export function contract<A extends Shape, B extends Shape, const N extends readonly (Names<A> & Names<B>)[]>(
  a: Tensor<A>,
  b: Tensor<B>,
  ...over: N
): Tensor<Contracted<A, B, N[number]>> {
  for (const name of over) {
    findDim('contract', 'a', a, name);
    findDim('contract', 'b', b, name);
  }
  for (const d of a.shape) {
    const match = b.shape.find((other) => other.name === d.name);
    if (match && !equalExtents(match.extent, d.extent))
      throw shapeError('contract', { a, b }, `the sizes of ${d.name} differ`);
  }
  const shape = [
    ...a.shape.filter((d) => !over.includes(d.name as N[number])),
    ...b.shape.filter((d) => !a.shape.some((other) => other.name === d.name)),
  ];
  const attributes: ContractAttributes = { over };
  return makeTensor(contractOperator, [a, b], attributes, shape, 'f32') as unknown as Tensor<
    Contracted<A, B, N[number]>
  >;
}

/**
 * x wᵀ + b, as torch.nn.Linear: x [..., I], w [O, I], b [O] → [..., O].
 * @throws ShapeError when the last dimension of x is not the second of w.
 */
export function linear<S extends readonly Dim[], I extends string, O extends string>(
  x: Tensor<readonly [...S, Dim<I>]>,
  w: Tensor<readonly [Dim<O>, Dim<NoInfer<I>>]>,
  b?: Tensor<readonly [Dim<NoInfer<O>>]>,
): Tensor<readonly [...S, Dim<O>]> {
  const [inner, outer] = [x.shape.at(-1) as Dim | undefined, w.shape[1]];
  if (!inner || inner.name !== outer.name || !equalExtents(inner.extent, outer.extent)) {
    throw shapeError('linear', { x, w }, `${inner?.name} ≠ ${outer.name}`);
  }
  if (b && (b.shape[0].name as string) !== w.shape[0].name)
    throw shapeError('linear', { w, b }, `${b.shape[0].name} ≠ ${w.shape[0].name}`);
  const product: Tensor = contract(x as Tensor, w as Tensor, inner.name);
  return (b ? add(product, b as Tensor) : product) as unknown as Tensor<readonly [...S, Dim<O>]>;
}
