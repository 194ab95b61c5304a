import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseOptions } from '../../bench/options.ts';
import { casesOf } from '../../bench/run.ts';
import { suiteNamed, suites } from '../../bench/suites/suites.ts';

const test = suite('bench options');

test('everything is measured unless told', () => {
  const options = parseOptions([]);
  assert.equal(
    options.suites,
    suites.map(({ name }) => name),
  );
  assert.equal(options.peers, ['onnxruntime-node', 'onnxruntime-web', 'jax-js', 'tfjs']);
  assert.ok(options.threads.includes(1));
});

test('names and numbers are lists', () => {
  const options = parseOptions(['--suite', 'vit,memory', '--peer', 'none', '--threads', '1,2', '--batch', '8']);
  assert.equal([options.suites, options.peers, options.threads], [['vit', 'memory'], [], [1, 2]]);
  const names = casesOf(suiteNamed('vit'), options).map(({ name }) => name);
  assert.equal(names, ['ViT-B/16, batch 8', 'ViT-L/14, batch 8']);
});

test('browsers are all that there are, some, or none', () => {
  const all = ['chromium', 'firefox'].flatMap((name) => [`${name}-wasm`, `${name}-wasm-1`, `${name}-webgpu`]);
  assert.equal(parseOptions([]).browsers, all);
  assert.equal(parseOptions(['--browser', 'firefox-wasm']).browsers, ['firefox-wasm']);
  assert.equal(parseOptions(['--browser', 'none']).browsers, []);
  assert.throws(() => parseOptions(['--browser', 'lynx']), /--browser lynx is not known; there are chromium-wasm, /);
  assert.throws(() => parseOptions(['--model', 'nowhere']), /nowhere is no model directory: it has no config[.]json/);
});

test('what is not known is an error that lists what is', () => {
  assert.throws(() => parseOptions(['--suite', 'vot']), /--suite vot is not known; there are kernels, vit/);
  assert.throws(() => parseOptions(['--backend', 'cuda']), /there are wasm, wasm-wide/);
  assert.throws(() => parseOptions(['--threads', '0']), /whole numbers of at least 1/);
  assert.throws(() => parseOptions(['--sweet']), /sweet/);
});

test('cases have names of their own, and every suite a quick case', () => {
  for (const { name, cases } of suites) {
    const names = cases.map((one) => one.name);
    assert.is(new Set(names).size, names.length, name);
    assert.ok(casesOf(suiteNamed(name), parseOptions(['--quick'])).length > 0, name);
  }
});

test.run();
