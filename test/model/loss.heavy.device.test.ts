// A real device is taken away in the middle of things, at every stage: results are those of an undisturbed run.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { graphEngine, loadOn } from '../../model/load.ts';
import type { Mmgem } from '../../model/mmgem.ts';
import type { RgbImage } from '../../model/preprocess/image.ts';
import { rejects } from '../runtime/rejects.ts';
import { openLosingDevice } from './losing-device.ts';
import type { DeviceEvent } from './losing-engine.ts';
import { memoryHost, noise, smallConfig, smallModelFiles } from './small-model.ts';

const device = await openLosingDevice();
const { engine } = device;
const test = suite(`the loss of a device of ${engine.info.backend}`);

const config = { ...smallConfig, language: { ...smallConfig.language, layers: 1 } };
const host = memoryHost({ small: await smallModelFiles(config) });
const image = noise(1);
const warnings: string[] = [];
const onWarning = (message: string) => void warnings.push(message);
const model = await loadOn('small', host, graphEngine(engine), { maxBatch: 4, onWarning });

type Work = (model: Mmgem<RgbImage>) => Promise<unknown>;

const greedy: Work = (on) => on.caption(image, { minLength: 4, maxLength: 4 }).ids();
const sampled: Work = (on) => on.caption(image, { strategy: 'sample', seed: 3, minLength: 4, maxLength: 4 }).ids();
const beams: Work = (on) => on.caption(image, { strategy: 'beam', beams: 2, minLength: 3, maxLength: 4 }).ids();
const texts: Work = (on) => on.embedTexts(['a dog', 'two red circles']);
const heat: Work = async (on) => (await on.locate(image, 'a dog')).values;

/** An event, and the how manieth of it. */
type Moment = readonly [DeviceEvent, number?];

/** Loses a device at each of these moments, one after the other. */
function loseAt(moments: readonly Moment[]): Moment[] {
  const left = [...moments];
  let seen = 0;
  device.loses = (is) => {
    const [event, n = 1] = left[0] ?? [];
    if (is !== event || ++seen < n) return false;
    seen = 0;
    left.shift();
    return true;
  };
  return left;
}

const stages: readonly { readonly name: string; readonly work: Work; readonly moments: readonly Moment[] }[] = [
  {
    name: 'a greedy caption, lost while weights upload, in image features, while compiling, in prefill, behind two tokens',
    work: greedy,
    moments: [
      ['write visual.conv1.weight'],
      ['run imageFeatures'],
      ['compile prefill.greedy'],
      ['run prefill.greedy'],
      ['run decode.greedy', 3],
    ],
  },
  { name: 'a sampled caption', work: sampled, moments: [['run decode.sample', 2]] },
  { name: 'a beam search', work: beams, moments: [['run reorderCache']] },
  { name: 'locate', work: heat, moments: [['run heatMap']] },
  {
    name: 'texts beside a caption',
    work: (on) => Promise.all([greedy(on), texts(on)]),
    moments: [['run textEmbedding']],
  },
];

for (const { name, work, moments } of stages) {
  test(`${name}: the result is that of an undisturbed run`, async () => {
    const before = engine.losses.length;
    warnings.length = 0;
    const left = loseAt(moments);
    const result = await work(model);
    assert.equal(left, []);
    for (const warning of warnings)
      assert.match(warning, /was lost \(\w+: .*\); \w+ was opened again.* The weights of small are loaded again/);
    assert.is(engine.losses.length - before, moments.length);
    assert.is(warnings.length, moments.length);
    assert.is(device.heldByLost(), 0);
    assert.equal(await work(model), result);
    assert.is(engine.losses.length - before, moments.length);
  });
}

test('work that loses every device ends with the reason', async () => {
  device.loses = (event) => event === 'run textEmbedding';
  await rejects(texts(model), /was lost/, /3 devices in a row/, /gives up/);
  assert.ok((await engine.lost).reason !== '');
  await rejects(texts(model), /gives up/);
  await model.close();
});

test.after(() => engine.close());
test.run();
