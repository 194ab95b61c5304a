/** What the model says: of the picture, and of each region, as it comes. */
import type { Announce } from '../announce.ts';
import { button, byId, element, setText } from '../dom.ts';
import type { Library } from '../pictures/library.ts';
import { selectedPicture } from '../state/select.ts';
import type { PageState, PictureState, RegionState, Said } from '../state/state.ts';
import type { Store } from '../state/store.ts';
import { activateRegion, removeRegion } from '../state/transitions.ts';
import { type Judgement, judgeCaption, judgeRegion } from './verdict.ts';

export interface WordsParts {
  readonly store: Store<PageState>;
  readonly library: Library;
  readonly announce: Announce;
}

export function bindWords({ store, library, announce }: WordsParts): void {
  const caption = byId('caption', HTMLParagraphElement);
  const verdict = byId('caption-verdict', HTMLParagraphElement);
  const list = byId('regions', HTMLOListElement);
  const empty = byId('regions-empty', HTMLParagraphElement);
  const items = new Map<number, RegionItem>();

  store.watch(selectedPicture, (picture) => {
    showSaid(caption, picture?.caption ?? { status: 'done', text: '' });
    showJudgement(verdict, picture && judgementOf(picture, undefined, library));
  });
  store.watch(
    (state) => [selectedPicture(state)?.regions, state.activeRegion],
    (_, state) => {
      const picture = selectedPicture(state);
      const regions = picture?.regions ?? [];
      empty.hidden = regions.length > 0 || picture === undefined;
      for (const [id, { root }] of items) {
        if (regions.some((region) => region.id === id)) continue;
        root.remove();
        items.delete(id);
      }
      regions.forEach((region, i) => {
        const known = items.get(region.id);
        const item = known ?? createRegionItem(region.id, store);
        if (!known) {
          items.set(region.id, item);
          list.append(item.root);
        }
        fillRegion(item, region, i + 1, region.id === state.activeRegion);
        showJudgement(item.verdict, judgementOf(picture!, region, library));
      });
    },
  );
  announceFinished(store, announce);
}

interface RegionItem {
  readonly root: HTMLLIElement;
  readonly choose: HTMLButtonElement;
  readonly number: HTMLElement;
  readonly text: HTMLElement;
  readonly remove: HTMLButtonElement;
  readonly verdict: HTMLElement;
}

function createRegionItem(id: number, store: Store<PageState>): RegionItem {
  const number = element('b');
  const text = element('span', { class: 'said' });
  const choose = button('', () => store.update(activateRegion(id)), { class: 'region' });
  choose.append(number, text);
  const remove = button('×', () => store.update(removeRegion(id)), { class: 'remove' });
  const verdict = element('p', { class: 'verdict' });
  return { root: element('li', {}, choose, remove, verdict), choose, number, text, remove, verdict };
}

function fillRegion(item: RegionItem, region: RegionState, number: number, isActive: boolean): void {
  setText(item.number, String(number));
  showSaid(item.text, region.said);
  item.choose.setAttribute('aria-label', `Region ${number}: ${item.text.textContent || 'not yet described'}`);
  item.choose.setAttribute('aria-pressed', String(isActive));
  item.remove.setAttribute('aria-label', `Remove region ${number}`);
}

/** A text as far as it has come; a problem instead where there is one. */
function showSaid(target: HTMLElement, said: Said): void {
  target.dataset.status = said.status;
  const text = said.status === 'failed' ? said.problem : said.status === 'waiting' ? '' : said.text;
  setText(target, said.status === 'done' && text === '' ? '(nothing)' : text);
}

function showJudgement(target: HTMLElement, judgement: Judgement | undefined): void {
  target.hidden = judgement === undefined;
  if (judgement === undefined) return;
  target.dataset.right = String(judgement.right);
  setText(target, judgement.text);
}

function judgementOf(picture: PictureState, region: RegionState | undefined, library: Library): Judgement | undefined {
  const said = region === undefined ? picture.caption : region.said;
  const scene = library.scene(picture.id);
  if (said.status !== 'done' || scene === undefined) return undefined;
  return region === undefined ? judgeCaption(said.text, scene) : judgeRegion(said.text, region.shape, scene);
}

/** Captions are read out when they are complete, not word by word. */
function announceFinished(store: Store<PageState>, announce: Announce): void {
  let before: PictureState | undefined;
  store.watch(selectedPicture, (picture) => {
    if (picture !== undefined && picture.id === before?.id) {
      const wasDone = (said: Said | undefined): boolean => said?.status === 'done';
      if (wasDone(picture.caption) && !wasDone(before.caption)) announce(`Caption: ${textOf(picture.caption)}`);
      picture.regions.forEach(({ id, said }, i) => {
        const earlier = before?.regions.find((region) => region.id === id)?.said;
        if (wasDone(said) && !wasDone(earlier)) announce(`Region ${i + 1}: ${textOf(said)}`);
      });
    }
    before = picture;
  });
}

const textOf = (said: Said): string => ('text' in said && said.text !== '' ? said.text : 'nothing');
