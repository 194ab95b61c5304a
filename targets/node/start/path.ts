/** The whole path of MM-GEM on one backend: embed an image and texts, caption it and a part of it, look for a text in it. */
import type { HeatMap } from '../../../model/heat-map.ts';
import type { Scene } from '../../../model/scenes/scene.ts';
import { loadProgress } from '../cli/load-progress.ts';
import type { Progress } from '../cli/progress.ts';
import { load, open } from '../index.ts';
import type { Results } from './agreement.ts';

/** What was done, and how long it took, in milliseconds. */
export interface Timing {
  readonly step: string;
  readonly milliseconds: number;
}

export interface PathResult extends Results {
  readonly backend: string;
  readonly description: string;
  readonly image: Float32Array;
  readonly texts: readonly string[];
  /** Cosines of the image and each phrase. */
  readonly cosines: readonly number[];
  readonly caption: string;
  readonly regionCaption: string;
  readonly heat: HeatMap;
  readonly timings: readonly Timing[];
}

export interface PathOptions {
  readonly backend: string;
  /** The model directory. */
  readonly model: string;
  readonly scene: Scene;
  /** Texts to compare the image with; the first is looked for. */
  readonly phrases: readonly string[];
  /** Tokens of each caption. */
  readonly captionLength: number;
  readonly progress: Progress;
}

const prepare = ['embed', 'regions', 'caption', 'locate'] as const;

export async function runPath(options: PathOptions): Promise<PathResult> {
  const { backend, scene, phrases, captionLength: maxLength } = options;
  const timings: Timing[] = [];
  const timed = async <T>(step: string, work: () => Promise<T>): Promise<T> => {
    const begin = performance.now();
    const result = await work();
    timings.push({ step, milliseconds: performance.now() - begin });
    return result;
  };
  await using engine = await timed('open', () => open(backend));
  await using model = await timed('load and compile', () =>
    load(options.model, {
      engine,
      maxBatch: 4,
      prepare,
      onProgress: loadProgress(options.progress, `${backend}: preparing the model`, prepare),
    }),
  );
  const { image: picture, regions: parts } = scene;
  const [image] = (await timed('embed image', () => model.embedImages([picture]))) as [Float32Array];
  const texts = await timed(`embed ${phrases.length} texts`, () => model.embedTexts(phrases));
  const regions = await timed(`embed ${parts.length} regions`, () =>
    model.embedRegions(
      picture,
      parts.map(({ box }) => box),
    ),
  );
  const caption = await timed('caption image', () => model.caption(picture, { maxLength }).text());
  const { box } = parts[0]!;
  const regionCaption = await timed('caption region', () => model.caption(picture, { maxLength, box }).text());
  const heat = await timed('locate', () => model.locate(picture, phrases[0]!));
  return {
    backend,
    description: engine.info.description,
    image,
    cosines: texts.map((text) => text.reduce((sum, value, i) => sum + value * image[i]!, 0)),
    caption,
    regionCaption,
    heat,
    numbers: [image, ...texts, ...regions, heat.values],
    texts: [caption, regionCaption],
    timings,
  };
}
