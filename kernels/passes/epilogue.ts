/** The write at the end of a product or attention kernel: the result in terms of what was accumulated. */
import type { Scalar } from '../../dsl/scalar.ts';
import type { Write } from '../ir.ts';
import type { Lowering } from './lower.ts';
import { resultWrite } from './lower-map.ts';
import { Reading } from './reading.ts';
import { placesOf } from './regions.ts';

export function epilogueWrite(lowering: Lowering, accumulated: Scalar): Write {
  const { group, storedIn } = lowering;
  const places = placesOf(group);
  const inside = new Set(group.members.map(({ key }) => key));
  const stored = new Map([...storedIn].filter(([key]) => !inside.has(key)));
  const reading = new Reading(stored, new Map([[group.anchor.key, accumulated]]));
  return resultWrite(lowering, (node) => places.of(node)!, reading);
}
