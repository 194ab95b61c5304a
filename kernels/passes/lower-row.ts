/** Row kernels: reductions along one space, each a value that the next and the result may use. */

import type { ReduceAttributes } from '../../dsl/ops/reduce.ts';
import { apply, reductionValue, type Scalar } from '../../dsl/scalar.ts';
import type { Tensor } from '../../dsl/tensor.ts';
import type { Reduction, RowKernel } from '../ir.ts';
import { axisOver, indicesOver } from './axes.ts';
import type { Lowering } from './lower.ts';
import { writeOf } from './lower-map.ts';
import { Reading, storedBefore } from './reading.ts';
import { rowSpace } from './regions.ts';

export function lowerRow(lowering: Lowering): RowKernel {
  const { group, name, comment, storedIn } = lowering;
  const { rows, along } = rowSpace(group.anchor);
  const [row, inner] = [axisOver('row', rows), axisOver('along', along)];
  const byName = new Map([...indicesOver(row, rows), ...indicesOver(inner, along)]);
  const known = new Map<string, Scalar>();
  const reading = new Reading(storedBefore(group.members, storedIn), known);
  const reductions: Reduction[] = [];
  for (const member of group.members) {
    if (member.operator.kind !== 'reduce') continue;
    const { reduce } = member.attributes as ReduceAttributes;
    const value = reading.named(member.inputs[0]!, byName);
    known.set(member.key, reductionValue(reductions.length));
    reductions.push({ reduce, value: value.type === 'i32' ? apply('toFloat', value) : value });
  }
  const indicesOf = (node: Tensor): Scalar[] => node.shape.map(({ name: dim }) => byName.get(dim)!);
  const writes = lowering.stores.map((store) => writeOf(store, indicesOf, reading));
  return { kind: 'row', name, comment, row, along: inner, reductions, writes };
}
