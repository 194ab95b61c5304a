// The device is lost in the middle of things: the model goes on as if nothing had happened, and says so.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { loadOn } from '../../model/load.ts';
import type { Mmgem } from '../../model/mmgem.ts';
import type { RgbImage } from '../../model/preprocess/image.ts';
import { rejects } from '../runtime/rejects.ts';
import { type DeviceEvent, losingEngine } from './losing-engine.ts';
import { memoryHost, noise, smallModelFiles } from './small-model.ts';

const test = suite('the loss of a device');

const host = memoryHost({ small: await smallModelFiles() });
const image = noise(1);
const images = [image, noise(2), noise(3)];
const boxes = [[0.1, 0.2, 0.5, 0.9] as const, [0.3, 0.1, 0.9, 0.6] as const, [0.2, 0.2, 0.6, 0.7] as const];

type Model = Mmgem<RgbImage>;
type Work = (model: Model) => Promise<unknown>;

const never = () => false;
const at = (index: number) => (_: DeviceEvent, i: number) => i === index;
/** At the n-th of such events, and at all that follow on the next devices. */
const fromThe = (n: number, event: DeviceEvent) => {
  let seen = 0;
  return (is: DeviceEvent) => is === event && ++seen >= n;
};

async function opened(loses: (event: DeviceEvent, index: number) => boolean) {
  const engine = losingEngine(loses);
  const warnings: string[] = [];
  const onWarning = (message: string) => void warnings.push(message);
  const model = await loadOn('small', host, engine, { maxBatch: 2, onWarning });
  return { engine, model, warnings };
}

/** Numbers of events to try: all of them, but of the many writes a few. */
const moments = (events: readonly DeviceEvent[]) =>
  [...events.keys()].filter((index) => !events[index]!.startsWith('write') || index % 12 === 0);

/** What a user can ask for. */
const calls: Readonly<Record<string, Work>> = {
  embedImages: (model) => model.embedImages(images),
  embedTexts: (model) => model.embedTexts(['a dog', 'a red circle above a blue square', 'a']),
  embedRegions: (model) => model.embedRegions(image, boxes),
  'greedy caption': (model) => model.caption(image, { minLength: 3, maxLength: 4 }).ids(),
  'sampled caption': (model) => model.caption(image, { strategy: 'sample', seed: 5, maxLength: 4 }).ids(),
  'beam search': (model) => model.caption(image, { strategy: 'beam', beams: 2, maxLength: 4 }).ids(),
  'caption of a box': (model) => model.caption(image, { box: boxes[0]!, maxLength: 3 }).ids(),
  captions: (model) => model.captions(images, { strategy: 'sample', seed: 3, maxLength: 3 }),
  captionRegions: (model) => model.captionRegions(image, boxes, { maxLength: 2 }),
  locate: async (model) => (await model.locate(image, 'the sea')).values,
  continueText: (model) => model.continueText('a man on a', { steps: 3 }).ids(),
};

for (const [name, work] of Object.entries(calls)) {
  test(`${name}: lost at any moment, the result is the same`, async () => {
    const undisturbed = await opened(never);
    const due = await work(undisturbed.model);
    for (const index of moments(undisturbed.engine.events)) {
      const event = undisturbed.engine.events[index]!;
      const { engine, model, warnings } = await opened(at(index));
      assert.equal(await work(model), due, `lost at ${index}: ${event}`);
      assert.is(engine.opened, 2, event);
      assert.is(warnings.length, 1, event);
    }
  });
}

test('the user is told what was lost, why, and what is done again', async () => {
  let seen = 0;
  const { model, warnings, engine } = await opened((event) => event === 'run decode.greedy' && ++seen === 3);
  await model.caption(image, { minLength: 4, maxLength: 4 }).ids();
  assert.equal(warnings, [
    'the pretended device was lost (unknown: the test resets the driver); pretended was opened again: device 2. ' +
      'The weights of small are loaded again and 5 runs replayed',
  ]);
  assert.equal(engine.recovery.losses, [{ reason: 'unknown', message: 'the test resets the driver.' }]);
});

