import type { Result } from './execute.ts';
import { plain } from './outcome.ts';
import type { Plan, PreparedTarget } from './plan.ts';

/** One line per target: what runs on it, or why nothing does. */
export function describeTarget({ target, readiness }: PreparedTarget): string {
  return `${target.name}: ${readiness.ready ? readiness.detail : `missing, ${readiness.reason}`}`;
}

/** One line per test process, and all that it printed where it failed. */
export function describeResult(result: Result): string {
  const counts = `${result.passed} passed, ${result.failed} failed, ${result.skipped} skipped`;
  const line = `${result.failed > 0 ? 'FAIL' : 'ok  '} ${result.job.name}: ${counts}, ${result.seconds.toFixed(1)} s`;
  if (result.failed === 0) return line;
  const problem = result.problem === undefined ? '' : `\n     ${result.problem}`;
  return `${line}${problem}\n${plain(result.output).replace(/^/gm, '     | ')}`;
}

/** What the whole run came to: reasons for skips, names of failures, and the closing line last. */
export function summarize(plan: Plan, results: readonly Result[]): { readonly text: string; readonly ok: boolean } {
  const sum = (count: (result: Result) => number) => results.reduce((total, result) => total + count(result), 0);
  const failures = [
    ...plan.failures,
    ...results
      .filter((result) => result.failed > 0)
      .map((result) => `${result.job.name}: ${result.problem ?? `${result.failed} failed`}`),
  ];
  const nothing = results.length === 0 && failures.length === 0;
  if (nothing) failures.push('no test file was run');
  const skips = [
    ...plan.skips,
    ...results.flatMap((result) => result.skips.map((skip) => `${result.job.name}: ${skip}`)),
  ];
  const failed = sum((result) => result.failed) + plan.failures.length + (nothing ? 1 : 0);
  const skipped = sum((result) => result.skipped) + plan.skips.length;
  const list = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];
  const closing = `${sum((result) => result.passed)} passed, ${failed} failed, ${skipped} skipped`;
  const text = [...list('Skipped:', skips), ...list('Failed:', failures), '', closing].join('\n');
  return { text, ok: failed === 0 };
}
