/**
 * The roofline (Williams, Waterman and Patterson 2009): FLOP/s over FLOP per byte. Nothing can be above the roof: at the left memory
 * is too slow, at the right arithmetic.
 */
import { escapeHtml } from '../../model/page/html.ts';
import { type BenchmarkResult, type ContenderResult, limitsOf } from '../result.ts';
import { colourOf } from './colours.ts';
import { flopRate, formatGiga, formatShare, threadsText } from './format.ts';

const [width, height] = [760, 340];
const margin = { left: 56, right: 16, top: 14, bottom: 40 };

interface Point {
  readonly name: string;
  readonly case: string;
  readonly own: boolean;
  /** FLOP per byte. */
  readonly intensity: number;
  readonly rate: number;
}

export function rooflineHtml(result: BenchmarkResult, threads: number): string {
  const { flops, bytes } = limitsOf(result, threads);
  const points = pointsOf(result, threads);
  if (flops === undefined || bytes === undefined || points.length === 0) return '';
  const x = logScale(spanOf([...points.map(({ intensity }) => intensity), flops / bytes]), [
    margin.left,
    width - margin.right,
  ]);
  const y = logScale(spanOf([...points.map(({ rate }) => rate), flops]), [height - margin.bottom, margin.top]);
  const marks = points.map((point) => markSvg(point, x, y, Math.min(flops, point.intensity * bytes)));
  const title = `${threadsText(threads)}: peak ${formatGiga(flops)} GFLOP/s, reading ${formatGiga(bytes)} GB/s`;
  return `<div class="roofline card"><h3>${title}</h3>${legendHtml(points)}
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="Roofline, ${title}">
${gridSvg(x, y)}${roofSvg(x, y, flops, bytes)}
${marks.join('\n')}
</svg></div>`;
}

function pointsOf({ cases }: BenchmarkResult, threads: number): Point[] {
  return cases
    .filter((one) => one.threads === threads)
    .flatMap((one) => one.contenders.flatMap((contender) => pointOf(`${one.suite}: ${one.case}`, contender)));
}

function pointOf(name: string, contender: ContenderResult): Point[] {
  const rate = flopRate(contender);
  const { work, kind } = contender;
  if (rate === undefined || kind === 'machine' || work === undefined || work.bytes === 0) return [];
  return [{ name: contender.name, case: name, own: kind === 'backend', intensity: work.flops / work.bytes, rate }];
}

interface Scale {
  readonly ticks: readonly number[];
  (value: number): number;
}

/** Whole powers of ten around all values. */
function spanOf(values: readonly number[]): readonly [number, number] {
  return [Math.floor(Math.log10(Math.min(...values))), Math.ceil(Math.log10(Math.max(...values)) + 1e-9)];
}

function logScale([low, high]: readonly [number, number], [from, to]: readonly [number, number]): Scale {
  const place = (value: number): number =>
    Math.round((from + ((Math.log10(value) - low) / (high - low)) * (to - from)) * 10) / 10;
  return Object.assign(place, { ticks: Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i)) });
}

function gridSvg(x: Scale, y: Scale): string {
  const [left, right, top, bottom] = [margin.left, width - margin.right, margin.top, height - margin.bottom];
  const across = y.ticks.map(
    (tick) =>
      `<path class="grid" d="M${left} ${y(tick)}H${right}"/><text x="${left - 8}" y="${y(tick) + 4}" text-anchor="end">${formatGiga(tick)}</text>`,
  );
  const up = x.ticks.map(
    (tick) =>
      `<path class="grid" d="M${x(tick)} ${top}V${bottom}"/><text x="${x(tick)}" y="${bottom + 16}" text-anchor="middle">${tick < 1 ? tick.toPrecision(1) : tick}</text>`,
  );
  const titles =
    `<text x="${(left + right) / 2}" y="${height - 6}" text-anchor="middle">FLOP per byte</text>` +
    `<text x="12" y="${(top + bottom) / 2}" text-anchor="middle" transform="rotate(-90 12 ${(top + bottom) / 2})">GFLOP/s</text>`;
  return across.join('') + up.join('') + titles;
}

/** Up with the bandwidth to the peak, then level. */
function roofSvg(x: Scale, y: Scale, flops: number, bytes: number): string {
  const [first, last] = [x.ticks[0]!, x.ticks.at(-1)!];
  // The roof begins where it enters the chart: at the left edge, or at the bottom.
  const start = Math.max(first, y.ticks[0]! / bytes);
  const ridge = flops / bytes;
  return `<path class="roof" d="M${x(start)} ${y(start * bytes)}L${x(ridge)} ${y(flops)}H${x(last)}"/>`;
}

function markSvg({ name, case: title, own, intensity, rate }: Point, x: Scale, y: Scale, roof: number): string {
  const words = `${title} · ${name}: ${formatGiga(rate)} GFLOP/s, ${formatShare(rate / roof)} of the roof`;
  return `<circle class="${own ? 'own' : 'other'} ${colourOf(name)}" cx="${x(intensity)}" cy="${y(rate)}" r="${own ? 4.5 : 3.5}"><title>${escapeHtml(words)}</title></circle>`;
}

function legendHtml(points: readonly Point[]): string {
  const names = [...new Set(points.map(({ name }) => name))];
  return `<ul class="legend">${names.map((name) => `<li class="${colourOf(name)}"><i></i>${escapeHtml(name)}</li>`).join('')}</ul>`;
}
