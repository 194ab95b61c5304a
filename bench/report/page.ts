/** A benchmark run as one page that needs nothing else. */
import { escapeHtml } from '../../model/page/html.ts';
import { factsHtml, pageHtml, sectionHtml, type Tile, tilesHtml } from '../../model/page/page.ts';
import { formatBytes } from '../../runtime/webgpu/format.ts';
import type { Verdict } from '../floors.ts';
import { type BenchmarkResult, comparisonOf, hasHosts, leading, limitsOf } from '../result.ts';
import { suiteNamed } from '../suites/suites.ts';
import { caseHtml } from './bars.ts';
import { formatGiga, formatRatio, threadsText, typical } from './format.ts';
import { profilesHtml } from './profiles.ts';
import { rooflineHtml } from './roofline.ts';
import { style } from './style.ts';

export function benchmarkHtml(result: BenchmarkResult, verdicts: readonly Verdict[]): string {
  const suites = [...new Set(result.cases.map(({ suite }) => suite))];
  const sections = [
    headerHtml(result),
    tilesHtml(tiles(result, verdicts)),
    floorsHtml(verdicts),
    rooflinesHtml(result),
    ...suites.map((suite) => suiteHtml(suite, result)),
    profilesHtml(result),
    sectionHtml('Machine', factsHtml(facts(result))),
  ];
  return pageHtml({ title: 'mmgem, benchmark', style, sections });
}

function headerHtml({ machine, quick }: BenchmarkResult): string {
  const where = `${machine.processor}, ${machine.cores} processors, Node ${machine.node}`;
  const warning = quick ? '<p class="fault">A quick run: small cases and few rounds. Its ratios say little.</p>' : '';
  return `<header><h1>How fast, against whom</h1><p class="lead">${escapeHtml(where)}. Medians of runs in alternation, every contender in a process of its own; results are compared before anything is timed.</p>${warning}</header>`;
}

const threadCounts = ({ cases }: BenchmarkResult): number[] =>
  [...new Set(cases.map(({ threads }) => threads))].sort((a, b) => a - b);

function tiles(result: BenchmarkResult, verdicts: readonly Verdict[]): Tile[] {
  const others = new Set(
    result.cases.flatMap(({ contenders }) =>
      contenders.filter(({ kind }) => kind === 'peer' || kind === 'browser').map(({ name }) => name),
    ),
  );
  const ratios = [...others].flatMap((other): Tile[] => {
    const compared = result.cases.flatMap((one) => {
      const contender = one.contenders.find(({ name }) => name === other);
      return (contender && comparisonOf(one, contender, leading(one, result))) ?? [];
    });
    const found = compared.map(({ ratio }) => ratio);
    const middle = typical(found);
    if (middle === undefined) return [];
    const beside = `as fast; ${formatRatio(Math.min(...found))} to ${formatRatio(Math.max(...found))}`;
    const reference = result.cases.some((one) => leading(one, result)?.name === compared[0]!.reference)
      ? ''
      : `${compared[0]!.reference} `;
    return [{ name: `${reference}against ${other}`, value: formatRatio(middle), beside }];
  });
  const limits = threadCounts(result).flatMap((threads): Tile[] => {
    const { flops, bytes } = limitsOf(result, threads);
    if (flops === undefined || bytes === undefined) return [];
    return [
      {
        name: `machine, ${threadsText(threads)}`,
        value: formatGiga(flops),
        beside: `GFLOP/s at most; reads ${formatGiga(bytes)} GB/s`,
      },
    ];
  });
  const measured = verdicts.filter(({ state }) => state !== 'not measured');
  const reached = measured.filter(({ state }) => state === 'reached');
  const floors =
    measured.length > 0
      ? [{ name: 'floors', value: `${reached.length} of ${measured.length}`, beside: 'reached, of those measured' }]
      : [];
  return [...floors, ...ratios, ...limits];
}

const states: Readonly<Record<Verdict['state'], readonly [style: string, text: string]>> = {
  reached: ['reached', 'reached'],
  missed: ['missed', 'missed'],
  'not measured': ['unmeasured', 'not measured'],
};

function floorsHtml(verdicts: readonly Verdict[]): string {
  if (verdicts.length === 0) return '';
  const rows = verdicts.map(({ floor, case: name, threads, state, ratio, reason }) => {
    const [kind, text] = states[state];
    const bar = floor.least === undefined ? `≤ ${floor.most}` : `≥ ${floor.least}`;
    return `<tr><td class="state ${kind}">${text}</td><td>${escapeHtml(`${floor.suite}: ${name}`)}</td><td>${threads > 0 ? threadsText(threads) : ''}</td><td>${escapeHtml(floor.against)}</td><td class="number">${ratio === undefined ? '' : formatRatio(ratio)}</td><td class="number">${bar}</td><td>${escapeHtml(reason ?? '')}</td></tr>`;
  });
  const header =
    '<tr><th></th><th>case</th><th></th><th>against</th><th class="number">ratio</th><th class="number">floor</th><th></th></tr>';
  return sectionHtml('Floors', `<div class="table card scroll"><table>${header}${rows.join('')}</table></div>`);
}

function rooflinesHtml(result: BenchmarkResult): string {
  const html = threadCounts(result)
    .map((threads) => rooflineHtml(result, threads))
    .join('');
  const note =
    'Bytes are every operand and result of every kernel, read or written once; FLOP are those of products and attention. The roof is what kernels of ours measured beside the cases. Caches can lift a case above the slope.';
  return html === '' ? '' : sectionHtml('Share of what the machine can do', html, note);
}

function suiteHtml(suite: string, result: BenchmarkResult): string {
  const some = result.cases.filter((one) => one.suite === suite);
  const cards = some.map((one) => caseHtml(one, result));
  const timed = some.some(({ contenders }) => contenders.length > 0);
  const legend =
    'A bar is the longer the faster; × says how many times as fast as this one the leading build of mmgem is';
  const named = some.some(hasHosts) ? ', or the contender that stands before the number.' : '.';
  const note = `${suiteNamed(suite).about}.${timed ? ` ${legend}${named}` : ''}`;
  return sectionHtml(suite, `<div class="cases">${cards.join('\n')}</div>`, note);
}

function facts({ machine, unusable, best, cases }: BenchmarkResult): Record<string, string> {
  const descriptions = new Map(
    cases.flatMap(({ contenders }) =>
      contenders
        .filter(({ time, kind }) => time && kind !== 'machine')
        .map(({ name, description }) => [name, description]),
    ),
  );
  return {
    Processor: `${machine.processor}, ${machine.cores} processors`,
    Memory: formatBytes(machine.memory),
    System: machine.system,
    Node: `${machine.node}, V8 ${machine.v8}`,
    mmgem: best === undefined ? machine.mmgem : `${machine.mmgem}, wasm chooses ${best}`,
    ...Object.fromEntries(descriptions),
    ...Object.fromEntries(Object.entries(unusable).map(([name, reason]) => [`no ${name}`, reason])),
  };
}
