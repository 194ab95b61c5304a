/** Pictures in the order in which a text is like them. */
import { escapeHtml } from '../../../../model/page/html.ts';
import type { Place, Ranking, Seen } from '../findings.ts';
import type { Origin } from '../questions.ts';
import { markHtml } from './mark.ts';

const origins: Readonly<Record<Origin, string>> = {
  drawn: 'the words of one of the pictures',
  strange: 'true of none of them: no cosine should come near those of the other texts',
  asked: 'your text',
  said: 'what it says of your image',
};

/** The first of them are shown. */
const shown = 6;

export function rankingHtml({ text, origin, places, right }: Ranking, seen: readonly Seen[]): string {
  const list = places.slice(0, shown).map((place) => placeHtml(place, seen[place.picture]!));
  return `<article class="card ranking">
<h3>${markHtml(right)}${escapeHtml(text)}</h3><p class="note">${origins[origin]}</p>
<ol>${list.join('')}</ol>
</article>`;
}

function placeHtml({ picture, cosine, holds }: Place, { picture: { key } }: Seen): string {
  return `<li${holds ? ' class="true"' : ''}><div class="thumbnail p${picture}" role="img" aria-label="${escapeHtml(key)}"></div><span>${cosine.toFixed(2).replace('-', '−')}${holds ? markHtml(true) : ''}</span></li>`;
}
