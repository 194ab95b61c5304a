/** What the model does next: decided from the state alone, the most urgent first. */
import { selectedPicture, soughtText } from '../state/select.ts';
import type { PageState, PictureId, PictureState } from '../state/state.ts';

export type Task =
  | { readonly kind: 'embed text'; readonly text: string }
  | { readonly kind: 'locate'; readonly picture: PictureId; readonly text: string }
  | { readonly kind: 'caption'; readonly picture: PictureId; readonly region?: number }
  | { readonly kind: 'embed image'; readonly picture: PictureId };

/** The task that comes next and its place in the order of urgency; 0 is the most urgent. */
export interface NextTask {
  readonly task: Task;
  readonly urgency: number;
}

/**
 * Ranking answers what is being typed, then what is being looked at is served, then the rest in its order.
 * @returns undefined when everything is done
 */
export function nextTask(state: PageState): NextTask | undefined {
  for (const [urgency, find] of order.entries()) {
    const task = find(state);
    if (task !== undefined) return { task, urgency };
  }
  return undefined;
}

/** Whether what is being done can be left for later: nobody is waiting for it, and something more urgent has come. */
export function isOvertaken(running: NextTask, state: PageState): boolean {
  if (running.urgency < firstInBackground) return false;
  const next = nextTask(state);
  return next !== undefined && next.urgency < firstInBackground;
}

const order: readonly ((state: PageState) => Task | undefined)[] = [
  textToEmbed,
  pictureToSearch,
  (state) => regionToCaption(selectedPicture(state)),
  (state) => captionOf(selectedPicture(state)),
  ({ pictures }) =>
    first(pictures, (picture) =>
      picture.embedding === 'waiting' ? { kind: 'embed image', picture: picture.id } : undefined,
    ),
  ({ pictures }) => first(pictures, regionToCaption),
  ({ pictures }) => first(pictures, captionOf),
];

/** What comes from here on is about pictures that are not being looked at. */
const firstInBackground = 4;

function textToEmbed(state: PageState): Task | undefined {
  const text = soughtText(state);
  return text !== '' && state.query.embedding === 'waiting' ? { kind: 'embed text', text } : undefined;
}

function pictureToSearch(state: PageState): Task | undefined {
  const { selected, heat, showsHeat } = state;
  const text = soughtText(state);
  if (text === '' || selected === undefined || !showsHeat || state.query.embedding === 'failed') return undefined;
  const isThere = heat !== undefined && heat.picture === selected && heat.query === text;
  return isThere ? undefined : { kind: 'locate', picture: selected, text };
}

function regionToCaption(picture: PictureState | undefined): Task | undefined {
  const region = picture?.regions.find(({ said }) => said.status === 'waiting');
  return picture && region && { kind: 'caption', picture: picture.id, region: region.id };
}

function captionOf(picture: PictureState | undefined): Task | undefined {
  return picture?.caption.status === 'waiting' ? { kind: 'caption', picture: picture.id } : undefined;
}

function first(pictures: readonly PictureState[], find: (picture: PictureState) => Task | undefined): Task | undefined {
  for (const picture of pictures) {
    const task = find(picture);
    if (task !== undefined) return task;
  }
  return undefined;
}
