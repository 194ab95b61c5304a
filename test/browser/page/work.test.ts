import { setTimeout as wait } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { MmgemError } from '../../../model/errors.ts';
import { agreeingDigits } from '../../../targets/browser/page/backends/digits.ts';
import { measureSession, median } from '../../../targets/browser/page/backends/measure.ts';
import { explain } from '../../../targets/browser/page/messages/explain.ts';
import { Library } from '../../../targets/browser/page/pictures/library.ts';
import { initialState, type PageState } from '../../../targets/browser/page/state/state.ts';
import { createStore } from '../../../targets/browser/page/state/store.ts';
import * as change from '../../../targets/browser/page/state/transitions.ts';
import { Conductor } from '../../../targets/browser/page/work/conductor.ts';
import { Launcher } from '../../../targets/browser/page/work/launcher.ts';
import { stageOf } from '../../../targets/browser/page/work/load-stage.ts';
import type { ModelSession, Sessions } from '../../../targets/browser/page/work/session.ts';
import { isOvertaken, nextTask } from '../../../targets/browser/page/work/tasks.ts';
import { picture, stateWith } from './state.ts';

const test = suite('what the model does');

const box = { kind: 'box', box: [0, 0, 0.5, 0.5] } as const;
const embedding = Float32Array.of(1, 0);
const done = { status: 'done', text: 'a star' } as const;
const map = { width: 1, height: 1, values: Float32Array.of(1), region: [0, 0, 1, 1] as const };

test('the most urgent comes first', () => {
  const state = stateWith([1, 2], change.setQuery('star'), change.addRegion(5, box));
  const order: unknown[] = [];
  const steps: readonly [string, change.Change][] = [
    ['embed text', change.setQueryEmbedding('star', embedding)],
    ['locate', change.setHeat({ picture: 1, query: 'star', map })],
    ['caption 1 5', change.say(1, 5, done)],
    ['caption 1', change.say(1, undefined, done)],
    ['embed image 1', change.changePicture(1, (one) => ({ ...one, embedding }))],
    ['embed image 2', change.changePicture(2, (one) => ({ ...one, embedding }))],
    ['caption 2', change.say(2, undefined, done)],
  ];
  let current = state;
  for (const [, step] of steps) {
    const { task } = nextTask(current)!;
    order.push(
      Object.values(task)
        .join(' ')
        .replace(/ ?star$/, ''),
    );
    current = step(current);
  }
  assert.equal(order[1], 'locate 1');
  assert.equal(
    order.filter((_, i) => i !== 1),
    steps.map(([name]) => name).filter((_, i) => i !== 1),
  );
  assert.is(nextTask(current), undefined);
});

test('what failed is not tried again by itself', () => {
  const state = stateWith(
    [1],
    change.setQuery('star'),
    change.setQueryEmbedding('star', 'failed'),
    change.say(1, undefined, { status: 'failed', problem: 'no' }),
    change.changePicture(1, (one) => ({ ...one, embedding: 'failed' })),
  );
  assert.is(nextTask(state), undefined);
});

test('only what nobody is waiting for is left for later', () => {
  const captionOfOther = { task: { kind: 'caption', picture: 2 }, urgency: 6 } as const;
  const captionOfShown = { task: { kind: 'caption', picture: 1 }, urgency: 3 } as const;
  const typing = stateWith([1, 2], change.say(1, undefined, done), change.setQuery('star'));
  assert.is(isOvertaken(captionOfOther, typing), true);
  assert.is(isOvertaken(captionOfShown, typing), false);
  assert.is(isOvertaken(captionOfOther, change.setQuery('')(typing)), false);
});

/** A session whose captions wait to be let on. */
function sessionWith(overrides: Partial<ModelSession> = {}): ModelSession {
  return {
    model: { name: 'test', side: 8 },
    description: 'test',
    embedImage: async () => embedding,
    embedText: async () => embedding,
    async *caption(_, { signal }) {
      for (const piece of [' a', ' star']) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        signal.throwIfAborted();
        yield piece;
      }
    },
    locate: async () => map,
    memory: async () => 1000,
    lost: new Promise(() => {}),
    close: async () => {},
    ...overrides,
  };
}

function conducted(session: ModelSession, count: number) {
  const store = createStore<PageState>(initialState);
  const library = new Library();
  const image = { width: 8, height: 8, data: new Uint8Array(192) };
  const problems: string[] = [];
  for (let i = 0; i < count; i++) {
    const id = library.add({ pixels: async () => image, draw: async () => {} });
    store.update(change.addPictures([picture(id)]));
  }
  const onProblem = (title: string): void => void problems.push(title);
  const conductor = new Conductor({ store, library, session, backend: 'wasm', onProblem });
  return { store, conductor, problems };
}

async function until(store: { readonly state: PageState }, holds: (state: PageState) => boolean): Promise<void> {
  for (let i = 0; i < 2000 && !holds(store.state); i++) await new Promise((resolve) => setTimeout(resolve, 2));
  assert.ok(holds(store.state), 'the state did not come to be as expected');
}

