import { setTimeout as wait } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Patience } from '../../../targets/browser/page/work/patience.ts';

const test = suite('patience');

test('speaks up when nothing has moved, and only once', async () => {
  let spoken = 0;
  const patience = new Patience(20, () => spoken++);
  await wait(80);
  assert.is(spoken, 1);
  patience.moved();
  await wait(80);
  assert.is(spoken, 1);
});

test('what moves after its end wakes nothing', async () => {
  let spoken = 0;
  const patience = new Patience(20, () => spoken++);
  patience.end();
  patience.moved();
  await wait(80);
  assert.is(spoken, 0);
});

test('does not speak while something moves, nor after its end', async () => {
  let spoken = 0;
  const patience = new Patience(1000, () => spoken++);
  for (let i = 0; i < 5; i++) {
    await wait(10);
    patience.moved();
  }
  patience.end();
  await wait(20);
  assert.is(spoken, 0);
});

test.run();
