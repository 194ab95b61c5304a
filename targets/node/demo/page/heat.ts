/** Heat maps over a picture, one for each phrase. */
import { hottest } from '../../../../model/heat-map.ts';
import { escapeHtml } from '../../../../model/page/html.ts';
import type { Seen } from '../findings.ts';
import { boxStyle, placeStyle } from './boxes.ts';
import { markHtml } from './mark.ts';

/** @param sources URLs of the picture under each of its heat maps */
export function heatHtml({ picture, located }: Seen, sources: readonly string[]): string {
  const figures = located.map(({ phrase, map, box, right }, i) => {
    const outline = box === undefined ? '' : `<span class="about" style="${boxStyle(box)}"></span>`;
    const ring = `<span class="hottest" style="${placeStyle(hottest(map))}"></span>`;
    const alt = `heat map of “${phrase}” over ${picture.key}`;
    return `<figure class="card heat"><div class="frame"><img src="${sources[i]!}" alt="${escapeHtml(alt)}">${outline}${ring}</div>
<figcaption>${markHtml(right)}${escapeHtml(phrase)}</figcaption></figure>`;
  });
  return figures.join('\n');
}
