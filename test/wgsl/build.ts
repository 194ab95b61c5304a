/** Short words for expressions and kernels made by hand. */

import type { StorageType } from '../../dsl/dtype.ts';
import { type ExtentLike, extent, productOfExtents } from '../../dsl/extent.ts';
import type { FunctionName } from '../../dsl/functions.ts';
import { type Axis, apply, constant, type Scalar, whole } from '../../dsl/scalar.ts';
import type {
  AttentionKernel,
  BufferDeclaration,
  ContractKernel,
  Kernel,
  MapKernel,
  Role,
  RowKernel,
  SelectKernel,
  SizeSymbol,
  Step,
  WgslTarget,
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

export function declare(
  name: string,
  size: ExtentLike,
  options: { role?: Role; dtype?: StorageType; shape?: string } = {},
): BufferDeclaration {
  const { role = 'input', dtype = 'f32', shape = '' } = options;
  return { name, role, dtype, size: extent(size), layout: { kind: 'plain' }, source: name, shape };
}

export const output = (name: string, size: ExtentLike, dtype: StorageType = 'f32'): BufferDeclaration =>
  declare(name, size, { role: 'output', dtype });

export function stepOf(
  kernels: readonly Kernel[],
  buffers: readonly BufferDeclaration[],
  sizes: readonly SizeSymbol[] = [],
): Step {
  return { name: 'step', kernels, buffers, sizes };
}

/** A device that has everything, with WebGPU's default limits. */
export const richTarget: WgslTarget = {
  language: 'wgsl',
  subgroups: true,
  f16: true,
  maxStorageBuffers: 8,
  maxWorkgroupStorage: 16384,
  maxInvocations: 256,
};