test('everything is embedded and described, and measured', async () => {
  const { store, conductor } = conducted(sessionWith(), 3);
  await until(store, (state) => state.pictures.every(({ caption }) => caption.status === 'done'));
  const { pictures, backends } = store.state;
  assert.equal(
    pictures.map(({ caption }) => caption),
    pictures.map(() => ({ status: 'done', text: 'a star' })),
  );
  assert.ok(pictures.every((one) => one.embedding === embedding));
  assert.ok(backends.wasm.measures.tokenMilliseconds! > 0);
  assert.is(backends.wasm.measures.memoryBytes, 1000);
  await conductor.stop();
});

test('a caption that fails says why where it would stand, and the others go on', async () => {
  let asked = 0;
  const session = sessionWith({
    // biome-ignore lint/correctness/useYield: it fails before
    async *caption() {
      asked++;
      throw new MmgemError('box: is empty. Draw another one.');
    },
    embedImage: async () => Promise.reject(new MmgemError('no')),
  });
  const { store, conductor, problems } = conducted(session, 2);
  await until(store, (state) => state.pictures.every(({ caption }) => caption.status === 'failed'));
  assert.is(asked, 2);
  assert.is(problems.length, 2);
  assert.equal(store.state.pictures[0]!.caption, { status: 'failed', problem: 'box: is empty. Draw another one.' });
  await conductor.stop();
});

test('a region that is removed while it is described is left, one that comes is described', async () => {
  const { store, conductor } = conducted(sessionWith(), 1);
  await until(store, (state) => state.pictures[0]!.caption.status === 'done');
  store.update(change.addRegion(5, box));
  await until(store, (state) => state.pictures[0]!.regions[0]!.said.status === 'writing');
  store.update(change.removeRegion(5));
  store.update(change.addRegion(6, box));
  await until(store, (state) => state.pictures[0]!.regions[0]!.said.status === 'done');
  await conductor.stop();
});

test('work that wants the session alone gets it when what runs is done', async () => {
  const { store, conductor } = conducted(sessionWith(), 4);
  await until(store, (state) => state.pictures.some(({ embedding: one }) => one !== 'waiting'));
  const during = await conductor.alone(async () => {
    const before = store.state;
    await new Promise((resolve) => setTimeout(resolve, 20));
    return before === store.state;
  });
  assert.is(during, true);
  await until(store, (state) => state.pictures.every(({ caption }) => caption.status === 'done'));
  await conductor.stop();
});

test('a session is measured, everything once before time is taken', async () => {
  let clock = 0;
  const measured = await measureSession(
    sessionWith(),
    { width: 8, height: 8, data: new Uint8Array(192) },
    () => clock++,
  );
  assert.is(measured.embedMilliseconds, 1);
  assert.is(measured.tokenMilliseconds, 1);
  assert.equal([measured.caption, measured.memoryBytes], ['a star', 1000]);
  assert.equal([median([3, 1, 2]), median([4, 1, 2, 3])], [2, 2.5]);
});

test('digits that agree', () => {
  assert.equal([0, 1e-7, 3e-6, 0.02, 2, Number.NaN].map(agreeingDigits), [7, 7, 5, 1, 0, 0]);
});

test('while a model is loaded it is told what is going on', () => {
  const bytes = { done: 1e6, total: 21e6, downloaded: 1e6 };
  const state = { phase: 'download', done: 0, total: 1, bytes, stage: '' } as const;
  assert.is(stageOf(state), 'Downloading the model, 1 MB of 21 MB');
  assert.is(stageOf({ ...state, stage: 'compiling heatMap' }), 'Compiling heatMap; 1 MB of 21 MB downloaded');
  const all = { ...bytes, done: 21e6 };
  assert.is(stageOf({ ...state, phase: 'compile', bytes: all, stage: 'compiling heatMap' }), 'Compiling heatMap');
  assert.is(stageOf({ ...state, bytes: { done: 0, total: 0, downloaded: 0 } }), 'Loading the model');
});

test('errors say what happened and what to do', () => {
  assert.is(explain(new MmgemError('model: is missing. Get it.')), 'model: is missing. Get it.');
  assert.match(explain(new TypeError('Failed to fetch')), /network was cut.*try again/i);
  assert.match(explain(new DOMException('full', 'QuotaExceededError')), /storage.*Free some space/);
  assert.match(explain(new RangeError('Array buffer allocation failed')), /memory/);
  assert.match(explain('odd'), /odd.*report/);
});

for (const moves of [true, false])
  test(`an opening that ${moves ? 'moves' : 'stands still'} ${moves ? 'is left alone' : 'is told, once, with what to do'}`, async () => {
    const said: string[] = [];
    let ticking: ReturnType<typeof setInterval> | undefined;
    const sessions: Sessions = {
      probe: async () => ({ usable: true, description: 'here' }),
      open(_, onProgress) {
        if (moves) ticking = setInterval(() => onProgress(0.5, 'Downloading'), 10);
        return new Promise(() => {});
      },
    };
    const launcher = new Launcher({
      store: createStore<PageState>(initialState),
      library: new Library(),
      sessions,
      say: (kind, title, text) => said.push(`${kind}: ${title}. ${text}`),
      longWait: 150,
    });
    void launcher.start('wasm');
    await wait(600);
    clearInterval(ticking);
    assert.is(said.length, moves ? 0 : 1);
    if (!moves) assert.match(said[0]!, /^note: Nothing moves\. .* reload the page/);
  });

test.run();
