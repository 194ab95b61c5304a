// The report of a run as one HTML page that needs nothing else.
import { formatBytes } from '../../../runtime/webgpu/format.ts';
import { escapeHtml } from '../../page/html.ts';
import { factsHtml, pageHtml, sectionHtml, type Tile, tilesHtml } from '../../page/page.ts';
import type { MetricsLine } from '../metrics.ts';
import type { RunConfig } from '../run-config.ts';
import type { Example } from '../seam.ts';
import { type Chart, chartHtml } from './chart.ts';
import { formatCount, formatNumber, formatTime } from './format.ts';
import { showReadouts } from './readout.ts';
import { smoothed, spanFor } from './series.ts';
import { style } from './style.ts';

export interface Report {
  readonly config: RunConfig;
  /** What is said of the machine, by name. */
  readonly environment: Readonly<Record<string, string>>;
  readonly lines: readonly MetricsLine[];
  readonly examples: readonly Omit<Example, 'caption'>[];
  /** The part of the run that is done. */
  readonly done: number;
  /** Memory in bytes at the peak of a step. */
  readonly peak?: number;
  /** Why the run was stopped. */
  readonly fault?: string;
}

export function reportHtml(report: Report): string {
  const title = titleOf(report.config);
  const sections = [heading(report, title), tiles(report), charts(report), evaluations(report), examples(report)];
  return pageHtml({ title, style, sections: [...sections, facts(report)], script: showReadouts });
}

const objectives: Readonly<Record<NonNullable<RunConfig['objective']>, string>> = {
  joint: 'embeddings and captions together',
  embedding: 'embeddings alone',
  caption: 'captions alone',
};

const stages: Readonly<Record<RunConfig['stage'], string>> = {
  stage1: 'Stage 1',
  'stage1-regions': 'Stage 1, on regions',
  'stage2-caption': 'Stage 2, captions of regions',
  'stage2-retrieval': 'Stage 2, embeddings of regions',
};

function titleOf({ stage, objective }: RunConfig): string {
  return objective === undefined ? stages[stage] : `${stages[stage]}, ${objectives[objective]}`;
}

function heading({ config, done, fault, lines }: Report, title: string): string {
  const { model, data, batchSize, optimizer } = config;
  const name = 'directory' in model ? model.directory : typeof model.config === 'string' ? model.config : 'a model';
  const lead = `${name}, trained on ${data.source.format} in batches of ${batchSize} by ${optimizer.name.toUpperCase()}`;
  const last = lines.at(-1);
  const left = last === undefined || done === 0 ? '' : `, about ${formatTime((last.seconds * (1 - done)) / done)} left`;
  const state = done >= 1 ? 'finished' : `${Math.floor(100 * done)} %${fault === undefined ? left : ', stopped'}`;
  return `<header>
<h1>${escapeHtml(title)}</h1>
<p class="lead">${escapeHtml(lead)}</p>
<div class="state"><progress max="1" value="${done}"></progress><span>${state}</span></div>
${fault === undefined ? '' : `<p class="fault">${escapeHtml(fault)}</p>`}
</header>`;
}

function tiles({ lines, config, peak }: Report): string {
  const [first, last] = [lines[0], lines.at(-1)];
  if (first === undefined || last === undefined) return '<p class="lead">No step has been taken yet.</p>';
  const loss = smoothed(lossesOf(lines, 'total'), spanFor(lines.length)).at(-1);
  const began = first.losses.total;
  const figures = lines.findLast(({ evaluation }) => evaluation)?.evaluation?.figures ?? {};
  const all: readonly (readonly [name: string, value: string, beside: string])[] = [
    ['Loss', loss == null ? 'no number' : formatNumber(loss), began == null ? '' : `from ${formatNumber(began)}`],
    ...Object.entries(figures)
      .slice(0, 4)
      .map(([name, value]) => [name, formatNumber(value), 'last evaluation'] as const),
    ['Step', formatCount(last.step), config.steps === undefined ? '' : `of ${formatCount(config.steps)}`],
    ['Images', formatCount(last.images), `${formatNumber(last.images / last.seconds)} a second`],
    ['Time', formatTime(last.seconds), peak === undefined ? '' : `peak ${formatBytes(peak)}`],
  ];
  return tilesHtml(all.map(([name, value, beside]): Tile => ({ name, value, beside })));
}

