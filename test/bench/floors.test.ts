import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { contenders } from '../../bench/contenders/contenders.ts';
import { checkFloorsFile, type Floor, judge, outcome, recorded } from '../../bench/floors.ts';
import { caseNamed } from '../../bench/suites/suites.ts';
import { repositoryRoot } from '../support/repository.ts';
import { madeUp, timed } from './made-up.ts';

const test = suite('bench floors');

const base: Floor = {
  suite: 'vit',
  cases: ['ViT-B/16, batch 1'],
  backend: 'wasm',
  against: 'onnxruntime-node',
  least: 1.1,
};
const memory: Floor = { suite: 'memory', cases: ['ViT-B/16, batch 1'], against: 'lower bound', most: 1.1 };
const fileOf = (...floors: readonly Floor[]) => ({ about: '', floors });
const stateOf = (floor: Floor, result = madeUp) => judge(fileOf(floor), result).map(({ state }) => state);

test('a floor is reached above it and missed below, a ceiling the other way round', () => {
  assert.equal(stateOf(base), ['reached']);
  assert.equal(stateOf({ ...base, least: 1.3 }), ['missed']);
  assert.equal(stateOf(memory), ['reached']);
  assert.equal(stateOf({ ...memory, most: 1.01 }), ['missed']);
  assert.equal(stateOf({ ...base, against: 'machine-bandwidth', least: 0.8 }), ['missed']);
});

test('what cannot be checked is said with its reason', () => {
  const reasonOf = (floor: Floor) => judge(fileOf(floor), madeUp)[0]!.reason;
  assert.match(reasonOf({ ...base, node: [20] })!, 'for Node 20, this is Node 24');
  assert.match(reasonOf({ ...base, cases: ['ViT-X'] })!, 'was not measured');
  assert.match(reasonOf({ ...base, threads: [2] })!, 'was not measured');
  assert.match(reasonOf({ ...base, against: 'jax-js' })!, 'its result differs');
  assert.match(reasonOf({ ...base, against: 'tfjs' })!, 'tfjs was not measured');
  assert.match(reasonOf({ ...base, backend: 'dawn' })!, 'dawn was not measured');
  const elsewhere = { rate: 20, unit: 'images/s', processor: 'Apple', cores: 8 };
  assert.match(reasonOf({ ...base, elsewhere })!, 'another machine');
  const training = { ...base, suite: 'training', cases: ['ViT-Ti/16 at 160 px, batch 16'] };
  assert.is(reasonOf(training), 'no engine');
});

test('a rate that was measured elsewhere counts on that machine', () => {
  const elsewhere = { unit: 'images/s', processor: 'AMD EPYC', cores: 2 };
  assert.equal(stateOf({ ...base, least: 1, elsewhere: { ...elsewhere, rate: 23 } }), ['reached']);
  assert.equal(stateOf({ ...base, least: 1, elsewhere: { ...elsewhere, rate: 24 } }), ['missed']);
});

test('a check fails when a floor is missed, when nothing was measured, and when results differ', () => {
  const honest = { ...madeUp, cases: [{ ...timed, contenders: timed.contenders.filter(({ failure }) => !failure) }] };
  const codeOf = (floor: Floor, check = true) => outcome(honest, judge(fileOf(floor), honest), check).code;
  assert.is(codeOf(base), 0);
  assert.is(codeOf({ ...base, least: 1.3 }), 1);
  assert.is(codeOf({ ...base, least: 1.3 }, false), 0);
  assert.is(codeOf({ ...base, node: [20] }), 1);
  assert.equal(outcome(madeUp, [], false), { code: 1, reason: 'results differ: jax-js, firefox-webgpu' });
});

test('what was measured is written beside the floors and stays where nothing was', () => {
  const file = fileOf({ ...base, measured: { 'ViT-B/16, batch 1; 2 threads; Node 24': 1.4 } }, { ...base, node: [20] });
  const [first, second] = recorded(file, madeUp).floors;
  assert.equal(first!.measured, {
    'ViT-B/16, batch 1; 2 threads; Node 24': 1.4,
    'ViT-B/16, batch 1; 1 thread; Node 24': 1.19,
  });
  assert.is(second!.measured, undefined);
  assert.is(first!.least, 1.1);
});

test('a floor needs a suite, cases, what it is against and one bound', () => {
  for (const floor of [
    { ...base, least: undefined },
    { ...base, most: 2 },
    { ...base, cases: undefined },
    { ...base, least: 0 },
  ])
    assert.throws(() => checkFloorsFile({ floors: [floor] }, 'floors.json'), /floors\.json: floor 0 needs/);
  assert.throws(() => checkFloorsFile({}, 'floors.json'), /has no list/);
});

test('the committed floors name cases and contenders that there are', () => {
  const path = join(repositoryRoot, 'bench', 'floors.json');
  const { floors } = checkFloorsFile(JSON.parse(readFileSync(path, 'utf8')), path);
  const names = ['wasm', 'lower bound', ...contenders.map(({ name }) => name)];
  for (const { suite: name, cases, backend, against, elsewhere } of floors) {
    for (const one of cases) assert.ok(caseNamed(name, one));
    if (backend !== undefined) assert.ok(names.includes(backend), backend);
    assert.ok(elsewhere !== undefined || names.includes(against), against);
  }
  assert.ok(floors.length >= 8);
});

test.run();
