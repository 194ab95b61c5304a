/** A picture with its boxes, and what was said of it and of them. */
import { escapeHtml } from '../../../../model/page/html.ts';
import type { Said, Seen } from '../findings.ts';
import { faultOf } from '../summary.ts';
import { boxStyle } from './boxes.ts';
import { markHtml } from './mark.ts';

/** @param source URL of the picture */
export function pictureHtml({ picture, caption, regions }: Seen, source: string): string {
  const [drawn] = picture.captions;
  const boxes = regions.map(({ box }, i) => `<span class="box b${i}" style="${boxStyle(box)}"><b>${i + 1}</b></span>`);
  const lines = regions.map(({ said }, i) => `<li class="b${i}"><b>${i + 1}</b><div>${saidHtml(said)}</div></li>`);
  const truth =
    caption.verdict?.right === false && drawn !== undefined
      ? `<p class="drawn">drawn was: ${escapeHtml(drawn)}</p>`
      : '';
  return `<article class="card picture">
<div class="frame"><img src="${source}" alt="${escapeHtml(drawn ?? picture.key)}">${boxes.join('')}</div>
<div class="said"><h3>${saidHtml(caption)}</h3>${truth}${lines.length === 0 ? '' : `<ol>${lines.join('')}</ol>`}</div>
<p class="name">${escapeHtml(picture.key)}</p>
</article>`;
}

function saidHtml(said: Said): string {
  const { text, verdict } = said;
  const fault = verdict === undefined || verdict.right ? '' : `<small>${escapeHtml(faultOf(said))}</small>`;
  return `${markHtml(verdict?.right)}${text === '' ? '<i>nothing</i>' : escapeHtml(text)}${fault}`;
}
