/** A benchmark run as a table for terminals. */

import { formatBytes } from '../../runtime/webgpu/format.ts';
import { formatTable } from '../../targets/node/cli/table.ts';
import type { Verdict } from '../floors.ts';
import type { KernelProfile } from '../profile.ts';
import {
  type BenchmarkResult,
  type CaseResult,
  type ContenderResult,
  comparisonOf,
  hasHosts,
  leading,
} from '../result.ts';
import {
  byteRate,
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

export function resultText(result: BenchmarkResult, verdicts: readonly Verdict[]): string {
  const { machine, unusable } = result;
  const head = [
    `${machine.processor}, ${machine.cores} processors; Node ${machine.node}, V8 ${machine.v8}; ${machine.system}; mmgem ${machine.mmgem}`,
    ...Object.entries(unusable).map(([name, reason]) => `${name} is not measured: ${reason}`),
    ...(result.quick ? ['A quick run: small cases, few rounds; its ratios say little.'] : []),
  ];
  return [head.join('\n'), ...result.cases.map((one) => caseText(one, result)), verdictsText(verdicts)]
    .filter((part) => part !== '')
    .join('\n\n');
}

function caseText(one: CaseResult, result: BenchmarkResult): string {
  const title = `${one.suite}: ${one.case}, ${threadsText(one.threads)}`;
  if (one.absent !== undefined) return `${title}\n  not measured: ${one.absent}`;
  if (one.figure) {
    const { value, bound, ratio, against } = one.figure;
    return `${title}\n  ${formatBytes(value)}, ${against} ${formatBytes(bound)}: ${formatRatio(ratio)}`;
  }
  if (one.milliseconds) {
    const parts = Object.entries(one.milliseconds).map(([name, time]) => `${name} ${formatMilliseconds(time)}`);
    return `${title}\n  ${parts.join(', ')}`;
  }
  const ours = leading(one, result);
  const rows = one.contenders.map((contender) => contenderRow(one, contender, ours));
  const header = {
    name: '',
    median: 'median',
    spread: 'spread',
    rate: 'rate',
    each: `a ${unitOf(one)}`,
    flops: 'GFLOP/s',
    bytes: 'GB/s',
    ratio: ours === undefined ? '' : `${ours.name} against it`,
    host: 'what runs it',
  };
  const columns = Object.keys(header) as (keyof Row)[];
  const shown = columns.filter((column) => rows.some((row) => row[column] !== ''));
  const table = formatTable(
    [header, ...rows].map((row) => shown.map((column) => row[column])),
    shown.map((column) => (column === 'name' || column === 'host' ? 'left' : 'right')),
  );
  const profiles = one.contenders.flatMap(({ name, profile }) => (profile ? [profileText(name, profile)] : []));
  const notes = one.contenders.flatMap(({ name, failure, notes: all }) => [
    ...(failure === undefined ? [] : [`${name} is not timed: ${failure}`]),
    ...all.map((note) => `${name}: ${note}`),
  ]);
  return [title, indented(table), ...notes.map((note) => `  ${note}`), ...profiles].join('\n');
}

/** Columns that are empty in all rows are left out. */
type Row = Readonly<
  Record<'name' | 'median' | 'spread' | 'rate' | 'each' | 'flops' | 'bytes' | 'ratio' | 'host', string>
>;

const emptyRow: Row = {
  name: '',
  median: '–',
  spread: '',
  rate: '',
  each: '',
  flops: '',
  bytes: '',
  ratio: '',
  host: '',
};

function contenderRow(one: CaseResult, contender: ContenderResult, ours: ContenderResult | undefined): Row {
  const { name, time, kind } = contender;
  const host = hasHosts(one) && contender.description !== name ? contender.description : '';
  if (time === undefined) return { ...emptyRow, name, host };
  const [flops, bytes] = [flopRate(contender), byteRate(contender)];
  const found = comparisonOf(one, contender, ours);
  const other = found === undefined || found.reference === ours?.name ? '' : `${found.reference} `;
  return {
    name,
    median: formatMilliseconds(time.median),
    spread: formatSpread(time),
    rate: formatRate(one, contender),
    each: formatEach(one, contender),
    flops: flops === undefined ? '' : formatGiga(flops),
    bytes: bytes === undefined ? '' : formatGiga(bytes),
    ratio: found ? `${other}${kind === 'machine' ? formatShare(found.ratio) : formatRatio(found.ratio)}` : '',
    host,
  };
}

/** Kernels that take less are added up. */
const leastShare = 0.005;

function profileText(name: string, profile: readonly KernelProfile[]): string {
  const shown = profile.filter(({ share }) => share >= leastShare);
  const rows = shown.map(({ kernel, kind, variant, count, milliseconds, share, flops, bytes }) => [
    kernel,
    `${kind}, ${variant}`,
    `${count} ×`,
    formatMilliseconds(milliseconds),
    formatShare(share),
    flops > 0 ? formatGiga((1000 * flops) / milliseconds) : '',
    formatGiga((1000 * bytes) / milliseconds),
  ]);
  const rest = profile.length - shown.length;
  const header = [`${name}, by kernel`, '', '', 'time', 'share', 'GFLOP/s', 'GB/s'];
  const table = formatTable([header, ...rows], ['left', 'left', 'right', 'right', 'right', 'right', 'right']);
  return indented(rest > 0 ? `${table}\n${rest} others, below ${leastShare * 100} % each` : table);
}

const indented = (text: string): string => text.replaceAll(/^/gm, '  ');

const marks: Readonly<Record<Verdict['state'], string>> = { reached: 'reached', missed: 'MISSED', 'not measured': '–' };

function verdictsText(verdicts: readonly Verdict[]): string {
  if (verdicts.length === 0) return '';
  const rows = verdicts.map(({ floor, case: name, threads, state, ratio, reason }) => [
    marks[state],
    `${floor.suite}: ${name}`,
    threads > 0 ? threadsText(threads) : '',
    `against ${floor.against}`,
    ratio === undefined ? '' : formatRatio(ratio),
    floor.least === undefined ? `at most ${floor.most}` : `at least ${floor.least}`,
    reason ?? '',
  ]);
  return `Floors\n${indented(formatTable(rows, ['left', 'left', 'left', 'left', 'right', 'left', 'left']))}`;
}
