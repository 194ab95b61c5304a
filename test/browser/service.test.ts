// The page's objects and the worker's service, connected by a MessageChannel, on Node's wasm backend.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { MmgemError } from '../../model/errors.ts';
import { load } from '../../model/load.ts';
import type { Pixels } from '../../model/preprocess/image-file.ts';
import { toRgb } from '../../model/preprocess/image-file.ts';
import { openEngine } from '../../runtime/engine.ts';
import type { Connection } from '../../targets/browser/connection.ts';
import { Engine } from '../../targets/browser/engine.ts';
import { Caller } from '../../targets/browser/rpc/caller.ts';
import { Service, type ServiceState } from '../../targets/browser/service.ts';
import { backends } from '../../targets/node/backends.ts';
import { memoryStore } from '../files/support.ts';
import { smallModelFiles } from '../model/small-model.ts';

const test = suite('a model in a worker, seen from the page');

const files = await smallModelFiles();
const { 'tokenizer.json': _, ...wordless } = files;
const folders: Readonly<Record<string, typeof files>> = { small: files, wordless };
const host = {
  openStore: (path: string) => memoryStore(path, folders[path] ?? {}),
  decodeImage: async (image: Pixels) => toRgb(image),
};
const image: Pixels = {
  width: 30,
  height: 24,
  data: Uint8Array.from({ length: 30 * 24 * 3 }, (_, i) => (i * 37) % 256),
};

interface Page {
  readonly engine: Engine;
  readonly connection: Connection;
}

async function openPage(): Promise<Page> {
  const { port1, port2 } = new MessageChannel();
  new Service<string, Pixels>(port2, {
    open: (backend, options) => openEngine(backend, backends, options),
    hostFor: (path) => ({ path, host }),
  });
  const caller = new Caller<ServiceState>(port1, { memory: { current: 0, peak: 0 }, programs: {} });
  port1.start();
  port2.start();
  const end = (reason: string): void => {
    caller.end(reason);
    port1.close();
  };
  const connection = { caller, end };
  return {
    engine: new Engine(connection, (await caller.call(0, 'open', ['wasm', { threads: 1 }])) as never),
    connection,
  };
}

const messageOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'nothing was rejected',
    (error: Error) => `${error.name}: ${error.message}`,
  );

test('a model answers as it does without a worker between', async () => {
  const { engine } = await openPage();
  const own = await openEngine('wasm', backends, { threads: 1 });
  const expected = await load('small', host, { engine: own });
  const states: string[] = [];
  const model = await engine.loadModel('small', { prepare: ['embed'], onState: ({ phase }) => states.push(phase) });
  assert.is(states.at(-1), 'ready');
  assert.is(model.name, 'small');
  assert.equal(model.config, expected.config);
  assert.equal(await model.embedImages([image, image]), await expected.embedImages([image, image]));
  assert.equal(await model.embedTexts(['a red circle']), await expected.embedTexts(['a red circle']));
  assert.equal(await model.locate(image, 'a square'), await expected.locate(image, 'a square'));
  assert.is(await model.countTokens('hello world'), expected.countTokens('hello world'));
  const text = model.caption(image, { maxLength: 8 });
  assert.is(await text.text(), await expected.caption(image, { maxLength: 8 }).text());
  assert.equal(await text.ids(), await expected.caption(image, { maxLength: 8 }).ids());
  const pieces: string[] = [];
  for await (const piece of text) pieces.push(piece);
  assert.is(pieces.join(''), await text.text());
  assert.equal([...model.programs].sort(), [...expected.programs].sort());
  assert.is(engine.memory().current, own.memory().current);
  await engine.close();
  await own.close();
});

test('breaking off a text stops its generation, and the model can be used on', async () => {
  const { engine } = await openPage();
  const model = await engine.loadModel('small', {});
  for await (const _ of model.caption(image, { maxLength: 10, minLength: 10 })) break;
  const controller = new AbortController();
  controller.abort(new Error('changed my mind'));
  assert.match(await messageOf(model.caption(image, { signal: controller.signal }).text()), /changed my mind/);
  assert.is((await model.captions([image], { maxLength: 3 })).length, 1);
  await engine.close();
});

test('errors of options, images, models without tokenizer', async () => {
  const { engine } = await openPage();
  const model = await engine.loadModel('small', {});
  assert.match(await messageOf(model.caption(image, { maxLength: 0 }).text()), /^MmgemError: maxLength is 0/);
  const broken = { ...image, width: 31 };
  assert.match(await messageOf(model.embedImages([broken])), /^MmgemError: image: data is/);
  assert.match(await messageOf(model.embedImages([42 as never])), /^MmgemError: \[object Number\] is no image/);
  assert.match(await messageOf(engine.loadModel('nowhere', {})), /^MmgemError: nowhere: is no model directory/);
  const silent = await engine.loadModel('wordless', {});
  assert.match(await messageOf(silent.caption(image).text()), /has no tokenizer\.json/);
  assert.is((await silent.caption(image, { maxLength: 4, minLength: 4 }).ids()).length, 4);
  await model.close();
  assert.match(await messageOf(model.embedTexts(['a'])), /^MmgemError: model small was closed/);
  assert.throws(
    () => model.caption(image),
    (error: unknown) => error instanceof MmgemError,
  );
  await engine.close();
  assert.match(await messageOf(silent.embedTexts(['a'])), /wasm engine was closed; open another/);
  await silent.close();
});

test('a worker that ends is told by the engine, and by whatever is asked', async () => {
  const { engine, connection } = await openPage();
  const model = await engine.loadModel('small', {});
  const answer = messageOf(model.embedTexts(['a red circle']));
  connection.end('the worker ended');
  assert.equal(await engine.lost, { reason: 'worker', message: 'the worker ended' });
  assert.match(await answer, /the worker ended/);
  await engine.close();
  await model.close();
});

test.run();
