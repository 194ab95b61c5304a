/** The two backends side by side: what each is here, how fast, how large, and which one works. */
import { formatBytes, formatDuration } from '../../../../model/page/units.ts';
import { byId, element, setText } from '../dom.ts';
import { backendTitles } from '../messages/messages.ts';
import {
  type BackendName,
  type BackendState,
  backendNames,
  type ComparisonState,
  type PageState,
} from '../state/state.ts';
import type { Store } from '../state/store.ts';

export interface CardsParts {
  readonly store: Store<PageState>;
  readonly onChoose: (backend: BackendName) => void;
  readonly onCompare: () => void;
}

const figures = [
  ['embedMilliseconds', 'per image embedding', formatDuration],
  ['tokenMilliseconds', 'per caption token', formatDuration],
  ['memoryBytes', 'memory', formatBytes],
  ['loadMilliseconds', 'to load', formatDuration],
] as const;

export function bindBackends({ store, onChoose, onCompare }: CardsParts): void {
  const cards = new Map(backendNames.map((name) => [name, createCard(name, onChoose)]));
  byId('backend-cards', HTMLDivElement).append(...[...cards.values()].map(({ root }) => root));
  store.watch(
    ({ backends, engine, comparison }) => [backends, engine, comparison.status],
    (_, { backends, engine, comparison }) => {
      const running = engine.status === 'loading' || engine.status === 'ready' ? engine.backend : undefined;
      const isBusy = engine.status === 'looking' || engine.status === 'loading' || comparison.status === 'running';
      for (const [name, card] of cards) {
        fillCard(card, backends[name], name === running, isBusy);
      }
    },
  );
  const compare = byId('compare', HTMLButtonElement);
  compare.addEventListener('click', onCompare);
  store.watch(
    (state) => !canCompare(state),
    (disabled) => {
      compare.disabled = disabled;
    },
  );
  const agreement = byId('agreement', HTMLDivElement);
  store.watch(
    ({ comparison }) => comparison,
    (comparison) => showAgreement(agreement, comparison),
  );
  const runningOn = byId('running-on', HTMLAnchorElement);
  store.watch(runningText, (text) => setText(runningOn, text));
}

function canCompare({ backends, engine, comparison, selected }: PageState): boolean {
  const usable = backendNames.every((name) => backends[name].probe !== 'unknown' && backends[name].probe.usable);
  return usable && engine.status === 'ready' && comparison.status !== 'running' && selected !== undefined;
}

function runningText({ engine }: PageState): string {
  if (engine.status === 'looking') return 'Loading';
  const title = backendTitles[engine.backend];
  return { loading: `Loading on ${title}`, ready: `Running on ${title}`, failed: 'Not running' }[engine.status];
}

interface Card {
  readonly root: HTMLElement;
  readonly input: HTMLInputElement;
  readonly status: HTMLElement;
  readonly values: ReadonlyMap<keyof BackendState['measures'], HTMLElement>;
}

function createCard(name: BackendName, onChoose: CardsParts['onChoose']): Card {
  const input = element('input', { type: 'radio', name: 'backend', value: name });
  const status = element('p', { class: 'note', id: `backend-${name}-status` });
  input.setAttribute('aria-describedby', status.id);
  input.addEventListener('change', () => onChoose(name));
  const values = new Map(figures.map(([key]) => [key, element('dd', {}, ...notMeasured())]));
  const list = figures.map(([key, label]) => element('div', {}, element('dt', {}, label), values.get(key)!));
  const root = element(
    'article',
    { class: 'backend' },
    element('label', {}, input, element('span', {}, backendTitles[name])),
    status,
    element('dl', {}, ...list),
  );
  return { root, input, status, values };
}

function fillCard(card: Card, { probe, description, measures }: BackendState, inUse: boolean, busy: boolean): void {
  const isUsable = probe !== 'unknown' && probe.usable;
  card.input.checked = inUse;
  card.input.disabled = !isUsable || busy;
  card.root.classList.toggle('in-use', inUse);
  card.root.classList.toggle('unusable', probe !== 'unknown' && !probe.usable);
  setText(card.status, statusText(probe, description));
  for (const [key, , format] of figures) {
    const value = measures[key];
    if (value !== undefined) setText(card.values.get(key)!, format(value));
  }
}

/** A dash says nothing where it is read out. */
const notMeasured = (): HTMLElement[] => [
  element('span', { 'aria-hidden': 'true' }, '–'),
  element('span', { class: 'visually-hidden' }, 'not measured'),
];

function statusText(probe: BackendState['probe'], description: string): string {
  if (probe === 'unknown') return 'Looking for it';
  if (!probe.usable) return `${probe.reason}. ${probe.remedy}`;
  const drawback = probe.drawback === undefined ? [] : [probe.drawback];
  return [description || probe.description, ...drawback].join('. ');
}

function showAgreement(target: HTMLElement, comparison: ComparisonState): void {
  if (comparison.status !== 'done') {
    target.replaceChildren();
    return;
  }
  const { picture, agreement } = comparison;
  const { digits, difference, sameTexts, texts } = agreement;
  const numbers = `The embeddings of ${picture} agree to ${digits} digits: the largest difference is ${difference.toExponential(1)} of the largest value.`;
  const captions = sameTexts
    ? [element('p', {}, 'Both say the same: ', element('q', { class: 'said' }, texts.wasm || '(nothing)'))]
    : backendNames.map((name) =>
        element('p', {}, `${backendTitles[name]} says `, element('q', { class: 'said' }, texts[name] || '(nothing)')),
      );
  target.replaceChildren(element('p', {}, numbers), ...captions);
}
