import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { currentHeat, selectedPicture } from '../../../targets/browser/page/state/select.ts';
import { initialState } from '../../../targets/browser/page/state/state.ts';
import { createStore } from '../../../targets/browser/page/state/store.ts';
import * as change from '../../../targets/browser/page/state/transitions.ts';
import { picture, stateWith } from './state.ts';

const test = suite('what happens to the state');

const box = { kind: 'box', box: [0, 0, 0.5, 0.5] } as const;
const map = { width: 1, height: 1, values: Float32Array.of(1), region: [0, 0, 1, 1] as const };

test('the first pictures are selected, later ones where it is asked for', () => {
  const state = stateWith([1, 2]);
  assert.is(state.selected, 1);
  assert.is(change.addPictures([picture(3)])(state).selected, 1);
  assert.is(change.addPictures([picture(3)], true)(state).selected, 3);
  assert.is(change.addPictures([])(state), state);
});

test('when the selected picture goes, the one in its place is selected', () => {
  const state = stateWith([1, 2, 3], change.selectPicture(2), change.addRegion(7, box));
  const after = change.removePictures([2])(state);
  assert.is(after.selected, 3);
  assert.is(after.activeRegion, undefined);
  assert.is(change.removePictures([1])(state).selected, 2);
  assert.is(change.removePictures([2, 3])(state).selected, 1);
  assert.is(change.removePictures([1, 2, 3])(state).selected, undefined);
});

test('regions are marked, chosen and removed on the selected picture', () => {
  const state = stateWith([1, 2], change.addRegion(5, box), change.addRegion(6, box));
  assert.is(state.activeRegion, 6);
  assert.equal(
    selectedPicture(state)?.regions.map(({ id }) => id),
    [5, 6],
  );
  assert.is(change.removeRegion(5)(state).activeRegion, 6);
  assert.is(change.removeRegion(6)(state).activeRegion, undefined);
  assert.equal(selectedPicture(change.clearRegions()(state))?.regions, []);
  assert.is(change.selectPicture(2)(state).activeRegion, undefined);
});

test('what is said of a region that is gone does not bring it back', () => {
  const state = stateWith([1], change.addRegion(5, box), change.removeRegion(5));
  assert.equal(selectedPicture(change.say(1, 5, { status: 'done', text: 'late' })(state))?.regions, []);
});

test('another shape has to be described anew', () => {
  const state = stateWith([1], change.addRegion(5, box), change.say(1, 5, { status: 'done', text: 'a star' }));
  const [region] = selectedPicture(change.reshapeRegion(5, box)(state))!.regions;
  assert.equal(region?.said, { status: 'waiting' });
});

test('an embedding that comes late is dropped; spaces make no other text', () => {
  const asked = stateWith([1], change.setQuery('star'));
  const known = change.setQueryEmbedding('star', Float32Array.of(1))(asked);
  assert.ok(known.query.embedding instanceof Float32Array);
  assert.ok(change.setQuery('star ')(known).query.embedding instanceof Float32Array);
  assert.is(change.setQuery('stars')(known).query.embedding, 'waiting');
  assert.is(change.setQueryEmbedding('sta', Float32Array.of(1))(asked), asked);
});

test('a heat map is shown for its own picture and text alone, and can be hidden', () => {
  const state = stateWith([1, 2], change.setQuery('star'), change.setHeat({ picture: 1, query: 'star', map }));
  assert.is(currentHeat(state), map);
  assert.is(currentHeat(change.selectPicture(2)(state)), undefined);
  assert.is(currentHeat(change.setQuery('moon')(state)), undefined);
  assert.is(currentHeat(change.showHeat(false)(state)), undefined);
  assert.is(currentHeat(change.setHeat({ picture: 1, query: 'star', map: 'failed' })(state)), undefined);
});

test('progress never goes back', () => {
  const loading = change.setEngine({ status: 'loading', backend: 'wasm', progress: { done: 0, stage: '' } })(
    initialState,
  );
  const half = change.advance(0.5, 'weights')(loading);
  const less = change.advance(0.3, 'kernels')(half);
  assert.equal(less.engine, { status: 'loading', backend: 'wasm', progress: { done: 0.5, stage: 'kernels' } });
  const ready = change.setEngine({ status: 'ready', backend: 'wasm' })(less);
  assert.is(change.advance(0.9, 'late')(ready), ready);
});

test('what failed or was cut short is tried again on another engine, what is done stays', () => {
  const state = stateWith(
    [1, 2, 3],
    change.say(1, undefined, { status: 'done', text: 'a star' }),
    change.say(2, undefined, { status: 'failed', problem: 'lost' }),
    change.say(3, undefined, { status: 'writing', text: 'a' }),
    change.changePicture(1, (one) => ({ ...one, embedding: 'failed' })),
  );
  const again = change.tryAgain()(state);
  assert.equal(
    again.pictures.map(({ caption }) => caption.status),
    ['done', 'waiting', 'waiting'],
  );
  assert.is(again.pictures[0]!.embedding, 'waiting');
});

test('a message is not said twice', () => {
  const message = (id: number) => ({ id, kind: 'problem', title: 'a', text: 'b', actions: [] }) as const;
  const state = change.addMessage(message(2))(change.addMessage(message(1))(initialState));
  assert.equal(
    state.messages.map(({ id }) => id),
    [2],
  );
  assert.equal(change.dismissMessage(2)(state).messages, []);
});

test('listeners hear of what they watch alone', () => {
  const store = createStore({ a: 1, b: [1, 2] });
  const heard: unknown[] = [];
  const end = store.watch(
    ({ a }) => a,
    (a) => heard.push(a),
  );
  store.watch(
    ({ a, b }) => [a, b],
    ([a]) => heard.push(`list ${a}`),
  );
  store.update((state) => ({ ...state }));
  store.update((state) => ({ ...state, a: 2 }));
  end();
  store.update((state) => ({ ...state, a: 3 }));
  assert.equal(heard, [1, 'list 1', 2, 'list 2', 'list 3']);
});

test.run();
