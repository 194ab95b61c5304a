// A web page that needs nothing else: what all pages that mmgem writes have in common.
import { escapeHtml } from './html.ts';
import { pageStyle } from './style.ts';

export interface Page {
  readonly title: string;
  /** CSS beside that of all pages. */
  readonly style: string;
  /** HTML, from top to bottom; empty ones leave no trace. */
  readonly sections: readonly string[];
  /** What is run when the page is there; it may use nothing from outside of itself. */
  readonly script?: () => void;
}

export function pageHtml({ title, style, sections, script }: Page): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${pageStyle}${style}</style>
</head>
<body>
<main>
${sections.filter((section) => section !== '').join('\n')}
</main>${script === undefined ? '' : `\n<script>(${script.toString()})();</script>`}
</body>
</html>
`;
}

/** @param html what stands below the title */
export function sectionHtml(title: string, html: string, note?: string): string {
  const beside = note === undefined ? '' : `<p class="note">${escapeHtml(note)}</p>`;
  return `<section><h2>${escapeHtml(title)}</h2>${html}${beside}</section>`;
}

/** A figure that stands out. */
export interface Tile {
  readonly name: string;
  readonly value: string;
  /** What the figure is to be compared with. */
  readonly beside: string;
}

export function tilesHtml(tiles: readonly Tile[]): string {
  const html = tiles.map(
    ({ name, value, beside }) =>
      `<div class="tile"><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}<small>${escapeHtml(beside)}</small></dd></div>`,
  );
  return `<dl class="tiles">${html.join('')}</dl>`;
}

/** Names and what is to be said of them. */
export function factsHtml(facts: Readonly<Record<string, string>>): string {
  const list = Object.entries(facts).map(
    ([name, value]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd>`,
  );
  return `<dl class="facts">${list.join('')}</dl>`;
}
