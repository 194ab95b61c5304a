import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { escapeHtml } from '../../model/page/html.ts';
import type { MetricsLine } from '../../model/train/metrics.ts';
import { linearAxis, logAxis } from '../../model/train/report/axis.ts';
import { chartHtml } from '../../model/train/report/chart.ts';
import { formatCompact, formatCount, formatNumber, formatTime } from '../../model/train/report/format.ts';
import { type Report, reportHtml } from '../../model/train/report/page.ts';
import { envelope, sampled, smoothed, spread } from '../../model/train/report/series.ts';
import { fakeConfig } from './fakes.ts';

const test = suite('report');

test('numbers and times as people read them', () => {
  assert.equal([0, 2.71849, 1234.5, 0.0000512, -0.00005].map(formatNumber), [
    '0',
    '2.718',
    '1,235',
    '5.12e-5',
    '-5e-5',
  ]);
  assert.equal([9999, 81920].map(formatCount), ['9,999', '81.9K']);
  assert.equal([0, 500, 12000, 2.5e6].map(formatCompact), ['0', '500', '12K', '2.5M']);
  const times = [0.2, 45, 60, 125, 3600, 12_000, 200_000];
  assert.equal(times.map(formatTime), ['0s', '45s', '1m', '2m 5s', '1h', '3h 20m', '2d 7h']);
  assert.is(escapeHtml(`<a href="x">&'`), '&lt;a href=&quot;x&quot;&gt;&amp;&#39;');
});

test('axes have few round numbers, and their ends lie just outside of the values', () => {
  assert.equal(linearAxis([0, 12_000], 6).ticks, [0, 2000, 4000, 6000, 8000, 10_000, 12_000]);
  assert.equal(linearAxis([0.31, 0.86], 4).ticks, [0.4, 0.6, 0.8]);
  assert.equal(linearAxis([-0.4, 0.4], 4).ticks, [-0.4, -0.2, 0, 0.2, 0.4]);
  for (const [low, high] of [
    [1.5, 9.3],
    [0, 1e-6],
    [7, 7],
    [0, 0],
    [-5, -4.999],
  ] as const) {
    const { ticks, position } = linearAxis([low, high], 4);
    assert.ok(ticks.length >= 1 && ticks.length <= 8, `${low} ${high}: ${ticks}`);
    assert.ok(position(low) >= 0 && position(high) <= 1 && position(high) >= position(low), `${low} ${high}`);
  }
  assert.equal(logAxis([0.02, 900], 4).ticks, [0.1, 1, 10, 100, 1000]);
  assert.equal(logAxis([2, 5], 4).ticks, linearAxis([2, 5], 4).ticks, 'no two powers of ten');
  assert.equal(logAxis([0, 900], 4).ticks, linearAxis([0, 900], 4).ticks, 'no logarithm of 0');
});

test('smoothing neither lags nor moves a straight line, and goes around gaps', () => {
  const line = Array.from({ length: 100 }, (_, i) => 3 * i);
  const smooth = smoothed(line, 21);
  for (let i = 0; i < 90; i++) assert.ok(Math.abs(smooth[i]! - line[i]!) < 1e-9, `${i}: ${smooth[i]}`);
  assert.equal(smoothed([1, null, 3, 100], 3), [1, null, 51.5, 51.5]);
  assert.equal(smoothed([4, 5], 1), [4, 5]);
});

test('thinning keeps peaks, ends and gaps', () => {
  const steps = Array.from({ length: 1000 }, (_, i) => i + 1);
  const values = steps.map((step) => (step === 333 ? 50 : step === 777 ? -50 : Math.sin(step)));
  const thin = envelope({ steps, values }, 40);
  assert.ok(thin.steps.length <= 80);
  assert.is(thin.values[thin.steps.indexOf(333)], 50);
  assert.is(thin.values[thin.steps.indexOf(777)], -50);
  assert.equal(
    thin.steps,
    [...thin.steps].sort((a, b) => a - b),
  );
  const { steps: few } = sampled({ steps, values }, 10);
  assert.equal([few[0], few.at(-1), few.length], [1, 1000, 11]);
  const short = { steps: [1, 2, 3], values: [1, null, 2] };
  assert.equal([envelope(short, 40), sampled(short, 40)], [short, short]);
  assert.equal(envelope({ steps: [], values: [] }, 40), { steps: [], values: [] });
});

