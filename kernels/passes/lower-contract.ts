/** Products: two operands read through views, and an epilogue on what is accumulated. */
import { accumulator } from '../../dsl/scalar.ts';
import type { ContractKernel } from '../ir.ts';
import { anchorIndices } from './axes.ts';
import { epilogueWrites } from './epilogue.ts';
import type { Lowering } from './lower.ts';
import { Reading } from './reading.ts';

export function lowerContract(lowering: Lowering): ContractKernel {
  const { group, name, comment, storedIn } = lowering;
  const { axes, byName } = anchorIndices(group.anchor);
  const reading = new Reading(storedIn);
  const [left, right] = group.anchor.inputs.map((x) => reading.named(x, byName));
  const { batch, m, n, k } = axes;
  return {
    kind: 'contract',
    name,
    comment,
    batch: batch!,
    m: m!,
    n: n!,
    k: k!,
    left: left!,
    right: right!,
    writes: epilogueWrites(lowering, accumulator),
  };
}
