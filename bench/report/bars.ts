/** A case as bars: the longer the faster, the longest as long as there is room. */
import { escapeHtml } from '../../model/page/html.ts';
import { formatBytes } from '../../runtime/webgpu/format.ts';
import {
  type BenchmarkResult,
  type CaseResult,
  type ContenderResult,
  comparisonOf,
  hasHosts,
  leading,
  ratioOf,
} from '../result.ts';
import { colourOf } from './colours.ts';
import {
  flopRate,
  formatEach,
  formatGiga,
  formatMilliseconds,
  formatRate,
  formatRatio,
  formatShare,
  formatSpread,
  threadsText,
  unitOf,
} from './format.ts';

export function caseHtml(one: CaseResult, result: BenchmarkResult): string {
  const unit = one.per && one.per.count > 1 ? `${one.per.count} ${one.per.unit} a run · ` : '';
  const title = `<h3>${escapeHtml(one.case)}<small>${unit}${threadsText(one.threads)}</small></h3>`;
  return `<div class="case card">${title}${bodyHtml(one, result)}</div>`;
}

function bodyHtml(one: CaseResult, result: BenchmarkResult): string {
  if (one.absent !== undefined) return `<p class="note">Not measured: ${escapeHtml(one.absent)}</p>`;
  if (one.figure) return figureHtml(one.figure);
  if (one.milliseconds) return partsHtml(one.milliseconds);
  const ours = leading(one, result);
  const shown = one.contenders.filter(({ kind }) => kind !== 'machine');
  const fastest = Math.min(...shown.flatMap(({ time }) => (time ? [time.median] : [])));
  const rows = shown.map((contender) => barHtml(one, contender, ours, fastest));
  return `<div class="bars">${rows.join('')}</div>${limitsHtml(one, ours)}`;
}

function barHtml(
  one: CaseResult,
  contender: ContenderResult,
  ours: ContenderResult | undefined,
  fastest: number,
): string {
  const { name, kind, time, failure, description } = contender;
  const label = `<span class="name${kind === 'backend' ? ' own' : ''}" title="${escapeHtml(description)}">${escapeHtml(name)}</span>`;
  const host = hasHosts(one) && description !== name ? hostHtml(one, contender) : '';
  if (time === undefined) return `${label}<span class="failed">${escapeHtml(failure ?? 'not timed')}</span>${host}`;
  const length = (milliseconds: number): number => Math.min(1, fastest / milliseconds);
  const [low, high] = time.quartiles;
  const [from, to] = [length(high), length(low)];
  const track =
    `<span class="track ${colourOf(name)}"><span class="bar" style="width:${percent(length(time.median))}"></span>` +
    `<span class="whisker" style="left:${percent(from)};width:${percent(to - from)}"></span></span>`;
  const found = comparisonOf(one, contender, ours);
  const other = found === undefined || found.reference === ours?.name ? '' : `${escapeHtml(found.reference)} `;
  const beside = found ? `${other}${formatRatio(found.ratio)}` : formatRate(one, contender);
  const flops = flopRate(contender);
  const more = [
    formatSpread(time),
    ...(flops === undefined ? [] : [`${formatGiga(flops)} GFLOP/s`]),
    formatRate(one, contender),
  ];
  const value = `<span class="value" title="${more.join(', ')}">${formatMilliseconds(time.median)}</span>`;
  return `${label}${track}${value}<span class="beside">${beside}</span>${host}`;
}

/** What runs it, and what one of several things that a run does takes, below the bar. */
function hostHtml(one: CaseResult, contender: ContenderResult): string {
  const each = formatEach(one, contender);
  const text = `${contender.description}${each === '' ? '' : `; ${each} a ${unitOf(one)}`}`;
  return `<span class="host">${escapeHtml(text)}</span>`;
}

/** The share of the machine's limits that ours reaches. */
function limitsHtml(one: CaseResult, ours: ContenderResult | undefined): string {
  if (ours === undefined) return '';
  const shares = [
    ['machine-peak', 'peak FLOP/s'],
    ['machine-bandwidth', 'read bandwidth'],
  ].flatMap(([limit, words]) => {
    const found = ratioOf(one, ours.name, limit!);
    return found ? [`${formatShare(found.ratio)} of ${words}`] : [];
  });
  return shares.length > 0 ? `<p class="note">${escapeHtml(ours.name)}: ${shares.join(', ')}</p>` : '';
}

function figureHtml({ ratio, value, bound, against }: NonNullable<CaseResult['figure']>): string {
  const bar = (name: string, bytes: number, colour: string): string =>
    `<span class="name">${name}</span><span class="track ${colour}"><span class="bar" style="width:${percent(bytes / Math.max(value, bound))}"></span></span>` +
    `<span class="value">${formatBytes(bytes)}</span>`;
  return `<div class="bars">${bar('planned', value, 's0')}<span class="beside">${formatRatio(ratio)}</span>${bar(escapeHtml(against), bound, 's6')}<span></span></div>`;
}

function partsHtml(parts: Readonly<Record<string, number>>): string {
  const longest = Math.max(...Object.values(parts));
  const rows = Object.entries(parts).map(
    ([name, time]) =>
      `<span class="name">${escapeHtml(name)}</span><span class="track s0"><span class="bar" style="width:${percent(time / longest)}"></span></span>` +
      `<span class="value">${formatMilliseconds(time)}</span><span></span>`,
  );
  return `<div class="bars">${rows.join('')}</div>`;
}

const percent = (fraction: number): string => `${Math.round(fraction * 1000) / 10}%`;
