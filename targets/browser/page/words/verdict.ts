/** Whether what is said of a scene is true: for scenes it is known what was drawn. */
import type { Scene } from '../../../../model/scenes/scene.ts';
import { checkCaption, checkRegionCaption, type Verdict } from '../../../../model/scenes/truth.ts';
import { boundsOf, type Shape } from '../viewer/geometry.ts';
import { overlapOf } from '../viewer/overlap.ts';

export interface Judgement {
  readonly right: boolean;
  /** What is wrong, in words. */
  readonly text: string;
}

/** A mark means an object when it covers at least so much of what both enclose. */
const leastOverlap = 0.5;

/** What a caption of the whole scene is worth. */
export function judgeCaption(text: string, scene: Scene): Judgement {
  return judged(checkCaption(text, scene), 'true of what was drawn', `drawn: ${scene.caption}`);
}

/** What a caption of a marked region is worth; undefined where the mark lies around no object. */
export function judgeRegion(text: string, shape: Shape, scene: Scene): Judgement | undefined {
  const overlaps = scene.objects.map(({ box }) => overlapOf(box, boundsOf(shape)));
  const best = overlaps.indexOf(Math.max(...overlaps));
  const object = scene.objects[best];
  if (object === undefined || overlaps[best]! < leastOverlap) return undefined;
  return judged(checkRegionCaption(text, object, scene), 'true', `drawn: ${scene.regions[best]!.text}`);
}

function judged({ right, parsed, wrong }: Verdict, good: string, truth: string): Judgement {
  if (right) return { right, text: good };
  const fault = parsed ? `not true: ${wrong.map(({ says }) => says).join(', ')}` : 'no sentence about a scene';
  return { right, text: `${fault}; ${truth}` };
}