test('tokens that were handed on are not handed on again', async () => {
  const options = { strategy: 'sample', seed: 2, minLength: 6, maxLength: 6 } as const;
  const due: string[] = [];
  for await (const piece of (await opened(never)).model.caption(image, options)) due.push(piece);
  const { model, engine } = await opened(never);
  const pieces: string[] = [];
  for await (const piece of model.caption(image, options)) {
    pieces.push(piece);
    engine.lose();
  }
  assert.equal(pieces, due);
  assert.ok(engine.opened > 2, 'was lost more than once');
});

test('a device that is lost between two calls is replaced when the next one comes', async () => {
  const { model, engine, warnings } = await opened(never);
  const due = await model.embedTexts(['a dog']);
  engine.lose();
  assert.is(engine.opened, 1);
  assert.equal(await model.embedTexts(['a dog']), due);
  assert.is(engine.opened, 2);
  assert.match(warnings[0]!, /loaded again$/);
});

test('calls side by side are each done again, on one new device', async () => {
  const together = (model: Model) => Promise.all(Object.values(calls).map((work) => work(model)));
  const undisturbed = await opened(never);
  const due = await together(undisturbed.model);
  const { length } = undisturbed.engine.events;
  for (const index of [0, 1, 2, 3].map((part) => Math.floor((part / 4) * length) + part)) {
    const { engine, model, warnings } = await opened(at(index));
    assert.equal(await together(model), due, `lost at ${index}`);
    assert.is(engine.opened, 2);
    assert.is(warnings.length, 1);
  }
});

test('models of one engine share the new device, and each loads its weights again', async () => {
  const { engine, model, warnings } = await opened(never);
  const other = await loadOn('small', host, engine, { onWarning: (message) => void warnings.push(message) });
  const work: Work = (either) => either.caption(image, { maxLength: 3 }).ids();
  const due = await work(model);
  assert.equal(await work(other), due);
  engine.lose();
  assert.equal(await Promise.all([work(model), work(other)]), [due, due]);
  assert.is(engine.opened, 2);
  assert.is(warnings.length, 2);
});

test('work that loses three devices in a row is the end, with the reason', async () => {
  const { engine, model, warnings } = await opened((event) => event === 'run prefill.greedy');
  await rejects(
    model.caption(image).text(),
    /the pretended device was lost \(unknown: the test resets the driver\)/,
    /3 devices in a row were lost during the same work: the pretended engine gives up/,
    /smaller batch/,
  );
  assert.is(engine.opened, 3);
  assert.is(warnings.length, 2);
  assert.is((await engine.recovery.lost).reason, 'unknown');
  await rejects(model.embedTexts(['a dog']), /gives up/);
});

test('work that loses two devices in a row goes on with the third', async () => {
  const due = await (await opened(never)).model.caption(image, { maxLength: 5 }).ids();
  let left = 2;
  const { model, engine } = await opened((event) => event === 'run decode.greedy' && left-- > 0);
  assert.equal(await model.caption(image, { maxLength: 5 }).ids(), due);
  assert.is(engine.opened, 3);
});

test('a replay that loses the device again counts as the work that it is for', async () => {
  const { model, engine } = await opened(fromThe(2, 'run decode.greedy'));
  await rejects(model.caption(image, { minLength: 9 }).ids(), /3 devices in a row/);
  assert.is(engine.opened, 3);
});

test('an engine that was closed stays closed', async () => {
  const { model, engine } = await opened(never);
  await model.embedTexts(['a dog']);
  engine.lose();
  await engine.recovery.close();
  await rejects(model.embedTexts(['a dog']), /pretended engine was closed/);
  assert.is(engine.opened, 1);
});

test('a model that was closed is not loaded again', async () => {
  const { model, engine } = await opened(never);
  await model.embedTexts(['a dog']);
  engine.lose();
  await model.close();
  await rejects(model.embedTexts(['a dog']), /small was closed/);
  assert.is(engine.opened, 1);
});

test('stopping a caption stops its replay', async () => {
  const { model, engine } = await opened(never);
  const stop = new AbortController();
  const reading = (async () => {
    for await (const _ of model.caption(image, { minLength: 9, signal: stop.signal })) {
      engine.lose();
      stop.abort(new Error('enough'));
    }
  })();
  assert.is(await reading.catch((error: Error) => error.message), 'enough');
  assert.is((await model.embedTexts(['a dog'])).length, 1);
});

test.run();
