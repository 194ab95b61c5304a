/** Streams: operands through views, the weight as an expression of products that are never stored. */
import {
  type StreamAttributes,
  streamInputs,
  streamRoles,
  streamWeight,
  visibleColumns,
} from '../../dsl/ops/streamForm.ts';
import { accumulator, axis, type Scalar } from '../../dsl/scalar.ts';
import type { Tensor } from '../../dsl/tensor.ts';
import type { StreamKernel } from '../ir.ts';
import { anchorIndices, batchRole } from './axes.ts';
import { epilogueWrites } from './epilogue.ts';
import type { Lowering } from './lower.ts';
import { Reading } from './reading.ts';

export function lowerStream(lowering: Lowering): StreamKernel {
  const { group, name, comment, storedIn } = lowering;
  const { anchor } = group;
  const { axes, byName } = anchorIndices(anchor);
  const { batch, width } = streamRoles(anchor);
  const { scores, value, keyLengths } = streamInputs(anchor);
  const reading = new Reading(storedIn);
  /** An element of x, where the dimension `own` runs along an axis that no other operand has. */
  const element = (x: Tensor, own?: string, along?: Scalar): Scalar =>
    reading.named(x, own === undefined ? byName : new Map([...byName, [own, along!]]));
  const { first, end } = visibleColumns(anchor, axes.row!, keyLengths && element(keyLengths));
  return {
    kind: 'stream',
    name,
    comment,
    reduce: (anchor.attributes as StreamAttributes).reduce,
    batch: batch.map((d) => axes[batchRole(d.name)]!),
    row: axes.row!,
    member: axes.member!,
    column: axes.column!,
    first,
    end,
    scores: scores.map(({ left, right, depth }, i) => {
      const along = axis(`depth_${i}`, depth.extent);
      return { depth: along, left: element(left, depth.name, along), right: element(right, depth.name, along) };
    }),
    weight: streamWeight(anchor, (scalar) => element(scalar)),
    ...(value && width && { width: axes.width!, value: element(value, width.name, axes.width) }),
    writes: epilogueWrites(lowering, accumulator),
  };
}
