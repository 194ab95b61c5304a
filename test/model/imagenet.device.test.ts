// A real vision transformer names photographs: ImageNet's ViT-Ti/16 with its classifier.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { argmax, dim, input, linear, parameter, trace } from '../../dsl/index.ts';
import { compileGraph } from '../../kernels/compile.ts';
import { namedConfig } from '../../model/configs.ts';
import { openCheckpoint } from '../../model/files/checkpoint.ts';
import { openVisionWeights } from '../../model/files/vision-weights.ts';
import { modelGraph } from '../../model/graph/model.ts';
import { classToken } from '../../model/graph/vit.ts';
import { preprocess } from '../../model/preprocess/preprocess.ts';
import { parsePreprocessSettings } from '../../model/preprocess/settings.ts';
import { directoryStore } from '../../targets/node/files.ts';
import { decodeImage } from '../../targets/node/images.ts';
import { testWithShared } from '../support/skip.ts';
import { openDevice } from './device-engine.ts';

const { engine } = await openDevice();
const test = suite(`ImageNet on ${engine.info.backend}`);

/** The classes of the photographs by their synsets, in the words of labels.txt. */
const classes: Readonly<Record<string, string>> = {
  n01514668: 'cock',
  n01687978: 'agama',
  n01735189: 'garter snake',
  n01847000: 'drake',
  n01855032: 'red-breasted merganser',
  n02018795: 'bustard',
  n02025239: 'ruddy turnstone',
  n02113978: 'Mexican hairless',
  n02125311: 'cougar',
  n02127052: 'lynx',
  n02231487: 'walking stick',
  n02412080: 'ram',
  n02493509: 'titi',
  n03032252: 'cinema',
  n03062245: 'cocktail shaker',
  n03240683: 'drilling platform',
  n03764736: 'milk can',
};

/** Opens the classifier: images [B, 3, 224, 224] → the most likely class of each. */
async function openClassifier(folder: string) {
  const store = directoryStore(folder);
  const checkpoint = await openCheckpoint(store);
  const vision = await openVisionWeights(checkpoint, store);
  const { weight, bias } = await vision.head!();
  const m = modelGraph({ ...namedConfig('nano'), vision: vision.config });
  const { B, C, image } = m.dims;
  const label = dim('label', bias.length);
  const token = classToken(m, input('images', [B, ...image]));
  const scores = linear(token, parameter('head.weight', [label, C]), parameter('head.bias', [label]));
  const executable = await engine.compile(
    compileGraph(trace('classify', { ids: argmax(scores, 'label') }), engine.target),
  );
  const weights = engine.createStore('ViT-Ti/16');
  for (const declaration of executable.step.buffers.filter(({ role }) => role === 'parameter')) {
    const head = { 'head.weight': weight, 'head.bias': bias }[declaration.source!];
    const tensor = vision.tensors.find(({ name }) => name === declaration.source);
    await weights.write(declaration, head ?? (await tensor!.read()));
  }
  const settings = parsePreprocessSettings(vision.preprocessor, 'preprocessor');
  await checkpoint.close();
  return { executable, weights, settings };
}

testWithShared(
  test,
  'at least 15 of 17 photographs get their names',
  'weights/vit_tiny_patch16_224',
  async (folder) => {
    const photos = join(folder, '..', '..', 'data', 'imagenet17');
    const names = (await readFile(join(photos, 'labels.txt'), 'utf8')).trim().split('\n');
    const files = (await readdir(photos)).filter((file) => file.endsWith('.JPEG'));
    assert.is(files.length, 17);
    const { executable, weights, settings } = await openClassifier(folder);
    assert.equal([settings.resize, settings.crop.width], [248, 224]);
    const pixels = new Float32Array(files.length * 3 * 224 * 224);
    for (const [i, file] of files.entries()) {
      const image = await decodeImage(join(photos, file));
      preprocess(image, settings, pixels.subarray(i * 3 * 224 * 224, (i + 1) * 3 * 224 * 224));
    }
    const { ids } = await executable.run(weights, { images: pixels }, { B: files.length });
    const wrong = files.flatMap((file, i) => {
      const [due, found] = [classes[file.split('_')[0]!]!, names[ids![i]!]];
      return due === found ? [] : [`${file}: ${found} instead of ${due}`];
    });
    assert.ok(wrong.length <= 2, wrong.join('; '));
    if (wrong.length > 0) console.log(wrong.join('; '));
    await executable.close();
    await weights.close();
  },
);

test.after(() => engine.close());
test.run();
