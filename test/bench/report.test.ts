/** The table and the page; `MMGEM_UPDATE_SNAPSHOTS=1 node dist/test/bench/report.test.js` writes them anew, to be looked at. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Floor, judge, outcome } from '../../bench/floors.ts';
import { benchmarkHtml } from '../../bench/report/page.ts';
import { resultText } from '../../bench/report/text.ts';
import { comparisonOf, leading } from '../../bench/result.ts';
import { repositoryRoot } from '../support/repository.ts';
import { hosted, madeUp } from './made-up.ts';

const test = suite('bench report');

const floors: readonly Floor[] = [
  { suite: 'vit', cases: ['ViT-B/16, batch 1'], backend: 'wasm', against: 'onnxruntime-node', least: 1 },
  { suite: 'vit', cases: ['ViT-B/16, batch 1'], backend: 'wasm', against: 'machine-bandwidth', least: 0.8 },
  { suite: 'vit', cases: ['ViT-B/16, batch 1'], backend: 'wasm', against: 'onnxruntime-web', node: [20], least: 1.6 },
];
const verdicts = judge({ about: '', floors }, madeUp);

function matches(name: string, text: string): void {
  const path = join(repositoryRoot, 'test', 'bench', name);
  if (process.env.MMGEM_UPDATE_SNAPSHOTS === '1') writeFileSync(path, text);
  assert.fixture(text, readFileSync(path, 'utf8'));
}

test('the table is as it was looked at', () => matches('report.snapshot.txt', `${resultText(madeUp, verdicts)}\n`));

test('the page is as it was looked at', () => matches('report.snapshot.html', benchmarkHtml(madeUp, verdicts)));

test('the page needs nothing else, and what it is given stands in it as text', () => {
  const html = benchmarkHtml(madeUp, verdicts);
  assert.not.match(html, /<script|https?:|src=|@import|url\(/);
  assert.match(html, 'AMD EPYC &lt;made up&gt;');
  assert.not.match(html, /NaN|undefined|Infinity/);
});

test('a roof is drawn, and a share of it told for every contender', () => {
  const html = benchmarkHtml(madeUp, verdicts);
  assert.match(html, /<path class="roof" d="M[\d. ]+L[\d. ]+H[\d.]+"/);
  // 2 GFLOP in 42 ms; the roof at 20 FLOP per byte is the peak of 100 GFLOP/s.
  assert.match(html, 'wasm-wide: 47.6 GFLOP/s, 48 % of the roof');
});

test('a page on WebGPU is set against dawn, one on wasm against the build that Node chooses', () => {
  const [chromium, webgpu] = ['chromium-wasm', 'chromium-webgpu'].map((wanted) => {
    const contender = hosted.contenders.find(({ name }) => name === wanted)!;
    return comparisonOf(hosted, contender, leading(hosted, madeUp));
  });
  assert.equal(
    [chromium, webgpu],
    [
      { reference: 'wasm-wide', ratio: 1.5 },
      { reference: 'dawn', ratio: 2 },
    ],
  );
});

test('the table says what runs a model, and what a token takes', () => {
  const line = resultText(madeUp, verdicts)
    .split('\n')
    .find((text) => text.includes('chromium-webgpu  '))!;
  assert.match(line, /840 ms .* 42 ms .* dawn 2[.]00 × +Chromium 156: SwiftShader [(]google[)], a software driver/);
});

test('another text than in Node fails the run', () => {
  assert.equal(outcome({ ...madeUp, cases: [hosted] }, [], false), {
    code: 1,
    reason: 'results differ: firefox-webgpu',
  });
});

test('a run of nothing has a page, too', () => {
  const html = benchmarkHtml({ ...madeUp, cases: [] }, []);
  assert.not.match(html, /NaN|undefined|Infinity/);
});

test.run();
