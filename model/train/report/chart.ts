// A chart as HTML: curves in an SVG that stretches with the page, numbers beside it in letters that do not.
import { escapeHtml } from '../../page/html.ts';
import { type Axis, linearAxis, logAxis } from './axis.ts';
import { formatCompact, formatNumber } from './format.ts';
import { type Curve, envelope, sampled, smoothed, spanFor, spread, type Values } from './series.ts';

export interface Series {
  readonly name: string;
  readonly values: Values;
}

export interface Chart {
  readonly title: string;
  /** What the numbers mean, for a reader who sees them the first time. */
  readonly note?: string;
  readonly steps: readonly number[];
  readonly series: readonly Series[];
  /** `noisy`: smoothed over what was measured; `plain`: as it is; `points`: each measurement marked. */
  readonly form: 'noisy' | 'plain' | 'points';
  readonly scale?: 'log';
  /** Where the run ends, when it is not yet there. */
  readonly end?: number;
  readonly wide?: boolean;
}

/** What a chart's script reads: values below the pointer. */
export interface Readout {
  readonly steps: readonly number[];
  readonly series: readonly { readonly name: string; readonly values: readonly (string | null)[] }[];
  /** Where each step lies, in fractions of the width. */
  readonly at: readonly number[];
}

/** Stretches that the curves of a wide chart, and of any other, are thinned to: about half the pixels of a screen. */
const [wideBuckets, narrowBuckets] = [400, 120];
/** The part of noisy values at either end that may lie beyond the chart. */
const noiseTail = 0.005;
/** Units of the SVG, whatever it is stretched to. */
const units = 1000;

export function chartHtml(chart: Chart): string {
  const { title, note, series, wide = false } = chart;
  const curves = series.map((one) => curvesOf(chart, one));
  const [x, y] = [xAxis(chart), yAxis(chart, curves)];
  const legend = series.map((one, i) => legendEntry(one, i, series.length === 1)).join('');
  const lines = curves.map((curve, i) => paths(chart, curve, x, y, i)).join('');
  return `<figure class="chart card${wide ? ' wide' : ''}">
<figcaption><h3>${escapeHtml(title)}</h3><ul class="legend">${legend}</ul></figcaption>
<div class="plot">
${axisLabels(x, y)}
<div class="area"><svg viewBox="0 0 ${units} ${units}" preserveAspectRatio="none" aria-hidden="true">${gridLines(y)}${lines}</svg></div>
<script type="application/json">${readoutJson(readout(chart, curves, x))}</script>
</div>${note === undefined ? '' : `\n<p class="note">${escapeHtml(note)}</p>`}
</figure>`;
}

interface Curves {
  /** What was measured, where it is noisy. */
  readonly raw?: Curve;
  readonly main: Curve;
}

function curvesOf({ steps, form, wide = false }: Chart, { values }: Series): Curves {
  const buckets = wide ? wideBuckets : narrowBuckets;
  if (form !== 'noisy') return { main: form === 'plain' ? sampled({ steps, values }, buckets) : { steps, values } };
  const span = spanFor(steps.length);
  return {
    raw: envelope({ steps, values }, buckets),
    main: sampled({ steps, values: smoothed(values, span) }, buckets),
  };
}

function xAxis({ steps, end, wide = false }: Chart): Axis {
  return linearAxis([0, Math.max(1, steps.at(-1) ?? 0, end ?? 0)], wide ? 6 : 3, wide ? 0.01 : 0.03);
}

function yAxis({ series, scale }: Chart, curves: readonly Curves[]): Axis {
  const raw = curves.some((curve) => curve.raw) ? series.map(({ values }) => spread(values, noiseTail)) : [];
  const ranges = [...raw, ...curves.map(({ main }) => spread(main.values, 0))].filter((range) => range !== undefined);
  const low = Math.min(...ranges.map(([least]) => least));
  const high = Math.max(...ranges.map(([, most]) => most));
  const range = ranges.length === 0 ? ([0, 1] as const) : ([low, high] as const);
  return (scale === 'log' ? logAxis : linearAxis)(range, 4);
}

const inUnits = (fraction: number): string => String(Math.round(fraction * units * 10) / 10);
const percent = (fraction: number): string => `${Math.round(fraction * 10_000) / 100}%`;

function gridLines(y: Axis): string {
  const lines = y.ticks.map((tick) => `M0 ${inUnits(1 - y.position(tick))}H${units}`).join('');
  return `<path class="grid" d="${lines}"/>`;
}

function axisLabels(x: Axis, y: Axis): string {
  const inside = (axis: Axis): number[] =>
    axis.ticks.filter((tick) => axis.position(tick) >= 0 && axis.position(tick) <= 1);
  const across = inside(x).map(
    (tick) => `<span style="left:${percent(x.position(tick))}">${formatCompact(tick)}</span>`,
  );
  const up = inside(y).map((tick) => `<span style="bottom:${percent(y.position(tick))}">${formatNumber(tick)}</span>`);
  return `<div class="y">${up.join('')}</div><div class="x">${across.join('')}</div>`;
}

function paths({ form }: Chart, { raw, main }: Curves, x: Axis, y: Axis, colour: number): string {
  const draw = (curve: Curve, kind: string, line = pathOf(curve, x, y)): string =>
    `<path class="${kind} s${colour}" d="${line}"/>`;
  const noise = raw === undefined ? '' : draw(raw, 'raw');
  const marks = form === 'points' ? draw(main, 'marks', marksOf(main, x, y)) : '';
  return noise + draw(main, 'line') + marks;
}

/** A line through the values, broken where there is none. */
function pathOf({ steps, values }: Curve, x: Axis, y: Axis): string {
  let path = '';
  let pen = 'M';
  for (const [i, value] of values.entries()) {
    if (value !== null) path += `${pen}${inUnits(x.position(steps[i]!))} ${inUnits(1 - y.position(value))}`;
    pen = value === null ? 'M' : 'L';
  }
  return path;
}

/** Lines of no length: their round ends are dots however the SVG is stretched. */
function marksOf({ steps, values }: Curve, x: Axis, y: Axis): string {
  return values
    .map((value, i) => (value === null ? '' : `M${inUnits(x.position(steps[i]!))} ${inUnits(1 - y.position(value))}h0`))
    .join('');
}

/** A curve's colour, name and last value; where it is the only one, the title says what it is. */
function legendEntry({ name, values }: Series, colour: number, alone: boolean): string {
  const last = values.findLast((value) => value !== null);
  const number = `<b>${last === undefined || last === null ? '–' : formatNumber(last)}</b>`;
  return alone ? `<li>${number}</li>` : `<li class="s${colour}"><i></i>${escapeHtml(name)} ${number}</li>`;
}

function readout({ series }: Chart, curves: readonly Curves[], x: Axis): Readout {
  const steps = curves[0]?.main.steps ?? [];
  return {
    steps,
    series: series.map(({ name }, i) => ({
      name,
      values: curves[i]!.main.values.map((value) => (value === null ? null : formatNumber(value))),
    })),
    at: steps.map((step) => Math.round(x.position(step) * 1e4) / 1e4),
  };
}

/** JSON that cannot end the script element that it stands in. */
function readoutJson(data: Readout): string {
  return JSON.stringify(data).replaceAll('<', '\\u003c');
}
