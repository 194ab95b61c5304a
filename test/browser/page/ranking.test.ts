import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { columnsOf, itemAfterKey } from '../../../targets/browser/page/gallery/keys.ts';
import { rank } from '../../../targets/browser/page/gallery/ranking.ts';
import { noteFor } from '../../../targets/browser/page/gallery/search.ts';
import { rankedPictures } from '../../../targets/browser/page/state/select.ts';
import {
  changePicture,
  setEngine,
  setQuery,
  setQueryEmbedding,
} from '../../../targets/browser/page/state/transitions.ts';
import { stateWith } from './state.ts';

const test = suite('the gallery');

const text = Float32Array.of(1, 0);
const embedded = (id: number, ...values: readonly number[]) =>
  changePicture(id, (one) => ({ ...one, embedding: Float32Array.from(values) }));

test('the most similar picture comes first, those without an embedding last, in their order', () => {
  const places = rank(text, [
    undefined,
    Float32Array.of(0, 1),
    Float32Array.of(1, 0),
    undefined,
    Float32Array.of(-1, 0),
  ]);
  assert.equal(
    places.map(({ index }) => index),
    [2, 1, 4, 0, 3],
  );
  assert.equal(places[0], { index: 2, cosine: 1 });
  assert.is(places[3]!.cosine, undefined);
});

test('equally similar pictures keep their order', () => {
  const same = Float32Array.of(0.5, 0.5);
  assert.equal(
    rank(text, [same, same, same]).map(({ index }) => index),
    [0, 1, 2],
  );
});

test('pictures are ranked when the text is known, and stand as they came otherwise', () => {
  const pictures = stateWith([1, 2, 3], embedded(1, 0, 1), embedded(2, 1, 0));
  const ids = (state: ReturnType<typeof stateWith>) => rankedPictures(state).map(({ picture }) => picture.id);
  assert.equal(ids(pictures), [1, 2, 3]);
  const asked = setQuery('a star')(pictures);
  assert.equal(ids(asked), [1, 2, 3]);
  const known = setQueryEmbedding('a star', text)(asked);
  assert.equal(ids(known), [2, 1, 3]);
  assert.equal(ids(setQuery('  ')(known)), [1, 2, 3]);
});

test('the note tells how far ranking is', () => {
  const asked = stateWith([1, 2], setQuery('a star'));
  assert.match(noteFor(asked), /As soon as the model is loaded/);
  const ready = setEngine({ status: 'ready', backend: 'wasm' })(asked);
  assert.match(noteFor(embedded(1, 1, 0)(ready)), /1 of 2 images/);
  assert.is(noteFor(embedded(2, 1, 0)(embedded(1, 1, 0)(ready))), 'Best first, by cosine.');
  assert.is(noteFor(setQuery('')(ready)), '');
});

test('arrow keys walk through a grid', () => {
  // 0 1 2
  // 3 4
  const to = (key: string, from: number) => itemAfterKey(key, from, 5, 3);
  assert.equal(
    ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'].map((key) => to(key, 1)),
    [0, 2, 1, 4],
  );
  assert.is(to('ArrowDown', 2), 4, 'to the last where the row below is short');
  assert.is(to('ArrowDown', 3), 3);
  assert.is(to('ArrowUp', 4), 1);
  assert.equal([to('Home', 4), to('End', 0)], [0, 4]);
  assert.is(to('a', 0), undefined);
  assert.is(itemAfterKey('End', 0, 0, 1), undefined);
});

test('columns are counted by where items stand', () => {
  assert.is(columnsOf([0, 0, 0, 120, 120]), 3);
  assert.is(columnsOf([5, 5]), 2);
  assert.is(columnsOf([]), 1);
});

test.run();
