// Which scenes are for training and which for evaluation.
import { digest } from '../../dsl/digest.ts';
import type { PlacedObject } from './layout.ts';
import { attributeKinds } from './vocabulary.ts';

export type Split = 'train' | 'eval';

/** One content in so many is for evaluation. */
const evaluationShare = 8;

/**
 * The split that a scene belongs to, by its content alone: which objects it has, and in which thirds of the picture
 * they lie. So whatever the seeds, a model never saw in training what it is evaluated on.
 */
export function splitOf(objects: readonly PlacedObject[]): Split {
  const content = objects.map((object) => {
    const { column, row } = object.cell;
    return [...attributeKinds.map((kind) => object[kind]), column, row].join(' ');
  });
  const key = Number.parseInt(digest(content.sort().join(', ')).slice(0, 6), 36);
  return key % evaluationShare === 0 ? 'eval' : 'train';
}
