/** A picture with its boxes, and what was said of it and of them. */
import { escapeHtml } from '../../../../model/page/html.ts';
import type { Said, Seen } from '../findings.ts';
import { faultOf } from '../summary.ts';
import { boxStyle } from './boxes.ts';
import { markHtml } from './mark.ts';

/** @param source URL of the picture */
export function pictureHtml({ picture, caption, regions }: Seen, source: string): string {
  const { key, judge, captions } = picture;
  const boxes = regions.map(({ box }, i) => `<span class="box b${i}" style="${boxStyle(box)}"><b>${i + 1}</b></span>`);
  const lines = regions.map(({ said }, i) => `<li class="b${i}"><b>${i + 1}</b><div>${saidHtml(said)}</div></li>`);
  const name = judge === undefined ? `<p class="name">${escapeHtml(key)}</p>` : '';
  return `<article class="card picture">
<div class="frame"><img src="${source}" alt="${escapeHtml(captions[0] ?? key)}">${boxes.join('')}</div>
<div class="said">${name}<h3>${saidHtml(caption)}</h3>${lines.length === 0 ? '' : `<ol>${lines.join('')}</ol>`}</div>
</article>`;
}

function saidHtml(said: Said): string {
  const { text, verdict, truth } = said;
  const fault = faultOf(said);
  const below = fault === undefined ? '' : `<small class="wrong-claims">${escapeHtml(fault)}</small>`;
  const drawn = fault === undefined || truth === undefined ? '' : `<small>drawn was: ${escapeHtml(truth)}</small>`;
  return `${markHtml(verdict?.right)}${text === '' ? '<i>nothing</i>' : escapeHtml(text)}${below}${drawn}`;
}