test('a single spike does not decide the range', () => {
  const values = Array.from({ length: 1000 }, (_, i) => (i === 500 ? 1e6 : i / 1000));
  assert.equal(spread(values, 0.005), [0.005, 0.995]);
  assert.equal(spread([null, 3], 0), [3, 3]);
  assert.is(spread([null], 0), undefined);
});

test('a curve is broken where a value is no number', () => {
  const html = chartHtml({
    title: 'x',
    steps: [1, 2, 3, 4],
    series: [{ name: 'x', values: [1, 2, null, 4] }],
    form: 'plain',
  });
  const line = /class="line s0" d="([^"]*)"/.exec(html)![1]!;
  assert.is(line.match(/M/g)!.length, 2);
  assert.is(line.match(/L/g)!.length, 1);
  assert.not.match(line, /NaN|Infinity|null/);
});

const line = (step: number): MetricsLine => ({
  step,
  losses: { total: 5 / step, gen: 2 / step },
  gradientNorm: 1 / step,
  rate: 1e-5,
  imagesPerSecond: 20,
  images: 8 * step,
  seconds: step,
  place: null,
  ...(step % 5 === 0 && {
    evaluation: { figures: { 'R@1 </script>': step / 100 }, captions: { a: `said <${step}>` } },
  }),
});

const report = (changes: Partial<Report> = {}): Report => ({
  config: fakeConfig(),
  environment: { node: 'v20 & more' },
  lines: Array.from({ length: 30 }, (_, i) => line(i + 1)),
  examples: [{ name: 'a', picture: 'data:image/png;base64,AAAA', truth: 'a "red" <circle>' }],
  done: 0.5,
  peak: 3e9,
  ...changes,
});

const withoutScript = (html: string): string => html.slice(0, html.indexOf('<script>('));

test('the page needs nothing from outside', () => {
  const html = reportHtml(report());
  const references = [...html.matchAll(/(?:src|href|url|@import|import)\s*[=(]?\s*["'(]([^"')]*)/g)].map(
    ([, to]) => to!,
  );
  assert.equal(references, ['data:image/png;base64,AAAA']);
  assert.not.match(html, /https?:|\/\/[a-z]/);
  assert.match(html, 'name="viewport"');
  assert.match(html, 'prefers-color-scheme: dark');
});

test('the page says what there is to say', () => {
  const html = reportHtml(report());
  for (const said of [
    '<h1>Stage 1, embeddings and captions together</h1>',
    'nano, trained on scenes in batches of 8 by LAMB',
    '50 %, about 30s left',
    '3.0 GB',
    '<h3>Loss</h3>',
    '<h3>Gradient norm</h3>',
    'R@1 &lt;/script&gt;',
    'said &lt;30&gt;',
    'a &quot;red&quot; &lt;circle&gt;',
    'v20 &amp; more',
    '&quot;batchSize&quot;: 8',
  ]) {
    assert.ok(html.includes(said), `${said} is not there`);
  }
  assert.is(html.match(/<\/script>/g)!.length, html.match(/<script/g)!.length, 'no text ends a script');
  assert.not.match(html, 'Temperature');
  assert.not.match(withoutScript(html), /NaN|Infinity|undefined/);
});

test('captions of an example: the first, the last, some between', () => {
  const captions = [...reportHtml(report()).matchAll(/said &lt;(\d+)&gt;/g)].map(([, step]) => Number(step));
  assert.equal(captions, [5, 10, 20, 25, 30]);
});

test('runs at their beginning, at their end, and stopped', () => {
  assert.match(reportHtml(report({ lines: [], examples: [], done: 0 })), 'No step has been taken yet');
  assert.not.match(withoutScript(reportHtml(report({ lines: [line(1)], done: 0.01 }))), /NaN|Infinity|undefined/);
  assert.match(reportHtml(report({ done: 1 })), '<span>finished</span>');
  const broken = { ...line(31), losses: { total: null, gen: null }, gradientNorm: null };
  const stopped = reportHtml(report({ lines: [...report().lines, broken], fault: 'step 31: <NaN>' }));
  assert.match(stopped, 'step 31: &lt;NaN&gt;');
  assert.match(stopped, '50 %, stopped');
  assert.match(stopped, 'no number');
});

test.run();
