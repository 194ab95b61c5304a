/** A caption from end to end: pixels in, text out. The weights are random, so the text means nothing and takes as long as any. */
import { namedConfig } from '../../model/configs.ts';
import { initParameter } from '../../model/initial-parameters.ts';
import { assemble, graphEngine, modelTokenizer } from '../../model/load.ts';
import { parameterShapes } from '../../model/parameters.ts';
import type { RgbImage } from '../../model/preprocess/image.ts';
import { clipSettings } from '../../model/preprocess/settings.ts';
import { random } from '../../model/random.ts';
import { weightsOf } from '../../model/session/weights.ts';
import { packagedTokenizer } from '../../targets/node/package-files.ts';
import type { OwnCase, OwnContext, Running, Suite } from './suite.ts';
import { weight } from './workload.ts';

const captionTokens = 20;

interface CaptionShape {
  readonly config: string;
  readonly precision: 'f32' | 'bf16';
  /** The packaged tokenizer; without one, token ids are the text. */
  readonly tokenizer?: 'nano';
}

/** 640 × 480 pixels of noise. */
function picture(): RgbImage {
  const next = random(1, 'picture');
  return { width: 640, height: 480, data: Uint8Array.from({ length: 640 * 480 * 3 }, () => next.integer() & 255) };
}

async function start(
  { engine }: OwnContext,
  { config: name, precision, tokenizer: packaged }: CaptionShape,
): Promise<Running> {
  const config = namedConfig(name);
  const shapes = parameterShapes(config);
  const text = packaged && (await packagedTokenizer(packaged)!.readText('tokenizer.json'));
  const tokenizer = text === undefined ? undefined : modelTokenizer(config, text, 'tokenizer.json');
  const { model } = assemble<RgbImage>(
    {
      name,
      config,
      tokenizer,
      settings: clipSettings(config.vision.image_size),
      weights: weightsOf(config, {
        async read(parameter) {
          const shape = shapes.get(parameter)!;
          // Of large matrices the billion elements are drawn faster than initialisation would.
          if (packaged === undefined && shape.length > 1) return weight(shape).data(parameter) as Float32Array;
          return initParameter(parameter, shape, config, 1);
        },
        close: async () => {},
      }),
    },
    { decodeImage: async (image) => image },
    graphEngine(engine),
    { precision, maxBatch: 1 },
  );
  const image = picture();
  const options = { maxLength: captionTokens, minLength: captionTokens };
  return {
    description: engine.info.description,
    async run() {
      const stream = model.caption(image, options);
      return tokenizer ? [(await stream.text()).length] : stream.ids();
    },
    close: () => model.close(),
  };
}

const cases: readonly (readonly [name: string, shape: CaptionShape, when?: 'both'])[] = [
  ['nano, 20 tokens', { config: 'nano', precision: 'f32', tokenizer: 'nano' }, 'both'],
  ['ViT-B/16 + TinyLlama in bf16, 20 tokens', { config: 'vit-b-16+tinyllama', precision: 'bf16' }],
];

export const captionSuite: Suite = {
  name: 'caption',
  about: 'From 640 × 480 pixels to a greedy caption of 20 tokens: resizing, vision, prefix, generation',
  cases: cases.map(
    ([name, shape, when]): OwnCase => ({
      kind: 'own',
      name,
      per: { count: captionTokens, unit: 'tokens' },
      ...(when && { when }),
      start: (context) => start(context, shape),
    }),
  ),
};