function lossesOf(lines: readonly MetricsLine[], name: string): (number | null)[] {
  return lines.map(({ losses }) => losses[name] ?? null);
}

function charts({ lines, config }: Report): string {
  if (lines.length === 0) return '';
  const steps = lines.map(({ step }) => step);
  const end = config.steps === undefined ? {} : { end: config.steps };
  const names = Object.keys(lines[0]!.losses);
  const span = spanFor(lines.length);
  const of = (read: (line: MetricsLine) => number | null | undefined) => lines.map((line) => read(line) ?? null);
  const all: Chart[] = [
    {
      title: 'Loss',
      note: span === 1 ? 'By step, as measured.' : `By step, averaged over ${span} steps; behind it, as measured.`,
      series: names.map((name) => ({ name, values: lossesOf(lines, name) })),
      form: 'noisy',
      wide: true,
    },
    { title: 'Learning rate', series: [{ name: 'rate', values: of(({ rate }) => rate) }], form: 'plain' },
    {
      title: 'Gradient norm',
      note: `Before it is clipped at ${formatNumber(config.optimizer.clipNorm)}.`,
      series: [{ name: 'norm', values: of(({ gradientNorm }) => gradientNorm) }],
      form: 'noisy',
      scale: 'log',
    },
    {
      title: 'Images a second',
      series: [{ name: 'images/s', values: of(({ imagesPerSecond }) => imagesPerSecond) }],
      form: 'noisy',
    },
    { title: 'Temperature', series: [{ name: 'τ', values: of(({ temperature }) => temperature) }], form: 'plain' },
  ].map((chart) => ({ ...chart, steps, ...end }) as Chart);
  const measured = all.filter(({ series }) => series.some(({ values }) => values.some((value) => value !== null)));
  return sectionHtml('Training', `<div class="charts">${measured.map(chartHtml).join('\n')}</div>`);
}

function evaluations({ lines, config }: Report): string {
  const evaluated = lines.filter(({ evaluation }) => evaluation !== undefined);
  const names = [...new Set(evaluated.flatMap(({ evaluation }) => Object.keys(evaluation!.figures)))];
  if (names.length === 0) return '';
  const html = names.map((name) =>
    chartHtml({
      title: name,
      steps: evaluated.map(({ step }) => step),
      series: [{ name, values: evaluated.map(({ evaluation }) => evaluation!.figures[name] ?? null) }],
      form: 'points',
      ...(config.steps !== undefined && { end: config.steps }),
    }),
  );
  return sectionHtml('Evaluation', `<div class="charts">${html.join('\n')}</div>`);
}

/** Captions of an example that are shown: the first, the last, and some between them. */
const captionsShown = 5;

function examples({ lines, examples: all }: Report): string {
  if (all.length === 0) return '';
  const html = all.map(({ name, picture, truth }) => {
    const said = lines.flatMap(({ step, evaluation }) => {
      const caption = evaluation?.captions[name];
      return caption === undefined ? [] : [{ step, caption }];
    });
    const rows = evenly(said, captionsShown).map(({ step, caption }, i, { length }) => {
      const now = i === length - 1 ? ' class="now"' : '';
      return `<dt>${formatCount(step)}</dt><dd${now}>${escapeHtml(caption)}</dd>`;
    });
    return `<article class="example card"><img src="${escapeHtml(picture)}" alt="${escapeHtml(truth)}">
<dl><dt>truth</dt><dd class="truth">${escapeHtml(truth)}</dd>${rows.join('')}</dl></article>`;
  });
  return sectionHtml('Examples', `<div class="examples">${html.join('\n')}</div>`, 'What the model says, by step.');
}

function evenly<T>(values: readonly T[], count: number): T[] {
  if (values.length <= count) return [...values];
  return Array.from({ length: count }, (_, i) => values[Math.round((i * (values.length - 1)) / (count - 1))]!);
}

function facts({ config, environment }: Report): string {
  return `<h2>Run</h2>
<details open><summary>Environment</summary>${factsHtml(environment)}</details>
<details><summary>Configuration</summary><pre>${escapeHtml(JSON.stringify(config, null, 2))}</pre></details>`;
}
