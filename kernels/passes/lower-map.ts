/** Maps: one pass over a tensor, with as few axes as keep every offset a sum of strides. */
import type { Dim } from '../../dsl/dim.ts';
import { joinIndices } from '../../dsl/ops/movement.ts';
import { type Axis, type Scalar, within } from '../../dsl/scalar.ts';
import type { Tensor } from '../../dsl/tensor.ts';
import type { MapKernel, Write } from '../ir.ts';
import { axisOver, indicesOver, updateOffset } from './axes.ts';
import type { Lowering, Store } from './lower.ts';
import { Reading } from './reading.ts';

/** Makes the write for given indices, one a dimension. */
type WriteAt = (indices: readonly Scalar[]) => Write;

interface Spaced {
  readonly axes: readonly Axis[];
  readonly write: Write;
}

function spaced(parts: readonly (readonly Dim[])[], writeAt: WriteAt): Spaced {
  const axes = parts.map((dims) => axisOver(dims.map(({ name }) => name).join('_'), dims));
  const byName = new Map(parts.flatMap((dims, i) => [...indicesOver(axes[i]!, dims)]));
  return { axes, write: writeAt(parts.flat().map(({ name }) => byName.get(name)!)) };
}

/** How many divisions the offsets need: what joining dimensions must not add to. */
function divisions({ write }: Spaced): number {
  let count = 0;
  for (const x of within(write.value, write.offset)) {
    if (x.kind === 'apply' && (x.name === 'quotient' || x.name === 'remainder')) count++;
  }
  return count;
}

/** Joins neighbouring dimensions into one axis wherever this makes no offset harder to compute. */
function fewestAxes(shape: readonly Dim[], writeAt: WriteAt): Spaced {
  let parts: (readonly Dim[])[] = shape.map((d) => [d]);
  let best = spaced(parts, writeAt);
  for (let i = parts.length - 1; i > 0; i--) {
    const joined = [...parts.slice(0, i - 1), [...parts[i - 1]!, ...parts[i]!], ...parts.slice(i + 1)];
    const attempt = spaced(joined, writeAt);
    if (divisions(attempt) > divisions(best)) continue;
    [parts, best] = [joined, attempt];
  }
  return best;
}

function mapKernel({ name, comment }: Lowering, shape: readonly Dim[], writeAt: WriteAt): MapKernel {
  const { axes, write } = fewestAxes(shape, writeAt);
  return { kind: 'map', name, comment, axes: axes.length > 0 ? axes : [axisOver('one', [])], writes: [write] };
}

export function lowerMap(lowering: Lowering): MapKernel {
  const { storedIn, stores } = lowering;
  const { node: result, buffer } = stores[0]!;
  // A result that lies elsewhere already is copied; any other is made here.
  const isCopy = storedIn.get(result.key) !== buffer;
  const reading = new Reading(storedIn);
  return mapKernel(lowering, result.shape, (indices) => ({
    buffer,
    offset: joinIndices(indices, result.shape),
    value: isCopy ? reading.element(result, indices) : reading.meaning(result, indices),
  }));
}

export function lowerUpdate(lowering: Lowering): MapKernel {
  const { storedIn, stores } = lowering;
  const { node, buffer } = stores[0]!;
  const value = node.inputs[1]!;
  const reading = new Reading(storedIn);
  return mapKernel(lowering, value.shape, (indices) => ({
    buffer,
    offset: updateOffset(node, indices),
    value: reading.element(value, indices),
  }));
}

/** Where what a group stores goes: into its own buffer, or into the state that it updates. */
export function writeOf(
  { node, buffer }: Store,
  indicesOf: (node: Tensor) => readonly Scalar[],
  reading: Reading,
): Write {
  const value = node.operator.kind === 'update' ? node.inputs[1]! : node;
  const indices = indicesOf(value);
  const offset = value === node ? joinIndices(indices, node.shape) : updateOffset(node, indices);
  return {
    buffer,
    offset,
    value: value.operator.kind === 'pointwise' ? reading.meaning(value, indices) : reading.element(value, indices),
  };
}
