/** A demonstration as one HTML page that needs nothing else. */
import { escapeHtml } from '../../../../model/page/html.ts';
import { ownImagesNote } from '../../../../model/page/notes.ts';
import { factsHtml, pageHtml, sectionHtml, type Tile, tilesHtml } from '../../../../model/page/page.ts';
import { formatDuration } from '../../cli/table.ts';
import type { Demo } from '../demo.ts';
import type { Score, Seen } from '../findings.ts';
import { randomNote } from '../model-to-show.ts';
import { comparisonLines, totalOf } from '../summary.ts';
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
  const shown = seen.map((one, i): Shown => ({ seen: one, images: images[i]! }));
  const drawn = shown.filter(({ seen: { picture } }) => picture.judge);
  const own = shown.filter(({ seen: { picture } }) => !picture.judge);
  const title = `MM-GEM ${demo.model.name} at work`;
  const ranked = grid(
    'rankings',
    rankings.map((ranking) => rankingHtml(ranking, seen)),
  );
  return pageHtml({
    title,
    style: style + thumbnailStyle(images.map(({ thumbnail }) => thumbnail)),
    sections: [
      heading(demo, title) + (demo.model.isRandom ? notice(randomNote) : ''),
      tiles(demo),
      own.length === 0 ? '' : sectionHtml('Your images', ownNote(demo) + cards(own) + heatMaps(own)),
      sectionHtml('What it says', intro(notes.says) + cards(drawn)),
      sectionHtml('Which picture it finds', intro(notes.finds) + ranked),
      sectionHtml('Where it looks', intro(notes.looks) + heatMaps(drawn)),
      facts(demo),
    ],
  });
}

interface Shown {
  readonly seen: Seen;
  readonly images: ShownImages;
}

const grid = (name: string, items: readonly string[]): string => `<div class="${name}">${items.join('\n')}</div>`;

const cards = (list: readonly Shown[]): string =>
  grid(
    'pictures',
    list.map(({ seen, images }) => pictureHtml(seen, images.picture)),
  );

const heatMaps = (list: readonly Shown[]): string =>
  grid(
    'heats',
    list.map(({ seen, images }) => heatHtml(seen, images.heat)),
  );

const notice = (text: string): string => `<p class="notice">${escapeHtml(text)}</p>`;

const intro = (text: string): string => `<p class="intro">${escapeHtml(text)}</p>`;

const notes = {
  says:
    'In bold what it says of the whole picture, below it what it says of each box alone. ✓\u00a0everything that the text says ' +
    'is true of what was drawn; ✗\u00a0something is not.',
  finds:
    'Texts and pictures are put into one space; the number is the cosine of the two, best first. ✓\u00a0the text is true of the ' +
    'picture.',
  looks:
    'How much a phrase is like each patch of the picture, from dark to bright. The dashed box is what the phrase is about, ' +
    'the ring the place that is most like it: ✓\u00a0within the box, ✗\u00a0elsewhere.',
} as const;

function heading({ seed, findings, backend }: Demo, title: string): string {
  const drawn = findings.seen.filter(({ picture }) => picture.judge).length;
  const own = findings.seen.length - drawn;
  const shown = `${drawn} pictures that it never saw in training, drawn from seed ${seed}${own > 0 ? `, and ${own} of yours` : ''}`;
  const lead = `${shown}. All that follows was computed on this machine, by ${backend.name}.`;
  return `<header>\n<h1>${escapeHtml(title)}</h1>\n<p class="lead">${escapeHtml(lead)}</p>\n</header>`;
}

function tiles({ findings: { scores }, timings }: Demo): string {
  const names: readonly (readonly [keyof typeof scores, string, string])[] = [
    ['captions', 'Captions', 'entirely true'],
    ['regions', 'Boxes', 'described truly'],
    ['claims', 'Claims', 'true, of all that it said'],
    ['rankings', 'Texts', 'found their picture'],
    ['located', 'Phrases', 'found their place'],
  ];
  const scored = names.map(([key, name, beside]): Tile => ({ name, value: scoreText(scores[key]), beside }));
  return tilesHtml([...scored, { name: 'Time', value: formatDuration(totalOf(timings)), beside: 'for all of it' }]);
}

const scoreText = ({ right, of }: Score): string => `${right}/${of}`;

function ownNote({ model }: Demo): string {
  return model.isPackaged ? notice(ownImagesNote(model.name)) : '';
}

function facts({ model, backend, timings, comparisons }: Demo): string {
  const times = timings.map(({ step, milliseconds }) => `${step} ${formatDuration(milliseconds)}`).join(', ');
  const others = comparisonLines(comparisons);
  const list = {
    model: `${model.directory}, ${(model.parameters / 1e6).toFixed(1)} M parameters`,
    backend: `${backend.name}: ${backend.description}`,
    times,
    ...(others.length > 0 && { 'other backends': others.join('. ') }),
  };
  return `<details><summary>How this was made</summary>${factsHtml(list)}</details>`;
}
