/** An evaluation as people read it. */
import type { BrokenRecord } from '../../../model/data/record.ts';
import type { EvaluationReport } from '../../../model/evaluate/evaluate.ts';
import type { Measure } from '../../../model/evaluate/measure.ts';
import type { Example, Skipped, SuiteResult } from '../../../model/evaluate/suites/suite.ts';
import { type SuiteName, suites } from '../../../model/evaluate/suites/suites.ts';
import { formatTable } from './table.ts';

export interface EvaluationDocument {
  readonly model: string;
  readonly backend: string;
  readonly data: string;
  readonly items: number;
  /** Records and regions of the data that could not be read. */
  readonly broken: readonly BrokenRecord[];
  /** What the model had to say. */
  readonly warnings: readonly string[];
  readonly suites: EvaluationReport;
}

/** Reasons that are repeated; the others are in the JSON document. */
const listedReasons = 3;

/** A table of the measures, and what must be known to read them. */
export function evaluationText({ model, backend, data, items, broken, warnings, suites }: EvaluationDocument): string {
  const results = Object.entries(suites) as [SuiteName, SuiteResult][];
  return [
    `${model} on ${items} items of ${data} (${backend})`,
    ...reasonLines('not readable', broken),
    ...(warnings.length > 0 ? [`  ${warnings.length} warnings, the first: ${warnings[0]}`] : []),
    '',
    tableOf(results),
    ...results.flatMap(([name, result]) => ['', ...detailsOf(name, result)]),
  ].join('\n');
}

function tableOf(results: readonly (readonly [SuiteName, SuiteResult])[]): string {
  const rows = results.flatMap(([name, { measures }]) =>
    Object.entries(measures).map(([measure, { value, kind, chance, cases }], i) => [
      i === 0 ? suites[name].title : '',
      measure,
      valueText(value, kind),
      chance === undefined ? '' : valueText(chance, kind),
      `${cases}`,
    ]),
  );
  const header = ['suite', 'measure', 'value', 'chance', 'cases'];
  return formatTable([header, ...rows], ['left', 'left', 'right', 'right', 'right']);
}

function valueText(value: number, kind: Measure['kind']): string {
  return kind === 'share' ? `${(100 * value).toFixed(1)} %` : value.toFixed(3);
}

function detailsOf(name: SuiteName, { used, skipped, notes, examples }: SuiteResult): string[] {
  const counts = Object.entries(used).map(([what, count]) => `${count} ${what}`);
  return [
    `${suites[name].title}: ${counts.join(', ')}`,
    ...notes.map((note) => `  ${note}`),
    ...reasonLines('skipped', skipped),
    ...examples.map(exampleLine),
  ];
}

/** How many were left out, and why: the most frequent reasons first, each by its first instance, whatever numbers others have. */
function reasonLines(what: string, left: readonly Skipped[]): string[] {
  if (left.length === 0) return [];
  const kinds = new Map<string, { readonly first: string; readonly count: number }>();
  for (const { reason } of left) {
    const kind = reason.replace(/\d+(\.\d+)?/g, '#');
    const { first, count } = kinds.get(kind) ?? { first: reason, count: 0 };
    kinds.set(kind, { first, count: count + 1 });
  }
  const sorted = [...kinds.values()].sort((a, b) => b.count - a.count);
  const more = sorted.length - listedReasons;
  return [
    `  ${left.length} ${what}:`,
    ...sorted.slice(0, listedReasons).map(({ first, count }) => `    ${count} × ${first}`),
    ...(more > 0 ? [`    and ${more} more reasons`] : []),
  ];
}

function exampleLine({ key, text, right, verdict }: Example): string {
  const [first] = right;
  const parts = [
    ...(verdict ? [verdict.right ? '✓' : `✗ ${verdict.wrong.join('; ') || 'not understood'}`] : []),
    ...(first === undefined ? [] : [`right is “${first}”`]),
  ];
  return `  ${key}: “${text}”${parts.length > 0 ? ` (${parts.join(', ')})` : ''}`;
}
