// Procedural scenes as training data: endless, a so-called epoch being so many of them.
import type { RgbImage } from '../../preprocess/image.ts';
import { type Scene, type SceneOptions, scene } from '../../scenes/scene.ts';
import type { DataRecord, DataSource, LazyImage } from '../record.ts';

/** What configurations call this format. */
export const scenesFormat = 'scenes';

export interface ScenesOptions extends SceneOptions {
  readonly seed: number;
  /** Scenes an epoch; 10,000 unless told. */
  readonly epoch?: number;
}

/** A picture that is drawn by the thread that prepares it. */
export interface SceneImage extends LazyImage, SceneOptions {
  readonly kind: 'scene';
  readonly seed: number;
  readonly index: number;
}

/** Scenes of a seed. Those of one epoch are none of another's; they come in one order, shuffled or not. */
export function scenes(options: ScenesOptions): DataSource {
  const { epoch: count = 10_000, seed, side, split, counts } = options;
  return {
    name: `scenes of seed ${seed}`,
    async *records({ epoch }) {
      for (let index = epoch * count; index < (epoch + 1) * count; index++) {
        yield recordOf({ kind: 'scene', seed, index, side, split, counts });
      }
    },
  };
}

/** What is known of a scene, found out when it is asked for: a run that goes on passes over many. */
function recordOf(image: SceneImage): DataRecord {
  const key = `scene ${image.seed}/${image.index}`;
  let made: Scene | undefined;
  const known = (): Scene => {
    made ??= sceneOf(image);
    return made;
  };
  return {
    key,
    origin: key,
    image,
    get captions() {
      return known().captions;
    },
    get longCaption() {
      return known().longCaption;
    },
    get regions() {
      return known().regions;
    },
  };
}

function sceneOf({ seed, index, side, split, counts }: SceneImage): Scene {
  return scene({ seed, index }, { side, split, counts });
}

/** The picture. */
export function drawScene(image: SceneImage): RgbImage {
  return sceneOf(image).image;
}
