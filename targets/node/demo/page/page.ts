/** A demonstration as one HTML page that needs nothing else. */
import { escapeHtml } from '../../../../model/page/html.ts';
import { factsHtml, pageHtml, sectionHtml, type Tile, tilesHtml } from '../../../../model/page/page.ts';
import { formatDuration } from '../../cli/table.ts';
import type { Demo } from '../demo.ts';
import type { Score, Seen } from '../findings.ts';
import { comparisonText, ownImagesNote, totalOf } from '../summary.ts';
import { heatHtml } from './heat.ts';
import { type ShownImages, shownImages } from './images.ts';
import { pictureHtml } from './picture.ts';
import { rankingHtml } from './ranking.ts';
import { style, thumbnailStyle } from './style.ts';

export async function demoPage(demo: Demo): Promise<string> {
  return pageOf(demo, await Promise.all(demo.findings.seen.map(shownImages)));
}

/** @param images of each picture that was seen */
export function pageOf(demo: Demo, images: readonly ShownImages[]): string {
  const { seen, rankings } = demo.findings;
  const shown = seen.map((one, i) => ({ seen: one, images: images[i]! }));
  const drawn = shown.filter(({ seen: { picture } }) => picture.judge);
  const own = shown.filter(({ seen: { picture } }) => !picture.judge);
  const title = `MM-GEM ${demo.model.name} at work`;
  const cards = (list: typeof shown): string =>
    `<div class="pictures">${list.map(({ seen: one, images: { picture } }) => pictureHtml(one, picture)).join('\n')}</div>`;
  return pageHtml({
    title,
    style: style + thumbnailStyle(images.map(({ thumbnail }) => thumbnail)),
    sections: [
      heading(demo, title),
      tiles(demo),
      own.length === 0 ? '' : sectionHtml('Your images', ownNote(demo) + cards(own)),
      sectionHtml('What it says', cards(drawn), notes.says),
      sectionHtml(
        'Which picture it finds',
        `<div class="rankings">${rankings.map((ranking) => rankingHtml(ranking, seen)).join('\n')}</div>`,
        notes.finds,
      ),
      sectionHtml(
        'Where it looks',
        `<div class="heats">${shown.map(({ seen: one, images: { heat } }) => heatHtml(one, heat)).join('\n')}</div>`,
        notes.looks,
      ),
      facts(demo),
    ],
  });
}

const notes = {
  says:
    'In bold what it says of the whole picture, below it what it says of each box alone. ✓ everything that the text says ' +
    'is true of what was drawn; ✗ something is not.',
  finds:
    'Texts and pictures are put into one space; the number is the cosine of the two, best first. ✓ the text is true of the ' +
    'picture.',
  looks:
    'How much a phrase is like each patch of the picture, from dark to bright. The dashed box is what the phrase is about, ' +
    'the ring the place that is most like it: ✓ within the box, ✗ elsewhere.',
} as const;

function heading({ seed, findings, backend, timings }: Demo, title: string): string {
  const drawn = findings.seen.filter(({ picture }) => picture.judge).length;
  const own = findings.seen.length - drawn;
  const shown = `${drawn} pictures that it never saw in training, drawn from seed ${seed}${own > 0 ? `, and ${own} of yours` : ''}`;
  const lead = `${shown}. Captioned, searched and looked through in ${formatDuration(totalOf(timings))} on this machine, by ${backend.name}.`;
  return `<header>\n<h1>${escapeHtml(title)}</h1>\n<p class="lead">${escapeHtml(lead)}</p>\n</header>`;
}

function tiles({ findings: { scores } }: Demo): string {
  const names: readonly (readonly [keyof typeof scores, string, string])[] = [
    ['captions', 'Captions', 'entirely true'],
    ['regions', 'Boxes', 'described truly'],
    ['claims', 'Claims', 'true, of all that it said'],
    ['rankings', 'Texts', 'found their picture'],
    ['located', 'Phrases', 'found their place'],
  ];
  return tilesHtml(names.map(([key, name, beside]): Tile => ({ name, value: scoreText(scores[key]), beside })));
}

const scoreText = ({ right, of }: Score): string => `${right} of ${of}`;

function ownNote({ model }: Demo): string {
  return model.isPackaged ? `<p class="notice">${escapeHtml(ownImagesNote(model.name))}</p>` : '';
}

function facts({ model, backend, timings, comparisons }: Demo): string {
  const times = timings.map(({ step, milliseconds }) => `${step} ${formatDuration(milliseconds)}`).join(', ');
  const list = {
    model: `${model.directory}, ${(model.parameters / 1e6).toFixed(1)} M parameters`,
    backend: `${backend.name}: ${backend.description}`,
    times,
    ...Object.fromEntries(
      comparisons.map((comparison, i) => [i === 0 ? 'other backends' : ' '.repeat(i), comparisonText(comparison)]),
    ),
  };
  return `<details><summary>How this was made</summary>${factsHtml(list)}</details>`;
}

export type ShownPicture = { readonly seen: Seen; readonly images: ShownImages };
