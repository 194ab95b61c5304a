/** The write at the end of a product or attention kernel: the result in terms of what was accumulated. */
import type { Scalar } from '../../dsl/scalar.ts';
import type { Write } from '../ir.ts';
import { anchorIndices } from './axes.ts';
import type { Lowering } from './lower.ts';
import { resultWrite } from './lower-map.ts';
import { Reading } from './reading.ts';
import { Places } from './regions.ts';

export function epilogueWrite(lowering: Lowering, accumulated: Scalar): Write {
  const { group, storedIn } = lowering;
  const places = new Places(group.anchor, anchorIndices(group.anchor).indices);
  const inside = new Set(group.members.map(({ key }) => key));
  for (const member of group.members)
    if (member !== group.anchor && member.operator.kind === 'pointwise') places.add(member);
  const stored = new Map([...storedIn].filter(([key]) => !inside.has(key)));
  const reading = new Reading(stored, new Map([[group.anchor.key, accumulated]]));
  return resultWrite(lowering, (node) => places.of(node)!, reading);
}
