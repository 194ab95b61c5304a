/** The gallery: a list box of pictures, best first while something is looked for, walked through with the arrow keys. */
import { byId, element, setText } from '../dom.ts';
import type { Library } from '../pictures/library.ts';
import { type Ranked, rankedPictures } from '../state/select.ts';
import type { PageState, PictureId, PictureState } from '../state/state.ts';
import type { Store } from '../state/store.ts';
import { selectPicture } from '../state/transitions.ts';
import { columnsOf, itemAfterKey } from './keys.ts';
import { moveSmoothly } from './move.ts';

/** Pixels of a thumbnail's longer side. */
const thumbnailSide = 224;

interface Item {
  readonly root: HTMLElement;
  readonly score: HTMLElement;
  readonly caption: HTMLElement;
}

export interface GalleryParts {
  readonly store: Store<PageState>;
  readonly library: Library;
  readonly onRemove: (id: PictureId) => void;
}

export function bindGallery({ store, library, onRemove }: GalleryParts): void {
  const list = byId('gallery', HTMLDivElement);
  const items = new Map<PictureId, Item>();

  const itemFor = (picture: PictureState): Item => {
    const known = items.get(picture.id);
    if (known) return known;
    const made = createItem(picture, library);
    made.root.addEventListener('click', () => {
      store.update(selectPicture(picture.id));
      made.root.focus();
    });
    items.set(picture.id, made);
    return made;
  };

  const show = (state: PageState): void => {
    const ranked = rankedPictures(state);
    const kept = new Set(ranked.map(({ picture }) => picture.id));
    for (const [id, { root }] of items) {
      if (kept.has(id)) continue;
      root.remove();
      items.delete(id);
    }
    moveSmoothly(
      list,
      ranked.map(({ picture }) => itemFor(picture).root),
    );
    for (const one of ranked) fill(itemFor(one.picture), one, state.selected);
  };

  store.watch(
    ({ pictures, selected, query }) => [pictures, selected, query.embedding],
    (_, state) => show(state),
  );
  // The best are at the beginning.
  store.watch(
    ({ query }) => query.embedding,
    () => list.scrollTo({ top: 0, left: 0 }),
  );

  // What Delete does, for fingers.
  const removeChosen = byId('remove-image', HTMLButtonElement);
  removeChosen.addEventListener('click', () => {
    const { selected } = store.state;
    if (selected !== undefined) onRemove(selected);
  });
  store.watch(
    ({ selected }) => selected === undefined,
    (none) => {
      removeChosen.disabled = none;
    },
  );

  list.addEventListener('keydown', (event) => {
    const order = [...list.children] as HTMLElement[];
    const at = order.indexOf(document.activeElement as HTMLElement);
    if (at < 0) return;
    const idOf = (item: HTMLElement | undefined) => [...items].find(([, { root }]) => root === item)?.[0];
    if (event.key === 'Delete' || event.key === 'Backspace') {
      event.preventDefault();
      const id = idOf(order[at]);
      if (id === undefined) return;
      onRemove(id);
      const { selected } = store.state;
      if (selected !== undefined) items.get(selected)?.root.focus();
      return;
    }
    const to = itemAfterKey(event.key, at, order.length, columnsOf(order.map(({ offsetTop }) => offsetTop)));
    if (to === undefined) return;
    event.preventDefault();
    const id = idOf(order[to]);
    if (id !== undefined) store.update(selectPicture(id));
    order[to]!.focus();
    order[to]!.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  });
}

function createItem(picture: PictureState, library: Library): Item {
  const scale = thumbnailSide / Math.max(picture.width, picture.height);
  const canvas = element('canvas', {
    width: Math.max(1, Math.round(picture.width * scale)),
    height: Math.max(1, Math.round(picture.height * scale)),
    'aria-hidden': true,
  });
  // A picture that cannot be drawn is told of where it is looked at.
  library.draw(picture.id, canvas).catch(() => {});
  const score = element('span', { class: 'score', hidden: true });
  const caption = element('span', { class: 'line' });
  const root = element('div', { role: 'option' }, element('span', { class: 'thumbnail' }, canvas, score), caption);
  return { root, score, caption };
}

function fill({ root, score, caption }: Item, { picture, cosine }: Ranked, selected: PictureId | undefined): void {
  const isSelected = picture.id === selected;
  const said = 'text' in picture.caption ? picture.caption.text : '';
  root.setAttribute('aria-selected', String(isSelected));
  root.tabIndex = isSelected ? 0 : -1;
  root.setAttribute('aria-label', labelOf(picture, cosine));
  setText(caption, said === '' ? (picture.origin === 'own' ? picture.name : '') : said);
  setText(score, cosine === undefined ? '' : formatCosine(cosine));
  score.hidden = cosine === undefined;
}

/** What an image is called where it is read out. */
export function labelOf(picture: PictureState, cosine: number | undefined): string {
  const said = picture.caption.status === 'done' ? `: ${picture.caption.text}` : '';
  const ranked = cosine === undefined ? '' : `, cosine ${formatCosine(cosine)}`;
  return `${picture.name}${said}${ranked}`;
}

export function formatCosine(cosine: number): string {
  return cosine.toFixed(2).replace('-', '−');
}
