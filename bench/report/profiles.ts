/** Where the time of each case goes, by kernel: shares as a bar, then a table. */
import { escapeHtml } from '../../model/page/html.ts';
import { sectionHtml } from '../../model/page/page.ts';
import type { KernelProfile } from '../profile.ts';
import type { BenchmarkResult } from '../result.ts';
import { formatGiga, formatMilliseconds, formatShare, threadsText } from './format.ts';

/** Colours by what a kernel is. */
const kinds: Readonly<Record<string, string>> = {
  contract: 's0',
  attention: 's1',
  row: 's2',
  map: 's5',
  stream: 's3',
  select: 's4',
};

/** Rows of the table; the bar shows all. */
const mostRows = 16;

export function profilesHtml({ cases }: BenchmarkResult): string {
  const all = cases.flatMap((one) =>
    one.contenders.flatMap(({ name, profile }) =>
      profile && profile.length > 0
        ? [profileHtml(`${one.suite}: ${one.case}, ${threadsText(one.threads)}, ${name}`, profile)]
        : [],
    ),
  );
  return all.length > 0 ? sectionHtml('Where the time goes', all.join('')) : '';
}

function profileHtml(title: string, profile: readonly KernelProfile[]): string {
  const total = profile.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const shares = profile.map(
    ({ kernel, kind, share }) =>
      `<span class="${kinds[kind] ?? 's6'}" style="flex:${share.toFixed(4)}" title="${escapeHtml(`${kernel}, ${formatShare(share)}`)}"></span>`,
  );
  const shownKinds = [...new Set(profile.map(({ kind }) => kind))];
  const legend = shownKinds.map((kind) => {
    const share = profile.reduce((sum, row) => sum + (row.kind === kind ? row.share : 0), 0);
    return `<li class="${kinds[kind] ?? 's6'}"><i></i>${kind} ${formatShare(share)}</li>`;
  });
  const rows = profile
    .slice(0, mostRows)
    .map(
      ({ kernel, kind, variant, count, milliseconds, share, flops, bytes }) =>
        `<tr><td>${escapeHtml(kernel)}</td><td>${kind}, ${escapeHtml(variant)}</td><td class="number">${count} ×</td><td class="number">${formatMilliseconds(milliseconds)}</td><td class="number">${formatShare(share)}</td><td class="number">${flops > 0 ? formatGiga((1000 * flops) / milliseconds) : ''}</td><td class="number">${formatGiga((1000 * bytes) / milliseconds)}</td></tr>`,
    );
  const header =
    '<tr><th>kernel</th><th></th><th class="number"></th><th class="number">time</th><th class="number">share</th><th class="number">GFLOP/s</th><th class="number">GB/s</th></tr>';
  return `<details><summary>${escapeHtml(title)}: ${formatMilliseconds(total)}</summary><div class="shares">${shares.join('')}</div><ul class="legend">${legend.join('')}</ul><div class="scroll"><table>${header}${rows.join('')}</table></div></details>`;
}
