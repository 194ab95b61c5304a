// A loaded model on a real backend: batches, streams and regions agree with each other and with the interpreter.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { graphEngine, loadOn } from '../../model/load.ts';
import { openDevice } from './device-engine.ts';
import { assertClose } from './golden-model.ts';
import { interpreterEngine } from './interpreter-engine.ts';
import { recorded } from './recorded.ts';
import { memoryHost, noise, smallModelFiles } from './small-model.ts';

const { engine, tolerance } = await openDevice();
const test = suite(`a loaded model on ${engine.info.backend}`);

const host = memoryHost({ small: await smallModelFiles() });
const watched = recorded(graphEngine(engine));
const model = await loadOn('small', host, watched, { maxBatch: 4, prepare: ['embed', 'caption'] });
const truth = await loadOn('small', host, interpreterEngine(), { maxBatch: 4 });
const images = [1, 2, 3].map((seed) => noise(seed));
const [first] = images as [(typeof images)[0]];
const texts = ['a dog', 'two red circles above a blue square', 'a'];

test('embeddings are the interpreter’s, in a batch as alone', async () => {
  const pairs = [
    [await model.embedImages(images), await truth.embedImages(images)],
    [await model.embedTexts(texts), await truth.embedTexts(texts)],
  ] as const;
  for (const [found, due] of pairs)
    for (const [i, row] of due.entries()) assertClose(found[i]!, row, tolerance, `${i}`);
  const [alone] = await model.embedImages([images[2]!]);
  assertClose(alone!, pairs[0][0][2]!, tolerance, 'alone');
});

test('regions and the heat map are the interpreter’s', async () => {
  const boxes = [[0.1, 0.2, 0.5, 0.9] as const, [0.3, 0.1, 0.9, 0.6] as const];
  const [found, due] = [await model.embedRegions(first, boxes), await truth.embedRegions(first, boxes)];
  for (const [i, row] of due.entries()) assertClose(found[i]!, row, tolerance, `box ${i}`);
  const data = Uint8Array.from({ length: first.width * first.height }, (_, i) => i % 7);
  const mask = { width: first.width, height: first.height, data };
  const masked = [await model.embedRegions(first, [{ mask }]), await truth.embedRegions(first, [{ mask }])] as const;
  assertClose(masked[0][0]!, masked[1][0]!, tolerance, 'mask');
  const maps = [await model.locate(first, texts[1]!), await truth.locate(first, texts[1]!)] as const;
  assertClose(maps[0].values, maps[1].values, 10 * tolerance, 'heat map');
});

test('captions by every strategy, of a batch and of regions, are the interpreter’s', async () => {
  const strategies = [
    { strategy: 'greedy' },
    { strategy: 'beam', beams: 2 },
    { strategy: 'sample', seed: 7, topK: 50 },
  ] as const;
  for (const options of strategies) {
    const limited = { ...options, maxLength: 5 };
    assert.equal(await model.captions(images, limited), await truth.captions(images, limited), options.strategy);
    const part = { ...limited, box: [0.2, 0.1, 0.8, 0.9] as const };
    assert.equal(await model.caption(first, part).ids(), await truth.caption(first, part).ids(), options.strategy);
  }
});

test('a caption streams, and stops when its reader does', async () => {
  const pieces: string[] = [];
  for await (const piece of model.caption(first, { minLength: 5 })) pieces.push(piece);
  assert.is(pieces.join(''), await model.caption(first, { minLength: 5 }).text());
  for await (const _ of model.caption(first, { minLength: 10 })) break;
  assert.is((await model.embedTexts(['a'])).length, 1);
});

test('nothing is compiled twice, and memory is told', async () => {
  assert.is(new Set(watched.compiled).size, watched.compiled.length);
  const { store, programs, engine: held } = await model.memory();
  assert.ok(store > 0 && held.current >= store && held.peak >= held.current);
  const decoding = programs.find(({ program }) => program === 'decode.greedy')!;
  assert.ok(decoding.peak >= decoding.lowerBound && decoding.peak > 0);
});

test('closing gives the memory back', async () => {
  await truth.close();
  const before = engine.memory().current;
  const { store } = await model.memory();
  await model.close();
  assert.ok(before - engine.memory().current >= store);
});

test.after(() => engine.close());
test.run();
