/** The picture that is being looked at, and what is marked in it. */
import type { Announce } from '../announce.ts';
import { byId, setText } from '../dom.ts';
import type { Library } from '../pictures/library.ts';
import { selectedPicture } from '../state/select.ts';
import type { PageState, PictureState, Tool } from '../state/state.ts';
import type { Store } from '../state/store.ts';
import { activateRegion, addRegion, clearRegions, removeRegion, setTool } from '../state/transitions.ts';
import { describeBounds, type Shape, shapeAt } from './geometry.ts';
import { afterKey } from './keyboard.ts';
import { showMarks } from './marks.ts';
import { bindPointer } from './pointer.ts';

/** Pixels of the longer side of the picture on its canvas. */
const shownSide = 640;

export interface ViewerParts {
  readonly store: Store<PageState>;
  readonly library: Library;
  readonly announce: Announce;
  readonly onProblem: (title: string, error: unknown) => void;
}

export function bindViewer({ store, library, announce, onProblem }: ViewerParts): void {
  const frame = byId('frame', HTMLDivElement);
  const canvas = byId('picture', HTMLCanvasElement);
  const marks = byId('marks', SVGSVGElement);
  const name = byId('picture-name', HTMLParagraphElement);
  let draft: Shape | undefined;
  let nextRegion = 1;

  const mark = (shape: Shape): void => store.update(addRegion(nextRegion++, shape));
  const showAll = (): void => {
    const picture = selectedPicture(store.state);
    if (picture !== undefined) {
      showMarks(marks, picture.height / picture.width, picture.regions, store.state.activeRegion, draft);
    }
  };
  const setDraft = (shape: Shape | undefined): void => {
    draft = shape;
    showAll();
  };

  const giveUp = bindPointer(frame, {
    tool: () => store.state.tool,
    onDraft: setDraft,
    onShape: mark,
    onClick(point) {
      const regions = selectedPicture(store.state)?.regions ?? [];
      const hit = shapeAt(
        regions.map(({ shape }) => shape),
        point,
      );
      store.update(activateRegion(hit === undefined ? undefined : regions[hit]!.id));
    },
  });

  frame.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && giveUp()) return event.preventDefault();
    const outcome = afterKey(event.key, event.shiftKey, draft?.kind === 'box' ? draft.box : undefined);
    if (outcome !== undefined) {
      event.preventDefault();
      event.stopPropagation();
      const shape: Shape | undefined = 'box' in outcome ? { kind: 'box', box: outcome.box } : undefined;
      setDraft(outcome.kind === 'draft' ? shape : undefined);
      if (outcome.kind === 'finish' && shape) mark(shape);
      else announce(shape ? `Box ${describeBounds(shape)}` : 'No box');
      return;
    }
    const { activeRegion } = store.state;
    if (activeRegion === undefined) return;
    if (event.key === 'Delete' || event.key === 'Backspace') {
      event.preventDefault();
      store.update(removeRegion(activeRegion));
    } else if (event.key === 'Escape') {
      event.preventDefault();
      store.update(activateRegion(undefined));
    }
  });

  store.watch(
    ({ selected }) => selected,
    (_, state) => {
      draft = undefined;
      const picture = selectedPicture(state);
      frame.hidden = picture === undefined;
      setText(name, picture === undefined ? 'No picture. Add images, or draw new scenes.' : describe(picture));
      if (picture !== undefined) {
        fitTo(picture, frame, canvas);
        const isWanted = (): boolean => store.state.selected === picture.id;
        library.draw(picture.id, canvas, isWanted).catch((error: unknown) => {
          if (isWanted()) onProblem(`${picture.name} cannot be shown`, error);
        });
      }
      showAll();
    },
  );
  store.watch((state) => selectedPicture(state)?.regions, showAll);
  store.watch(({ activeRegion }) => activeRegion, showAll);
  bindTools(store, library, mark);
}

function fitTo({ width, height }: PictureState, frame: HTMLElement, canvas: HTMLCanvasElement): void {
  const scale = shownSide / Math.max(width, height);
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  frame.style.aspectRatio = `${width} / ${height}`;
  frame.style.setProperty('--aspect', String(width / height));
}

function describe({ name, origin, width, height }: PictureState): string {
  if (origin === 'scene') return `${name}, never seen in training`;
  const crop = width === height ? '' : '; the model sees the square in its middle';
  return `${name}, ${width}×${height} pixels${crop}`;
}

function bindTools(store: Store<PageState>, library: Library, mark: (shape: Shape) => void): void {
  const tools = byId('tools', HTMLDivElement);
  tools.addEventListener('change', (event) => {
    if (event.target instanceof HTMLInputElement) store.update(setTool(event.target.value as Tool));
  });
  store.watch(
    ({ tool }) => tool,
    (tool) => {
      for (const input of tools.querySelectorAll('input')) input.checked = input.value === tool;
    },
  );
  const clear = byId('clear-regions', HTMLButtonElement);
  clear.addEventListener('click', () => store.update(clearRegions()));
  const objects = byId('mark-objects', HTMLButtonElement);
  objects.addEventListener('click', () => {
    const { selected } = store.state;
    const scene = selected === undefined ? undefined : library.scene(selected);
    store.update(clearRegions());
    for (const { box } of scene?.objects ?? []) mark({ kind: 'box', box });
    store.update(activateRegion(undefined));
  });
  store.watch(selectedPicture, (picture) => {
    clear.hidden = picture === undefined || picture.regions.length === 0;
    objects.hidden = picture?.origin !== 'scene';
  });
}
