/** The field in which is written what to look for, with a few things to begin with. */
import type { Announce } from '../announce.ts';
import { button, byId, setText } from '../dom.ts';
import { type Ranked, rankedPictures, soughtText } from '../state/select.ts';
import type { PageState } from '../state/state.ts';
import type { Store } from '../state/store.ts';
import { setQuery } from '../state/transitions.ts';
import { labelOf } from './gallery.ts';

/** Milliseconds without a further letter, after which the answer is read out. */
const pause = 1000;

/** @returns shows phrases that can be looked for */
export function bindSearch(store: Store<PageState>, announce: Announce): (examples: readonly string[]) => void {
  const field = byId('query', HTMLInputElement);
  const examples = byId('examples', HTMLDivElement);
  const note = byId('query-note', HTMLParagraphElement);
  byId('search', HTMLFormElement).addEventListener('submit', (event) => event.preventDefault());
  field.addEventListener('input', () => store.update(setQuery(field.value)));
  field.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || field.value === '') return;
    event.preventDefault();
    event.stopPropagation();
    store.update(setQuery(''));
  });
  store.watch(
    ({ query }) => query.text,
    (text) => {
      if (field.value !== text) field.value = text;
      examples.hidden = text !== '';
    },
  );
  store.watch(noteFor, (text) => setText(note, text));
  announceBest(store, announce);
  return (phrases) => {
    examples.replaceChildren(
      ...phrases.map((phrase) =>
        button(
          phrase,
          () => {
            store.update(setQuery(phrase));
            field.focus();
          },
          { class: 'pill' },
        ),
      ),
    );
  };
}

/** The first of the gallery, once all images are ranked and nothing more is typed. */
function announceBest(store: Store<PageState>, announce: Announce): void {
  let waiting: ReturnType<typeof setTimeout> | undefined;
  store.watch(
    (state) => [soughtText(state), bestFor(state)?.picture.id],
    () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => {
        const best = bestFor(store.state);
        if (best !== undefined) announce(`Best: ${labelOf(best.picture, best.cosine)}`);
      }, pause);
    },
  );
}

/** The image that is most like what is looked for; undefined as long as that can change. */
export function bestFor(state: PageState): Ranked | undefined {
  const isRanked = state.pictures.every(({ embedding }) => embedding !== 'waiting');
  const best = isRanked && soughtText(state) !== '' ? rankedPictures(state)[0] : undefined;
  return best?.cosine === undefined ? undefined : best;
}

/** How far the answer to what is looked for is. */
export function noteFor(state: PageState): string {
  if (soughtText(state) === '') return '';
  if (state.engine.status !== 'ready') return 'As soon as the model is loaded, the images are ranked.';
  const { pictures, query } = state;
  if (query.embedding === 'failed') return 'This text could not be looked for.';
  const ready = pictures.filter(({ embedding }) => embedding instanceof Float32Array).length;
  const failed = pictures.filter(({ embedding }) => embedding === 'failed').length;
  if (ready + failed < pictures.length) return `Best first; ${ready} of ${pictures.length} images looked at so far.`;
  return failed === 0 ? 'Best first, by cosine.' : `Best first, by cosine; ${failed} could not be looked at.`;
}
