/** The operands of a product, as they lie in memory. */
import { fixedExtent } from '../../../dsl/extent.ts';
import { type Axis, apply, read, type Scalar, strideOf, whole, within } from '../../../dsl/scalar.ts';
import type { ContractKernel } from '../../ir.ts';

/** The right operand: where a packed one is read in its panels. */
export function rightOperand({ packed, right, n, k }: ContractKernel): Scalar {
  if (!packed) return right;
  const width = whole(packed.width);
  const panel = apply('mul', apply('quotient', n, width), whole(k.extent));
  const offset = apply('add', apply('mul', apply('add', panel, k), width), apply('remainder', n, width));
  return read(packed.buffer, offset);
}

/** Whether neighbours along the axis are neighbours in memory, in everything that the operand reads along it. */
export function isContiguous(operand: Scalar, along: Axis): boolean {
  const reads = [...within(operand)].flatMap((x) => (x.kind === 'read' ? [strideOf(x.offset, along)] : []));
  const strides = reads.map((stride) => stride && fixedExtent(stride));
  return strides.includes(1) && strides.every((stride) => stride === 0 || stride === 1);
}
