/** Drawing with mouse, finger or pen: from the first touch to the shape that was meant. */
import type { Tool } from '../state/state.ts';
import { boxBetween, extendLasso, isMeant, type Point, pointIn, type Shape } from './geometry.ts';

export interface Drawing {
  readonly tool: () => Tool;
  /** The shape so far; undefined when drawing is over. */
  readonly onDraft: (shape: Shape | undefined) => void;
  readonly onShape: (shape: Shape) => void;
  /** A touch that drew nothing. */
  readonly onClick: (point: Point) => void;
}

/** @returns gives up what is being drawn, and says whether there was anything */
export function bindPointer(frame: HTMLElement, { tool, onDraft, onShape, onClick }: Drawing): () => boolean {
  let drawn: { readonly pointer: number; readonly start: Point; shape: Shape } | undefined;
  const at = (event: PointerEvent): Point => pointIn(frame.getBoundingClientRect(), event.clientX, event.clientY);
  const end = (): void => {
    drawn = undefined;
    onDraft(undefined);
  };

  frame.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || drawn !== undefined) return;
    const start = at(event);
    const shape: Shape =
      tool() === 'box' ? { kind: 'box', box: boxBetween(start, start) } : { kind: 'lasso', points: [start] };
    drawn = { pointer: event.pointerId, start, shape };
    frame.setPointerCapture(event.pointerId);
  });
  frame.addEventListener('pointermove', (event) => {
    if (event.pointerId !== drawn?.pointer) return;
    const { shape, start } = drawn;
    // All places since the last event, for a smooth lasso.
    const points = (event.getCoalescedEvents?.() ?? []).map(at);
    drawn.shape =
      shape.kind === 'box'
        ? { kind: 'box', box: boxBetween(start, at(event)) }
        : { kind: 'lasso', points: [...points, at(event)].reduce(extendLasso, shape.points) };
    if (isMeant(drawn.shape)) onDraft(drawn.shape);
  });
  frame.addEventListener('pointerup', (event) => {
    if (event.pointerId !== drawn?.pointer) return;
    const { shape, start } = drawn;
    end();
    if (isMeant(shape)) onShape(shape);
    else onClick(start);
  });
  frame.addEventListener('pointercancel', (event) => {
    if (event.pointerId === drawn?.pointer) end();
  });
  return () => {
    const was = drawn !== undefined;
    if (was) end();
    return was;
  };
}
