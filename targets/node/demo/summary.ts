/** What `mmgem demo` prints. */
import { ownImagesNote } from '../../../model/page/notes.ts';
import { formatDuration, formatTable, wrap } from '../cli/table.ts';
import type { Comparison } from './comparison.ts';
import type { Demo } from './demo.ts';
import type { Findings, Ranking, Said, Score, Seen } from './findings.ts';
import type { Timing } from './look.ts';
import { randomNote } from './model-to-show.ts';

const lineWidth = 100;

const heading = (text: string): string => `\n${text}\n${'─'.repeat(text.length)}`;

/** ✓ right, ✗ wrong, · not known. */
const mark = (right: boolean | undefined): string => (right === undefined ? '·' : right ? '✓' : '✗');

/** A paragraph behind a label, its lines below each other. */
function labelled(label: string, text: string): string {
  const lines = wrap(text, lineWidth - label.length);
  return lines.map((line, i) => (i === 0 ? label : ' '.repeat(label.length)) + line).join('\n');
}

/** @param page path of the page */
export function demoText(demo: Demo, page: string): string {
  const { model, backend, findings } = demo;
  return [
    `MM-GEM: ${model.name}, ${(model.parameters / 1e6).toFixed(1)} M parameters, on ${backend.name}: ${backend.description}`,
    introduction(demo),
    captionsText(findings.seen),
    rankingsText(findings),
    scoresText(findings),
    '',
    timesText(demo),
    ...comparisonLines(demo.comparisons),
    `Pictures, boxes and heat maps: ${page}`,
  ].join('\n');
}

function introduction({ seed, findings: { seen }, model }: Demo): string {
  const drawn = seen.filter(({ picture }) => picture.judge).length;
  const scenes = `It never saw these ${drawn} scenes, drawn from seed ${seed} (--seed draws others).`;
  const hasOwn = drawn < seen.length;
  return [
    ...(model.isRandom ? [randomNote] : []),
    scenes,
    ...(hasOwn && model.isPackaged ? [ownImagesNote(model.name)] : []),
  ]
    .flatMap((text) => wrap(text, lineWidth))
    .join('\n');
}

function captionsText(seen: readonly Seen[]): string {
  return [heading('What it says of pictures, and of boxes in them'), ...seen.map(pictureText)].join('\n');
}

function pictureText({ picture, caption, regions }: Seen): string {
  const parts = [
    labelled(`${picture.key}  `, saidText(caption)),
    ...(regions.length === 0 ? [] : [labelled('    boxes:  ', regions.map(({ said }) => saidText(said)).join('   '))]),
  ];
  return parts.join('\n');
}

function saidText(said: Said): string {
  const { text, verdict, truth } = said;
  const fault = faultOf(said);
  const beside =
    fault === undefined ? '' : ` (${[fault, ...(truth === undefined ? [] : [`drawn: ${truth}`])].join('; ')})`;
  return `${mark(verdict?.right)} ${text === '' ? '(nothing)' : text}${beside}`;
}

/** What is wrong with a text; undefined where nothing is known to be. */
export function faultOf({ verdict }: Said): string | undefined {
  if (verdict === undefined || verdict.right) return undefined;
  return verdict.wrong.length === 0 ? 'not understood' : `not true: ${verdict.wrong.join(', ')}`;
}

function rankingsText({ rankings, seen }: Findings): string {
  const nameOf = (picture: number): string => seen[picture]!.picture.key;
  return [heading('Which picture a text is about'), ...rankings.map((ranking) => rankingText(ranking, nameOf))].join(
    '\n',
  );
}

function rankingText({ text, origin, places, right }: Ranking, nameOf: (picture: number) => string): string {
  const [first, second] = places;
  const best = `${nameOf(first!.picture)} (cosine ${first!.cosine.toFixed(2)})`;
  const next = second === undefined ? '' : `, then ${nameOf(second.picture)} (${second.cosine.toFixed(2)})`;
  const beside = origin === 'strange' ? 'true of none of them; closest is ' : '';
  return [labelled(`${mark(right)} `, `“${text}”`), labelled('  → ', `${beside}${best}${next}`)].join('\n');
}

const scoreText = ({ right, of }: Score): string => `${right} of ${of}`;

function scoresText({ scores }: Findings): string {
  const { captions, regions, claims, rankings, located } = scores;
  const rows = [
    ['captions right', scoreText(captions)],
    ['captions of boxes right', scoreText(regions)],
    ['single claims of these true', scoreText(claims)],
    ['right picture first', scoreText(rankings)],
    ['phrases found where they are', scoreText(located)],
  ];
  return [heading('All in all'), formatTable(rows)].join('\n');
}

function timesText({ timings }: Demo): string {
  const steps = timings.map(({ step, milliseconds }) => `${step} ${formatDuration(milliseconds)}`);
  return labelled('', `${formatDuration(totalOf(timings))} in all: ${steps.join(', ')}`);
}

/** Milliseconds of all steps. */
export function totalOf(timings: readonly Timing[]): number {
  return timings.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
}

/** A line about each backend that was compared, and one about those that were not. */
export function comparisonLines(comparisons: readonly Comparison[]): string[] {
  const skipped = comparisons.filter((comparison) => 'skipped' in comparison).map(({ backend }) => backend);
  return [
    ...comparisons.flatMap((comparison) => comparisonLine(comparison) ?? []),
    ...(skipped.length === 0
      ? []
      : [
          `not compared: ${skipped.join(', ')} (mmgem doctor tells why; --all compares with slow software drivers, too)`,
        ]),
  ];
}

function comparisonLine(comparison: Comparison): string | undefined {
  const { backend } = comparison;
  if ('skipped' in comparison) return undefined;
  if ('failed' in comparison) return `${backend} failed: ${comparison.failed}`;
  const { agreement, agrees, milliseconds } = comparison;
  const { difference, sameTexts, texts } = agreement;
  return (
    `${backend} ${agrees ? 'agrees' : 'does NOT agree (run mmgem verify test/golden)'}: numbers differ by ` +
    `${difference.toExponential(1)} at most, ${sameTexts} of ${texts} captions are the same, ${formatDuration(milliseconds)}`
  );
}
