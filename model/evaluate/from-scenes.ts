// Items to evaluate on from procedural scenes, of which everything is known.
import type { NamedImage } from '../data/prepare.ts';
import { areConfusable } from '../scenes/distinct.ts';
import { type Scene, type SceneOptions, scene } from '../scenes/scene.ts';
import { checkCaption, checkRegionCaption, type Verdict as SceneVerdict } from '../scenes/truth.ts';
import type { EvaluationItem, Verdict } from './item.ts';

export interface ItemsOfScenes {
  readonly items: readonly EvaluationItem<NamedImage>[];
  /** Whether their captions tell two of these items apart, by what they mean. */
  readonly areDistinct: (one: EvaluationItem<unknown>, other: EvaluationItem<unknown>) => boolean;
}

/**
 * The first scenes of a seed. Unless told otherwise they are of the split for evaluation, which no training sees. Pictures are drawn
 * when they are first looked at. Scenes of one object have its colour and shape as their label.
 * @throws MmgemError for options that cannot be
 */
export function itemsOfScenes(count: number, seed: number, options: SceneOptions = {}): ItemsOfScenes {
  const scenes = new Map<string, Scene>();
  const items = Array.from({ length: count }, (_, index) => {
    const drawn = scene({ seed, index }, { split: 'eval', ...options });
    const key = `scene ${seed}/${index}`;
    scenes.set(key, drawn);
    return itemOfScene(key, drawn);
  });
  const sceneOf = ({ key }: EvaluationItem<unknown>): Scene => scenes.get(key)!;
  return { items, areDistinct: (one, other) => !areConfusable(sceneOf(one), sceneOf(other)) };
}

/** A scene as an item: all that is said of it and of its objects can be judged. */
export function itemOfScene(key: string, drawn: Scene): EvaluationItem<NamedImage> {
  const { objects, captions, longCaption, regions } = drawn;
  const [only, ...others] = objects;
  return {
    key,
    image: {
      name: key,
      get image() {
        return drawn.image;
      },
    },
    captions,
    longCaption,
    regions,
    ...(only && others.length === 0 && { label: `${only.colour} ${only.shape}` }),
    judge: (text) => verdictOf(checkCaption(text, drawn)),
    judgeRegion: (text, region) => {
      const object = objects[regions.findIndex(({ box }) => box.join() === region.box.join())]!;
      return verdictOf(checkRegionCaption(text, object, drawn));
    },
  };
}

function verdictOf({ right, claims, wrong }: SceneVerdict): Verdict {
  return { right, claims: claims.length, wrong: wrong.map(({ says, about }) => `“${says}” of ${about.join(' and ')}`) };
}
