/** Short words for expressions and kernels made by hand. */
import { type ExtentLike, productOfExtents } from '../../dsl/extent.ts';
import type { FunctionName } from '../../dsl/functions.ts';
import { type Axis, accumulator, apply, axis, constant, read, type Scalar, whole } from '../../dsl/scalar.ts';
import type {
  AttentionKernel,
  ContractKernel,
  Kernel,
  MapKernel,
  RowKernel,
  SelectKernel,
  Write,
} from '../../kernels/ir.ts';

export const f = (name: FunctionName, ...args: readonly (Scalar | number)[]): Scalar =>
  apply(name, ...args.map((argument) => (typeof argument === 'number' ? constant(argument) : argument)));
export const i = (name: FunctionName, ...args: readonly (Scalar | number)[]): Scalar =>
  apply(name, ...args.map((argument) => (typeof argument === 'number' ? whole(argument) : argument)));

/** The row-major offset of indices in a shape; `sizes` are the extents of all but the first. */
export function at(indices: readonly Scalar[], sizes: readonly ExtentLike[]): Scalar {
  return indices.reduce((offset, index, n) => i('add', i('mul', offset, whole(sizes[n - 1]!)), index));
}

/** The row-major offset of axes. */
export function over(...axes: readonly Axis[]): Scalar {
  return at(
    axes,
    axes.slice(1).map(({ extent }) => extent),
  );
}

export function sizeOf(...axes: readonly Axis[]): ReturnType<typeof productOfExtents> {
  return productOfExtents(axes.map(({ extent }) => extent));
}

export const write = (buffer: string, offset: Scalar, value: Scalar): Write => ({ buffer, offset, value });

const base = (kind: Kernel['kind'], writes: readonly Write[]) => ({
  name: `${kind}_0`,
  comment: [`a ${kind} kernel`],
  writes,
});

export function map(axes: readonly Axis[], ...writes: readonly Write[]): MapKernel {
  return { kind: 'map', ...base('map', writes), axes };
}

export function row(
  rowAxis: Axis,
  along: Axis,
  reductions: RowKernel['reductions'],
  ...writes: readonly Write[]
): RowKernel {
  return { kind: 'row', ...base('row', writes), row: rowAxis, along, reductions };
}

export function contract(
  parts: Pick<ContractKernel, 'batch' | 'm' | 'n' | 'k' | 'left' | 'right' | 'packed'>,
  ...writes: readonly Write[]
): ContractKernel {
  return { kind: 'contract', ...base('contract', writes), ...parts };
}

export function attention(
  parts: Omit<AttentionKernel, 'kind' | 'name' | 'comment' | 'writes'>,
  ...writes: readonly Write[]
): AttentionKernel {
  return { kind: 'attention', ...base('attention', writes), ...parts };
}

export function select(
  parts: Omit<SelectKernel, 'kind' | 'name' | 'comment' | 'writes'>,
  ...writes: readonly Write[]
): SelectKernel {
  return { kind: 'select', ...base('select', writes), ...parts };
}

export interface ProductShape {
  readonly batch?: ExtentLike;
  readonly m: ExtentLike;
  readonly n: ExtentLike;
  readonly k: ExtentLike;
  /** Memory order of the operands: k last unless told. */
  readonly leftOrder?: 'mk' | 'km';
  readonly rightOrder?: 'nk' | 'kn';
}

/** A batched product of plain tensors l and r into o, with bias c and SiLU. */
export function product({
  batch: batches = 1,
  m: rows,
  n: columns,
  k: depth,
  leftOrder = 'mk',
  rightOrder = 'nk',
}: ProductShape): ContractKernel {
  const [batch, m, n, k] = [axis('batch', batches), axis('m', rows), axis('n', columns), axis('k', depth)];
  const left = read('l', leftOrder === 'mk' ? over(batch, m, k) : over(batch, k, m));
  const right = read('r', rightOrder === 'nk' ? over(batch, n, k) : over(batch, k, n));
  const sum = f('add', accumulator, read('c', n));
  return contract({ batch, m, n, k, left, right }, write('o', over(batch, m, n), f('mul', sum, f('sigmoid', sum))));
}
