/** The writes at the end of a product or attention kernel: what it stores in terms of what was accumulated. */
import type { Scalar } from '../../dsl/scalar.ts';
import type { Write } from '../ir.ts';
import type { Lowering } from './lower.ts';
import { writeOf } from './lower-map.ts';
import { Reading, storedBefore } from './reading.ts';
import { placesOf } from './regions.ts';

export function epilogueWrites(lowering: Lowering, accumulated: Scalar): Write[] {
  const { group, storedIn } = lowering;
  const places = placesOf(group);
  const reading = new Reading(storedBefore(group.members, storedIn), new Map([[group.anchor.key, accumulated]]));
  return lowering.stores.map((store) => writeOf(store, (node) => places.of(node)!, reading));
}
