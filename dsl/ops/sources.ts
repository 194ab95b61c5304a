/** Where tensors come from: inputs, parameters, states, constants, sizes and indices. */
import type { Dim, Shape } from '../dim.ts';
import { type StorageType, storageTypes } from '../dtype.ts';
import { type Extent, type ExtentLike, extent, fixedExtent } from '../extent.ts';
import type { PointwiseOperator, SourceOperator } from '../operator.ts';
import { apply, constant as literal, whole } from '../scalar.ts';
import { makeTensor, type Tensor } from '../tensor.ts';

export interface SourceAttributes {
  readonly name: string;
  readonly storage: StorageType;
}

const inputOperator: SourceOperator = { kind: 'source', name: 'input' };
const parameterOperator: SourceOperator = { kind: 'source', name: 'parameter' };
const stateOperator: SourceOperator = { kind: 'source', name: 'state' };

function source<const S extends Shape>(
  operator: SourceOperator,
  name: string,
  shape: S,
  storage: StorageType,
): Tensor<S> {
  const attributes: SourceAttributes = { name, storage };
  return makeTensor(operator, [], attributes, shape, storageTypes[storage].arithmetic);
}

/** A tensor given at every run. Ids and lengths are `i32`. */
export function input<const S extends Shape>(name: string, shape: S, storage: StorageType = 'f32'): Tensor<S> {
  return source(inputOperator, name, shape, storage);
}

/** A tensor loaded once, named as in the checkpoint. */
export function parameter<const S extends Shape>(name: string, shape: S, storage: StorageType = 'f32'): Tensor<S> {
  return source(parameterOperator, name, shape, storage);
}

/** A tensor that stays between runs and changes by `update` only. Filled with zeros before the first run. */
export function state<const S extends Shape>(name: string, shape: S, storage: StorageType = 'f32'): Tensor<S> {
  return source(stateOperator, name, shape, storage);
}

interface ConstantAttributes {
  readonly value: number;
}

const constantOperator: PointwiseOperator = {
  kind: 'pointwise',
  name: 'constant',
  cost: 'movement',
  meaning: (result) => {
    const { value } = result.attributes as ConstantAttributes;
    return result.type === 'i32' ? whole(value) : literal(value);
  },
};

/** A number as a tensor without dimensions. */
export function constant(value: number, type: 'f32' | 'i32' = 'f32'): Tensor<readonly []> {
  return makeTensor(constantOperator, [], { value } satisfies ConstantAttributes, [], type);
}

interface SizeAttributes {
  readonly extent: Extent;
}

const sizeOperator: PointwiseOperator = {
  kind: 'pointwise',
  name: 'size',
  cost: 'movement',
  meaning: (result) => {
    const size = whole((result.attributes as SizeAttributes).extent);
    return result.type === 'i32' ? size : apply('toFloat', size);
  },
};

/** An extent as a number without dimensions: a constant if it is fixed. */
export function size(of: Dim | ExtentLike, type: 'f32' | 'i32' = 'f32'): Tensor<readonly []> {
  const value = typeof of === 'object' && 'name' in of ? of.extent : extent(of);
  const fixed = fixedExtent(value);
  return fixed === undefined
    ? makeTensor(sizeOperator, [], { extent: value } satisfies SizeAttributes, [], type)
    : constant(fixed, type);
}

const indicesOperator: PointwiseOperator = {
  kind: 'pointwise',
  name: 'indices',
  cost: 'movement',
  meaning: (_, indices) => indices[0]!,
};

/** 0, 1, 2 … along a dimension, as i32. */
export function indices<const D extends Dim>(along: D): Tensor<readonly [D]> {
  return makeTensor(indicesOperator, [], null, [along], 'i32');
}
