// Scenes that their captions tell apart.
import { MmgemError } from '../errors.ts';
import { type Scene, type SceneOptions, scene } from './scene.ts';
import { checkCaption } from './truth.ts';

/** Scenes that are tried for each one that is asked for. */
const triesEach = 100;

/**
 * The first scenes of a seed whose captions are all distinct, in meaning too: no caption is true of another of these
 * scenes that has as many objects. Captions name all objects; without this "a star above a ring" and "a ring below a
 * star" could be two texts for both of two pictures. For retrieval: each caption has one right picture.
 * @throws MmgemError when the options do not allow for so many
 */
export function distinctScenes(count: number, seed: number, options: SceneOptions = {}): Scene[] {
  return distinctAmong(scenesOf(seed, triesEach * count, options), count);
}

/**
 * The first scenes of a list whose captions tell them apart, as `distinctScenes` says.
 * @throws MmgemError when there are not so many
 */
export function distinctAmong(scenes: Iterable<Scene>, count: number): Scene[] {
  const kept: Scene[] = [];
  /** Only scenes with the same shapes can be confused: a caption names the shape of every object. */
  const alike = new Map<string, Scene[]>();
  for (const next of scenes) {
    if (kept.length >= count) break;
    const shapes = shapesOf(next);
    const others = alike.get(shapes) ?? [];
    if (others.some((other) => areConfusable(next, other))) continue;
    kept.push(next);
    alike.set(shapes, [...others, next]);
  }
  if (kept.length >= count) return kept;
  throw new MmgemError(
    `distinct scenes: found ${kept.length} of ${count} that their captions tell apart. ` +
      'Ask for fewer, or allow for more objects in options.counts.',
  );
}

function* scenesOf(seed: number, count: number, options: SceneOptions): Generator<Scene> {
  for (let index = 0; index < count; index++) yield scene({ seed, index }, options);
}

/** Whether the caption of one of two scenes is true of the other, too, and both have the same shapes. */
export function areConfusable(one: Scene, other: Scene): boolean {
  return shapesOf(one) === shapesOf(other) && (isTrueOf(one, other) || isTrueOf(other, one));
}

const isTrueOf = ({ caption }: Scene, other: Scene): boolean => checkCaption(caption, other).right;

function shapesOf({ objects }: Scene): string {
  const shapes = objects.map(({ shape }) => shape);
  return shapes.sort().join(' ');
}
